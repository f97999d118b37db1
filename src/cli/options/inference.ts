// Option groups of the statistical commands: one vocabulary, declared once. Names are MRtrix3's.
import type { Command } from "commander";
import { CFE_DEFAULTS } from "../../app/analyse/options.js";
import { declare } from "./declare.js";
import { addNamedDesignOptions, type NamedDesignTyped } from "./named-design.js";

export interface DesignOptions extends NamedDesignTyped {
  readonly ftests?: string;
  readonly fonly?: boolean;
  readonly ttests?: string;
  readonly ftest?: readonly string[];
  readonly twoTailed?: boolean;
  readonly variance?: string;
  readonly vg?: string;
  readonly column?: readonly string[];
}

export function addDesignOptions(command: Command): Command {
  const declared = declare(command.optionsGroup("Options for the general linear model"))
    .file("ftests", "F-tests: rows of 0 and 1 that select rows of the contrast matrix")
    .flag("fonly", "only the F-tests, not the t-tests of the contrast rows")
    .file("ttests", "t-tests, one a row of weights; instead of the contrast matrix among the arguments")
    .files("ftest", "one F-test: a file with its rows of weights, several times for several; with -ttests or alone")
    .flag(
      "two-tailed",
      "each t-test in both directions, each enhanced on its own, family-wise over the two; F-tests stay as they are",
    )
    .file("variance", "variance groups: a group number a subject, from 0 or 1; v and G replace t and F")
    .word(
      "vg",
      "auto|file",
      "variance groups as for -variance; auto: those that the exchangeability blocks keep apart, as in PALM",
    )
    .files(
      "column",
      "a regressor that differs between elements: a list of one file a subject; several times for several",
    );
  return addNamedDesignOptions(declared).command;
}

export interface ShuffleOptions {
  readonly notest?: boolean;
  readonly errors: "ee" | "ise" | "both";
  readonly exchange_within?: string;
  readonly exchange_whole?: string;
  readonly eb?: string;
  readonly strong?: boolean;
  readonly nshuffles?: number;
  readonly permutations?: string;
  readonly nonstationarity?: boolean;
  readonly skew_nonstationarity?: number;
  readonly nshuffles_nonstationarity?: number;
  readonly permutations_nonstationarity?: string;
  readonly seed?: number;
}

/** `isEnhanced`: there is an enhancement to correct. */
export function addShuffleOptions(command: Command, { isEnhanced }: { readonly isEnhanced: boolean }): Command {
  const errors = "errors are exchangeable (permutations), independent and symmetric (sign flips), or both";
  const declared = declare(command.optionsGroup("Options for shuffling"))
    .flag("notest", "no shuffles: effects and statistics only")
    .choice("errors", ["ee", "ise", "both"], errors, { default: "ee" })
    .file("exchange_within", "shuffle inside blocks only: a block number a subject")
    .file("exchange_whole", "shuffle blocks as wholes, all of one size: a block number a subject")
    .file(
      "eb",
      "exchangeability blocks in blocks, as PALM has them: a row a subject, a column a level, the top first; parts of an index above 0 trade places, below 0 they stay",
    )
    .flag("strong", "family-wise control across all hypotheses as well")
    .integer("nshuffles", { least: 1, most: 10_000_000 }, "number of shuffles (default: 5000)")
    .file("permutations", "the permutations themselves: a column a shuffle, a row a subject, indices from 0 or 1")
    .integer("seed", { least: 0, most: 2 ** 32 - 1 }, "seed of the shuffles (default: drawn, and printed)");
  if (!isEnhanced) return declared.command;
  return declared
    .flag(
      "nonstationarity",
      "divide enhanced statistics by what they are without an effect, element by element, over shuffles of their own",
    )
    .number("skew_nonstationarity", "exponent of that mean (default: 1)")
    .integer("nshuffles_nonstationarity", { least: 1, most: 10_000_000 }, "number of those shuffles (default: 5000)")
    .file("permutations_nonstationarity", "those permutations themselves, as for -permutations").command;
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

/** For who names none. V8 seeds its generator from the system's; node:crypto would cost 5 ms of every help text. */
export const drawSeed = (): number => Math.floor(Math.random() * 2 ** 32);
