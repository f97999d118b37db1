// What differs between kinds of elements; the use case (analyse.ts) is the same for all. kinds.ts is the table.
import type { ConnectivityPlan, PreparedConnectivity } from "../../connectivity/prepare-connectivity.js";
import type { SketchHeader } from "../../connectivity/sketch-header.js";
import type { GraphEnhancement } from "../../engine/inputs.js";
import type { ResultFiles } from "../../results/result-files.js";
import type { ResultSpec } from "../../results/result-list.js";
import type { EnhancementIdentity } from "../../run/run-plan.js";
import type { Warning } from "../../warnings.js";
import type { ColumnInput, DataInput } from "./data-input.js";
import type { InputFiles } from "./input-files.js";
import type { AnalysisOptions } from "./options.js";

/** Which elements of the source are analysed, and which of those may be a maximum and get p-values. */
export interface ElementSelection {
  /** u32 [nElements]: columns of the source, ascending. */
  readonly columns: Uint32Array;
  /** i32 [elements of the source], -1 outside; undefined: all are analysed. */
  readonly elementOf: Int32Array | undefined;
  /** u8 [nElements]; undefined: all may. */
  readonly eligible: Uint8Array | undefined;
  readonly nEligible: number;
  readonly warnings: readonly Warning[];
}

export interface CfeParameters {
  readonly dh: number;
  readonly extentPower: number;
  readonly heightPower: number;
  readonly exponent: number;
  readonly legacy: boolean;
}

/** What is made of the statistics before they are compared. */
export type EnhancementPlan =
  | { readonly kind: "none"; readonly uncorrectedShuffles?: undefined }
  | GraphPlan
  | {
      readonly kind: "cfe";
      readonly parameters: CfeParameters;
      /** Fewer than there are: of the others only the maximum is needed. Undefined: all count. */
      readonly uncorrectedShuffles: number | undefined;
      /** Whether maxima are to be searched for by bounds, out of a sketch. */
      readonly needsSketch: boolean;
      readonly connectivity: ConnectivityPlan;
      prepare(events: {
        readonly onProgress: (share: number) => void;
        readonly onWarning: (warning: Warning) => void;
        readonly signal: AbortSignal | undefined;
      }): Promise<PreparedEnhancement>;
    };

export interface PreparedEnhancement {
  readonly prepared: PreparedConnectivity;
  /** Undefined: none is needed, or none can be kept. */
  readonly sketch: SketchHeader | undefined;
  readonly warnings: readonly Warning[];
}

export interface GraphPlan {
  readonly kind: "graph";
  readonly enhancement: GraphEnhancement;
  /** What decides its numbers beside the elements: goes into the plan's hash. */
  readonly identity: Extract<
    EnhancementIdentity,
    { kind: "tfce" | "tfce-exact" | "cluster" | "tfnbs" | "tfnbs-exact" | "nbs" }
  >;
  readonly uncorrectedShuffles?: undefined;
}

export interface ResolveContext {
  readonly cache: string;
  readonly files: InputFiles;
  /** Ends what is read with its reason. */
  readonly signal: AbortSignal | undefined;
}

export interface ElementKind<Options extends AnalysisOptions, Input extends DataInput> {
  readonly kind: "fixel" | "voxel" | "edge" | "vector";
  /** Several of them, for people. */
  readonly elements: "fixels" | "voxels" | "edges" | "elements";
  /** How some of them are left out, for messages: `Leave them ..`. */
  readonly leaveOut: string;
  /** What is kept in the cache, for messages about room on the disk. */
  readonly converted: string;
  /** What the statistic becomes called. */
  enhanced(options: Options): ResultSpec["enhanced"];
  /** Throws UsageError for numbers that no analysis can use. */
  checkParameters(options: Options): void;
  defaultCache(options: Options): string;
  /** Where the results are, for people. */
  describeOutput(options: Options): string;
  /** Where parts of a run are gathered. */
  shardsOf(options: Options): string;
  /** ` in out`: right behind `results of an earlier run`. */
  describeEarlier(options: Options): string;
  /** Checks everything that can be checked without reading values. Throws InputError, UsageError, BudgetError. */
  resolveInput(options: Options, context: ResolveContext): Promise<Input>;
  /** In the order of the options. Throws InputError for another shape than the input's. */
  resolveColumns(options: Options, input: Input, context: ResolveContext): Promise<ColumnInput[]>;
  selectElements(options: Options, input: Input, files: InputFiles): ElementSelection;
  /** `nShuffles`: that are run; 0 with -notest. Throws UsageError. */
  resolveEnhancement(
    options: Options,
    input: Input,
    selection: ElementSelection,
    where: { readonly cache: string; readonly nShuffles: number },
  ): EnhancementPlan;
  /** Tries everything that will be written to, or only looks at it (`rehearse`). Throws InputError. */
  openResults(
    options: Options,
    input: Input,
    selection: ElementSelection,
    what: { readonly results: ResultSpec; readonly rehearse: boolean },
  ): ResultFiles;
  /** For `problem` of run.json. */
  describeProblem(input: Input): Readonly<Record<string, unknown>>;
  /** Of kinds whose files of numbers are text: what p-values are called there in both forms of the command line, and that they keep their digits. */
  readonly uncorrectedInText?: ResultSpec["uncorrected"];
  /** What an element is called: a column of the source. Of kinds whose elements have names. */
  nameElement?(input: Input, column: number): { readonly name: string; readonly parts: readonly string[] };
}
