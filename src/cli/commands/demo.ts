// fixelstream demo: the main job on the cohort that comes with the package.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { compareWithTruth } from "../../app/compare-with-truth.js";
import { convertFixels } from "../../app/convert.js";
import { prepareDemo } from "../../app/demo-cohort.js";
import { inferFixels } from "../../app/infer.js";
import type { CliStreams } from "../cli-streams.js";
import { createProgress } from "../listeners/progress.js";
import { addStandardOptions, DEFAULT_MEMORY_BYTES } from "../options/standard.js";
import { formatInferenceSummary } from "./format-summary.js";

/** Enough for p-values of 0.001 in a few seconds. */
const DEMO_SHUFFLES = 5000;

export function createDemoCommand(streams: CliStreams): Command {
  const command = new Command("demo")
    .summary("convert and analyse the cohort that comes with fixelstream")
    .description("Convert the cohort that comes with fixelstream and look for the effect that was planted in it.")
    .argument("[output]", "where to put the store and the results", "demo-output");
  addStandardOptions(command);
  return command.action(async (output: string) => {
    const demo = prepareDemo(output);
    const say = (text: string) => streams.stdout.write(text);
    const at = (name: string) => join(demo, name);
    const store = join(output, "cohort.fxs");
    const stats = join(output, "stats");
    say(
      "The demo cohort: 20 controls and 20 patients on a template of two crossing bundles. Patients have lower fibre\n",
    );
    say("density in one stretch of one bundle (246 fixels). The same two commands run on your own data:\n\n");
    say(`  fixelstream convert fixels ${at("fd")} ${at("subjects.txt")} ${store} -force\n`);
    await convertFixels({
      inputDirectory: at("fd"),
      subjectList: at("subjects.txt"),
      output: store,
      force: true,
      command: `fixelstream convert fixels fd subjects.txt ${store}`,
    });
    const paths = ["design.txt", "contrast.txt", "matrix"].map(at);
    say(`  fixelstream fixelcfestats ${store} - ${paths.join(" ")} ${stats} --seed 1 -force\n\n`);
    const progress = createProgress(streams.stderr, command.opts<{ quiet?: boolean }>().quiet === true);
    const summary = await inferFixels(
      {
        ...{
          input: store,
          subjects: "-",
          design: paths[0]!,
          contrast: paths[1]!,
          connectivity: paths[2]!,
          output: stats,
        },
        ...{ fonly: false, strong: false, notest: false, errors: "ee", nShuffles: DEMO_SHUFFLES, seed: 1, force: true },
        ...{
          cfeDh: 0.1,
          cfeE: 2,
          cfeH: 3,
          cfeC: 0.5,
          cfeLegacy: false,
          io: "auto",
          kernels: "auto",
          precision: "double",
        },
        ...{ memoryBytes: DEFAULT_MEMORY_BYTES, nThreads: availableParallelism() },
        command: `fixelstream fixelcfestats ${store} - design.txt contrast.txt matrix ${stats} --seed 1`,
      },
      { onProgress: (phase, share) => progress.update(phase, share) },
    );
    progress.stop();
    say(formatInferenceSummary(summary));
    const { planted, found, elsewhere } = compareWithTruth(at("truth.mif"), join(stats, "fwe_1mpvalue.mif"));
    say(
      `\nOf the ${planted} fixels with a planted effect ${found} are significant (family-wise p < 0.05); of the others ${elsewhere}.\n`,
    );
    say(
      `Look at ${join(stats, "fwe_1mpvalue.mif")} in mrview (fixel plot), and at ${join(stats, "run.json")} for what was run.\n`,
    );
  });
}
