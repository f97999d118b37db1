// Option groups of the statistical commands: one vocabulary, declared once. Names are MRtrix3's.
import type { Command } from "commander";
import { CFE_DEFAULTS } from "../../app/analyse/options.js";
import { UsageError } from "../../errors.js";
import { declare } from "./declare.js";
import { spelled } from "./spelling.js";

const LATER = "(not supported yet)";

export interface DesignOptions {
  readonly ftests?: string;
  readonly fonly?: boolean;
  readonly ttests?: string;
  readonly ftest?: readonly string[];
  readonly variance?: string;
  readonly column?: readonly string[];
}

export function addDesignOptions(command: Command): Command {
  return declare(command.optionsGroup("Options for the general linear model"))
    .file("ftests", "F-tests: rows of 0 and 1 that select rows of the contrast matrix")
    .flag("fonly", "only the F-tests, not the t-tests of the contrast rows")
    .file("ttests", "t-tests, one a row of weights; instead of the contrast matrix among the arguments")
    .files("ftest", "one F-test: a file with its rows of weights, several times for several; with -ttests or alone")
    .file("variance", "variance groups: a group number a subject, from 0 or 1; v and G replace t and F")
    .files("column", "a regressor that differs between fixels: a list of one file a subject; several times for several")
    .command;
}

export interface ShuffleOptions {
  readonly notest?: boolean;
  readonly errors: "ee" | "ise" | "both";
  readonly exchange_within?: string;
  readonly exchange_whole?: string;
  readonly strong?: boolean;
  readonly nshuffles?: number;
  readonly permutations?: string;
  readonly seed?: number;
}

export function addShuffleOptions(command: Command): Command {
  const errors = "errors are exchangeable (permutations), independent and symmetric (sign flips), or both";
  return declare(command.optionsGroup("Options for shuffling"))
    .flag("notest", "no shuffles: effects and statistics only")
    .choice("errors", ["ee", "ise", "both"], errors, { default: "ee" })
    .file("exchange_within", "shuffle inside blocks only: a block number a subject")
    .file("exchange_whole", "shuffle blocks as wholes, all of one size: a block number a subject")
    .flag("strong", "family-wise control across all hypotheses as well")
    .integer("nshuffles", { least: 1, most: 10_000_000 }, "number of shuffles (default: 5000)")
    .file("permutations", "the permutations themselves: a column a shuffle, a row a subject, indices from 0 or 1")
    .flag("nonstationarity", `non-stationarity correction ${LATER}`)
    .word("nshuffles_nonstationarity", "n", LATER, { hidden: true })
    .file("permutations_nonstationarity", LATER, { hidden: true })
    .word("skew_nonstationarity", "value", LATER, { hidden: true })
    .integer("seed", { least: 0, most: 2 ** 32 - 1 }, "seed of the shuffles (default: drawn, and printed)").command;
}

export interface CfeOptions {
  readonly cfe_dh: number;
  readonly cfe_e: number;
  readonly cfe_h: number;
  readonly cfe_c: number;
  readonly cfe_legacy?: boolean;
  readonly uncorrectedShuffles?: number;
}

export function addCfeOptions(command: Command): Command {
  return declare(command.optionsGroup("Options for connectivity-based fixel enhancement"))
    .number("cfe_dh", "height increment of the integral", { default: CFE_DEFAULTS.cfeDh })
    .number("cfe_e", "exponent of the extent", { default: CFE_DEFAULTS.cfeE })
    .number("cfe_h", "exponent of the height", { default: CFE_DEFAULTS.cfeH })
    .number("cfe_c", "exponent of the connectivity", { default: CFE_DEFAULTS.cfeC })
    .flag("cfe_legacy", "the original expression, not normalised by the connectivity").command;
}

/** Options that are known but not built: refused with one sentence, never ignored. */
export const NOT_SUPPORTED: Readonly<Record<string, string>> = {
  nonstationarity: "non-stationarity corrections",
  nshuffles_nonstationarity: "non-stationarity corrections",
  permutations_nonstationarity: "non-stationarity corrections",
  skew_nonstationarity: "non-stationarity corrections",
};

/** Throws UsageError for an option that is not built. */
export function refuseUnsupported(typed: object): void {
  for (const [name, what] of Object.entries(NOT_SUPPORTED)) {
    if (!(name in typed)) continue;
    throw new UsageError(
      `Cannot use ${spelled(name)}: ${what} are not supported yet by this version of fixelstream. Leave it out, or use MRtrix3 for this analysis.`,
    );
  }
}
