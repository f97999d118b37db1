// What every statistical command is asked, in one vocabulary: how it is declared, and how it becomes the options of the use case.
import type { Command } from "commander";
import { ANALYSIS_DEFAULTS, type AnalysisOptions } from "../../app/analyse/options.js";
import { UsageError } from "../../errors.js";
import { declare } from "./declare.js";
import { addDesignOptions, addShuffleOptions, type DesignOptions, drawSeed, type ShuffleOptions } from "./inference.js";
import { addPValueOptions, addStoppingOption, type PValueOptions } from "./p-values.js";
import type { Shard } from "./parsers.js";
import {
  addIoOption,
  addMemoryOption,
  addProgressOption,
  addStandardOptions,
  addThreadsOption,
  addVerifyOption,
  nThreadsOf,
  type ResourceOptions,
  type StandardOptions,
} from "./standard.js";

export type AnalysisTyped = StandardOptions &
  ResourceOptions &
  DesignOptions &
  ShuffleOptions &
  PValueOptions & {
    readonly subjects?: string;
    readonly scalar?: string;
    readonly cache?: string;
    readonly kernels: AnalysisOptions["kernels"];
    readonly precision: AnalysisOptions["precision"];
    readonly shard?: Shard;
    readonly prepareOnly?: boolean;
    readonly restart?: boolean;
    readonly stopWhenSettled?: boolean;
    readonly checkpointEvery?: number;
    readonly dryRun?: boolean;
    readonly report?: boolean;
    readonly json?: boolean;
  };

/** Of commands whose arguments do not say it. */
export const addSubjectsOption = (declared: ReturnType<typeof declare>): ReturnType<typeof declare> =>
  declared.file(
    "subjects",
    "list of those who take part, in the order of the design: names in the store, .h5 or list that is the input (default: all, in its order)",
  );

export interface AnalysisTexts {
  /** What is always computed in double, whatever --precision says. */
  readonly inDouble: string;
  /** Default true. */
  readonly isEnhanced?: boolean;
  /** Options that come before those of resources. */
  declareOwn(declared: ReturnType<typeof declare>): void;
}

export function addAnalysisOptions(command: Command, texts: AnalysisTexts): Command {
  const { inDouble, declareOwn, isEnhanced = true } = texts;
  addShuffleOptions(command, { isEnhanced });
  addPValueOptions(command);
  addStoppingOption(command);
  addDesignOptions(command);
  declareOwn(declare(command.optionsGroup("Options of fixelstream")));
  addMemoryOption(command);
  addThreadsOption(command);
  addIoOption(command);
  addVerifyOption(command);
  declare(command)
    .choice(
      "precision",
      ["double", "single"],
      `of the null's matrix product; ${inDouble} are always computed in double`,
      {
        default: ANALYSIS_DEFAULTS.precision,
      },
    )
    .choice(
      "kernels",
      ["auto", "native", "simd", "reference"],
      "which hot loops. native: products by a BLAS of the system (OpenBLAS, MKL, BLIS, Accelerate, or the file that FIXELSTREAM_BLAS names), which is tried first; auto: that in long runs where it is right and faster, else simd; simd: the same bits on every machine",
      { default: ANALYSIS_DEFAULTS.kernels },
    )
    .flag(
      "restart",
      "begin the shuffles anew (default: what an earlier run of the same command kept of them in the cache is continued)",
    )
    .integer(
      "checkpoint-every",
      { least: 0, most: 86_400 },
      "seconds after which the shuffles done are kept in the cache again; 0: after every batch (default: 30)",
    )
    .flag(
      "stop-when-settled",
      "end the shuffles when more of them would move no family-wise p across 0.05 (looked at after 500, 1000, 2000, .., each time with 99.9 % confidence)",
    )
    .shard(
      "shard",
      "this part of the shuffles alone, into .shards of the output: 1/5 to 5/5 on as many machines, then fixelstream merge; with the same --seed, by simd kernels unless others are named",
    )
    .flag("prepare-only", "convert the data and prepare the connectivity, so that many runs find them in the cache")
    .flag("dry-run", "check everything and print the plan: memory, reads, estimated time; compute nothing")
    .flag("report", "make report.html of the results, as is the default", { hidden: true })
    .flag("no-report", "no page of the results (default: report.html and tables of clusters are put beside them)")
    .flag("json", "the summary (or plan) as JSON on standard output");
  addProgressOption(command);
  return addStandardOptions(command, { threads: true });
}

/** All but what the arguments say. */
export function resolveAnalysisOptions(
  typed: AnalysisTyped,
  command: string,
): Omit<AnalysisOptions, "input" | "design" | "contrast" | "ftests" | "fonly" | "ttests" | "ftest"> {
  const {
    nshuffles: nShuffles,
    permutations,
    subjects,
    scalar,
    cache,
    errors,
    io,
    verify,
    verifyInputs,
    kernels,
    precision,
    variance,
    column,
  } = typed;
  const { exchange_within: exchangeWithin, exchange_whole: exchangeWhole, eb: exchangeabilityBlocks, vg } = typed;
  if (vg !== undefined && typed.variance !== undefined) {
    throw new UsageError(
      "Cannot use -vg together with -variance: expected one kind of variance groups, got both. Leave one out.",
    );
  }
  const isOfBlocks = vg === "auto";
  return {
    ...{
      nShuffles,
      permutations,
      subjects,
      scalar,
      cache,
      errors,
      io,
      verify,
      verifyInputs,
      kernels,
      precision,
      command,
    },
    ...{ variance: isOfBlocks ? undefined : (vg ?? variance), column, exchangeWithin, exchangeWhole },
    ...{ exchangeabilityBlocks, varianceOfBlocks: isOfBlocks || undefined },
    twoTailed: typed.twoTailed,
    nonstationarity: typed.nonstationarity,
    skewNonstationarity: typed.skew_nonstationarity,
    nShufflesNonstationarity: typed.nshuffles_nonstationarity,
    permutationsNonstationarity: typed.permutations_nonstationarity,
    seed: typed.seed ?? drawSeed(),
    shard: typed.shard,
    prepareOnly: typed.prepareOnly ?? false,
    seedIsDrawn: typed.seed === undefined,
    restart: typed.restart ?? false,
    stopWhenSettled: typed.stopWhenSettled,
    checkpointSeconds: typed.checkpointEvery,
    ...{ parametric: typed.parametric, fdr: typed.fdr, tail: typed.tail, gamma: typed.gamma },
    negativeBinomial: typed.negbin,
    strong: typed.strong ?? ANALYSIS_DEFAULTS.strong,
    notest: typed.notest ?? ANALYSIS_DEFAULTS.notest,
    force: typed.force ?? ANALYSIS_DEFAULTS.force,
    memoryBytes: typed.memory,
    nThreads: nThreadsOf(typed),
  };
}
