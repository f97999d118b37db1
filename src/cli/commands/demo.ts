// fixelstream demo: the main job on the cohort that comes with the package.
import { join } from "node:path";
import { Command } from "commander";
import { ANALYSIS_DEFAULTS, CFE_DEFAULTS } from "../../app/analyse/options.js";
import { usableCores } from "../../system-cores.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { createProgress } from "../listeners/progress.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printSummary } from "../print.js";
import { formatInferenceSummary } from "./format-summary.js";

const HELP = {
  about: [
    "Convert the cohort that comes with fixelstream, look for the effect that was planted in it, and say what was found and where.",
  ],
  examples: ["demo", "demo /tmp/demo", "demo -quiet"],
};

export function createDemoCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("demo"), HELP)
    .summary("convert and analyse the cohort that comes with fixelstream")
    .argument("[output]", "where to put the store and the results (default: demo-output)");
  addStandardOptions(command);
  return command.action((output = "demo-output") => runDemo(output, command.opts<StandardOptions>(), streams));
}

async function runDemo(output: string, typed: StandardOptions, streams: CliStreams): Promise<void> {
  const { inferFixels } = await import("../../app/analyse/fixels.js");
  const { convertFixels } = await import("../../app/convert/convert.js");
  const { compareWithTruth } = await import("../../app/demo/compare-with-truth.js");
  const { prepareDemo } = await import("../../app/demo/demo-cohort.js");
  const demo = prepareDemo(output);
  const say = (text: string) => printSummary(streams, text);
  const at = (name: string) => join(demo, name);
  const store = join(output, "cohort.fxs");
  const stats = join(output, "stats");
  const [design, contrast, connectivity] = ["design.txt", "contrast.txt", "matrix"].map(at) as [string, string, string];
  const conversion = `fixelstream convert fixels ${at("fd")} ${at("subjects.txt")} ${store} -force`;
  const inference = `fixelstream fixelcfestats ${store} - ${design} ${contrast} ${connectivity} ${stats} --seed 1 -force`;
  await say(
    "The demo cohort: 20 controls and 20 patients on a template of two crossing bundles. Patients have lower fibre\n" +
      "density in one stretch of one bundle (246 fixels). The same two commands run on your own data:\n\n",
  );
  await say(`  ${conversion}\n`);
  await convertFixels({
    inputDirectory: at("fd"),
    subjectList: at("subjects.txt"),
    output: store,
    force: true,
    command: conversion,
  });
  await say(`  ${inference}\n\n`);
  const progress = createProgress(streams.stderr, typed);
  const paths = { input: store, subjects: "-", design, contrast, connectivity, output: stats };
  const summary = await inferFixels(
    {
      ...{ ...ANALYSIS_DEFAULTS, ...CFE_DEFAULTS, ...paths, seed: 1, force: true, command: inference },
      nThreads: usableCores(),
    },
    { onProgress: (phase, share) => progress.update(phase, share), signal: streams.signal },
  ).finally(() => progress.stop());
  await say(formatInferenceSummary(summary));
  const { planted, found, elsewhere } = compareWithTruth(at("truth.mif"), join(stats, "fwe_1mpvalue.mif"));
  await say(
    `\nOf the ${planted} fixels with a planted effect ${found} are significant (family-wise p < 0.05); of the others ${elsewhere}.\n` +
      `Look at ${join(stats, "fwe_1mpvalue.mif")} in mrview (fixel plot), and at ${join(stats, "run.json")} for what was run.\n`,
  );
}
