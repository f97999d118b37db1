// The shuffles of an analysis: begun, or continued where an earlier run was stopped, and kept on the way.
import type { EngineInputs } from "../../engine/inputs.js";
import type { Engine, RunOutcome } from "../../engine/run.js";
import type { Looks } from "../../engine/shuffle-loop.js";
import { isFixelstreamError } from "../../errors.js";
import type { NullState } from "../../run/null-state.js";
import type { RunPlan } from "../../run/run-plan.js";
import type { ShuffleRange } from "../../run/shuffle-range.js";
import type { Warning } from "../../warnings.js";
import { CHECKPOINT_SECONDS, type Checkpoints, openCheckpoints } from "./keep-checkpoints.js";
import type { AnalysisOptions } from "./options.js";
import { rangeOf } from "./plan/engine-inputs.js";
import type { AnalysisPlan } from "./resolve-analysis.js";
import { type findEarlier, lineOf } from "./same-line.js";

export interface Resumed {
  /** Shuffles of the plan that an earlier run had done. */
  readonly fromShuffle: number;
  readonly nShuffles: number;
  /** When that run kept them, by the clock of the disk. */
  readonly savedAt: Date;
}

export interface ShuffleEvents {
  /** An earlier run is continued. */
  readonly onResumed?: ((resumed: Resumed) => void) | undefined;
  /** The run ends without results: so many shuffles of the plan are kept for the next one, in `cache`. */
  readonly onKept?: ((kept: { done: number; nShuffles: number; cache: string }) => void) | undefined;
}

export interface PlannedShuffles {
  /** Those that are to be done. */
  readonly range: ShuffleRange;
  /** Undefined: there are none. */
  readonly checkpoints: Checkpoints | undefined;
  readonly resumed: Resumed | undefined;
  /** Keeps what was done, where it is worth it, and closes. */
  end(engine: Engine, failure: unknown): Promise<void>;
}

interface PlannedFor {
  readonly kind: string;
  readonly options: AnalysisOptions;
  readonly plan: Pick<AnalysisPlan, "shuffles" | "cache">;
  readonly runPlan: RunPlan;
  /** Of the same command line. */
  readonly earlier: ReturnType<typeof findEarlier>;
  readonly events: ShuffleEvents;
  readonly warn: (warning: Warning) => void;
}

/** What of the plan is left to do. Throws what the disk says. */
export function planRun({ kind, options, plan, runPlan, earlier, events, warn }: PlannedFor): PlannedShuffles {
  const whole = rangeOf(options, plan);
  const { cache } = plan;
  const nShuffles = plan.shuffles.count;
  if (whole.end === whole.first) return { range: whole, checkpoints: undefined, resumed: undefined, async end() {} };
  const { hash, kernels } = runPlan;
  const { seed, seedIsDrawn = false, command, restart = false, checkpointSeconds } = options;
  const checkpoints = openCheckpoints({
    ...{ cache, nShuffles, restart, warn, seconds: checkpointSeconds ?? CHECKPOINT_SECONDS },
    mark: {
      ...{ planHash: hash, line: lineOf(kind, options), seed, seedIsDrawn, kernels, command },
      ...{ first: whole.first, end: whole.end, ...(options.stopWhenSettled && { stops: true as const }) },
    },
  });
  const kept = checkpoints.earlier;
  if (kept === undefined && earlier !== undefined && earlier.planHash !== hash) {
    const message =
      "What an earlier run of this command kept of its shuffles is not used: the data, other inputs or the kernels are not the same as then. Shuffles begin anew; cache clear removes what was kept.";
    warn({ tag: "checkpoint-of-other-inputs", message });
  }
  const fromShuffle = kept?.state.ranges[0]?.end;
  const resumed = fromShuffle === undefined ? undefined : { fromShuffle, nShuffles, savedAt: kept!.savedAt };
  if (resumed !== undefined) events.onResumed?.(resumed);
  return {
    range: fromShuffle === undefined ? whole : { first: fromShuffle, end: whole.end, leadingIdentity: true },
    checkpoints,
    resumed,
    async end(engine, failure) {
      const isInterrupted = isFixelstreamError(failure, "Interrupted");
      const done = await checkpoints.keepLast(engine.underWay(), isInterrupted);
      if (isInterrupted && done !== undefined) events.onKept?.({ done, nShuffles, cache });
    },
  };
}

/** The unshuffled data alone. */
export const NO_SHUFFLES: ShuffleRange = { first: 0, end: 0, leadingIdentity: true };

const NOTHING_RAN: Pick<RunOutcome, "empirical" | "cost"> = {
  empirical: [],
  cost: { ms: {}, bytesRead: 0, byPattern: false, wideBatches: 0, search: undefined },
};

type OnShuffled = (phase: "empirical" | "shuffle", share: number) => void;

/** Of a run whose shuffles were done before, in parts: what the parts have not kept. `engine`: of NO_SHUFFLES. */
export async function runMerged(
  engine: Engine,
  state: NullState,
  { nonStationarity }: Pick<AnalysisPlan, "nonStationarity">,
  onProgress: OnShuffled,
): Promise<RunOutcome> {
  if (nonStationarity === undefined) return { ...NOTHING_RAN, state };
  const ran = await engine.run({ onEmpirical: (done, nLanes) => onProgress("empirical", done / nLanes) });
  return { ...ran, state };
}

/** `isNeeded`: false where the observed pass has said it all. */
export async function runShuffles(
  engine: Engine,
  { shuffles: { range }, planHash, columns }: EngineInputs,
  { checkpoints }: PlannedShuffles,
  { isNeeded, looks }: { readonly isNeeded: boolean; readonly looks: Looks | undefined },
  onProgress: OnShuffled,
): Promise<RunOutcome> {
  if (!isNeeded) {
    const state = { planHash, nElements: columns.length, ranges: [], hypotheses: [] };
    return { state, ...NOTHING_RAN };
  }
  const from = checkpoints?.earlier?.state;
  const first = from?.ranges[0]?.first ?? range.first;
  const shareBefore = from === undefined ? 0 : (range.first - first) / (range.end - first);
  return await engine.run(
    {
      onEmpirical: (done, nLanes) => onProgress("empirical", done / nLanes),
      onProgress: (done, nLanes) => onProgress("shuffle", shareBefore + (1 - shareBefore) * (done / nLanes)),
      onBatch: () => checkpoints?.offer(engine.underWay()),
      looks,
    },
    from,
  );
}
