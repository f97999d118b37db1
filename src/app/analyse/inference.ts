// What an analysis says while it goes on, and what it answers.
import type { MoreFound } from "../../results/more-p-values.js";
import type { Significance } from "../../results/write-results.js";
import type { NullState } from "../../run/null-state.js";
import type { NegativeBinomial } from "../../stats/inference/negative-binomial.js";
import type { Warning } from "../../warnings.js";
import type { InferenceFacts } from "./plan/describe-facts.js";
import type { PlanSummary } from "./plan/describe-plan.js";
import type { ShuffleEvents } from "./run-shuffles.js";

export type InferencePhase = "convert" | "connectivity" | "observe" | "empirical" | "shuffle";

export interface InferenceEvents extends ShuffleEvents {
  /** What was found out about the inputs, before anything long begins. */
  readonly onFacts?: (facts: InferenceFacts) => void;
  readonly onPlan?: (plan: PlanSummary) => void;
  readonly onWarning?: (warning: Warning) => void;
  /** share 0..1 of the phase. */
  readonly onProgress?: (phase: InferencePhase, share: number) => void;
  /** After the last shuffle. The arrays are valid until what is returned has resolved. */
  readonly onNullState?: (state: NullState) => void | Promise<void>;
  /** Stops the run soon, by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** All shuffles of a plan, computed before, in parts. */
export interface MergedShuffles {
  readonly state: NullState;
  /** For the record. */
  readonly shards: readonly { readonly path: string; readonly first: number; readonly end: number }[];
  /** Throws, saying why the parts are not those of this run. */
  refuse(planHash: string): never;
}

export interface Settled {
  readonly asked: number;
  readonly done: number;
  /** Of the interval of 0.05's threshold at each look. */
  readonly confidence: number;
}

export interface InferenceSummary {
  /** Where the results are; of a part of a run its file. */
  readonly output: string;
  /** The page of its results, where one was made. */
  readonly report?: string;
  readonly nSubjects: number;
  readonly nElements: number;
  readonly nShuffles: number;
  /** Of a part of a run: which, and its shuffles. */
  readonly shard?: { readonly index: number; readonly of: number; readonly first: number; readonly end: number };
  /** Of those, what an earlier run had done; absent where nothing was continued. */
  readonly resumedFrom?: number;
  /** Of a run that was to stop when it is settled: shuffles asked for, and whether all were done. */
  readonly settled?: Settled;
  /** Of a run whose elements stopped one by one. */
  readonly negativeBinomial?: NegativeBinomial;
  /** Shuffles that the uncorrected image is made of, where not all are; 0: there is none. */
  readonly uncorrectedShuffles?: number;
  readonly hypotheses: readonly (MoreFound & {
    readonly name: string;
    /** What the contrasts call it; absent where they do not. */
    readonly label?: string;
    readonly largestZ: number;
    /** The element that has it, where elements have names. */
    readonly largestAt?: string;
    /** Of significant elements, where elements have names. */
    readonly significantNodes?: readonly string[];
    /** As of results/write-results.ts. */
    readonly significant: number | undefined;
    readonly smallestP: number | undefined;
    readonly largestFwe: number | undefined;
    readonly monteCarlo?: Significance["monteCarlo"];
  })[];
  readonly warnings: readonly Warning[];
  /** Bytes: of the plan, of the whole process at most, and of mapped files after the last shuffle (absent: the system does not say). */
  readonly memory: { readonly plannedBytes: number; readonly peakResidentBytes: number; readonly fileBytes?: number };
  readonly elapsedMs: number;
}
