// --scalar FD,FC,FDC: one run a scalar with the same shuffles, each into a folder of its own: what each would be by itself, and what `fixelstream joint` takes.
import type { InferenceEvents, InferenceSummary } from "../../app/analyse/analyse.js";
import type { AnalysisOptions } from "../../app/analyse/options.js";
import { formatPlan, type PlanSummary } from "../../app/analyse/plan/describe-plan.js";
import type { ScalarPlace } from "../../app/analyse/scalars.js";
import { shellWord } from "../../shell-word.js";
import { joinNames } from "../../subject-names.js";
import type { CliStreams } from "../cli-streams.js";
import { reportInference } from "../listeners/inference.js";
import type { AnalysisTyped } from "../options/analysis.js";
import { printResult, printSummary, say } from "../print.js";
import { describeOutcome, withReport } from "./end-of-run.js";

/** Whether a seed decides something. */
export const isDrawn = (options: AnalysisOptions): boolean =>
  (options.permutations === undefined && !options.notest) ||
  (options.nonstationarity === true && options.permutationsNonstationarity === undefined);

export interface AnalysisUseCase<Options extends AnalysisOptions> {
  readonly elements: "fixels" | "voxels" | "edges" | "elements";
  infer(options: Options, events: InferenceEvents): Promise<InferenceSummary>;
  plan(options: Options, events: InferenceEvents): Promise<PlanSummary>;
  /** That an earlier run with the same options drew, and that is to be continued; else the one of the options. */
  seedOf(options: Options): number;
}

/** How to make them family-wise over all scalars, where `joint` would take them; else nothing, or why not. */
function whatIsNext(
  { shard, prepareOnly, notest, negativeBinomial }: AnalysisOptions,
  summaries: readonly Pick<InferenceSummary, "nShuffles">[],
  places: readonly ScalarPlace[],
): string {
  if (shard !== undefined || prepareOnly || notest || negativeBinomial !== undefined) return "";
  const done = summaries.map(({ nShuffles }) => nShuffles);
  if (new Set(done).size > 1) {
    const ends = places.map(({ scalar }, i) => `${scalar} after ${done[i]}`);
    return `not joined as they are: they ended after different numbers of shuffles (${joinNames(ends)}). For p-values over all of them run without --stop-when-settled, then fixelstream joint.\n`;
  }
  const named = places.map(({ output }) => shellWord(output)).join(" ");
  return `family-wise over all of them: fixelstream joint ${named} --out DIRECTORY\n`;
}

/** All are planned before the first is run. */
export async function runScalars<Options extends AnalysisOptions>(
  { elements, infer, plan, seedOf }: AnalysisUseCase<Options>,
  given: Options,
  typed: AnalysisTyped,
  streams: CliStreams,
): Promise<void> {
  const { planScalars } = await import("../../app/analyse/scalars.js");
  const { places, optionsOf, makeFolders } = planScalars(given);
  const [first] = places;
  const seed = seedOf(optionsOf(first, given.seed));
  const isTold = isDrawn(given) && typed.seed === undefined && !given.prepareOnly && !typed.dryRun;
  const reporter = reportInference(streams, typed, isTold ? seed : undefined);
  const folders = makeFolders();
  try {
    const plans: PlanSummary[] = [];
    for (const place of places) {
      const { signal } = reporter.events;
      plans.push(
        await plan(optionsOf(place, seed), typed.dryRun ? reporter.events : signal === undefined ? {} : { signal }),
      );
    }
    if (typed.dryRun) {
      const texts = plans.map((one, i) => `${places[i]!.scalar}\n${formatPlan(one)}`);
      const told = plans.map((one, i) => ({ scalar: places[i]!.scalar, ...one }));
      await printResult(streams, typed.json ? `${JSON.stringify(told)}\n` : texts.join("\n"));
      return;
    }
    const summaries: ({ readonly scalar: string } & InferenceSummary)[] = [];
    for (const place of places) {
      const options = optionsOf(place, seed);
      const summary = await withReport(await infer(options, reporter.events), options, typed, streams);
      summaries.push({ scalar: place.scalar, ...summary });
      if (!typed.json && !typed.quiet)
        say(streams, `${place.scalar}\n${await describeOutcome(summary, elements, options)}`);
    }
    reporter.stop();
    if (typed.json) await printSummary(streams, `${JSON.stringify(summaries)}\n`);
    else if (!typed.quiet) say(streams, whatIsNext(given, summaries, places));
  } finally {
    reporter.stop();
    folders.release();
  }
}
