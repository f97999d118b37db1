// Option groups of the statistical commands: one vocabulary, declared once. Names are MRtrix3's.
import { type Command, Option } from "commander";
import { integer, number } from "./parsers.js";

export function addDesignOptions(command: Command): Command {
  return command
    .optionsGroup("Options for the general linear model")
    .addOption(new Option("--ftests <file>", "F-tests: rows of 0 and 1 that select rows of the contrast matrix"))
    .addOption(new Option("--fonly", "only the F-tests, not the t-tests of the contrast rows"))
    .addOption(new Option("--variance <file>", "variance groups (not supported yet)"))
    .addOption(new Option("--column <list>", "a regressor that differs between fixels (not supported yet)"));
}

export function addShuffleOptions(command: Command): Command {
  return command
    .optionsGroup("Options for shuffling")
    .addOption(new Option("--notest", "no shuffles: effects and statistics only"))
    .addOption(
      new Option("--errors <model>", "errors are exchangeable (permutations), symmetric (sign flips), or both")
        .choices(["ee", "ise", "both"])
        .default("ee"),
    )
    .addOption(new Option("--exchange_within <file>", "shuffle inside blocks only (not supported yet)"))
    .addOption(new Option("--exchange_whole <file>", "shuffle blocks as wholes (not supported yet)"))
    .addOption(new Option("--strong", "family-wise control across all hypotheses as well"))
    .addOption(
      new Option("--nshuffles <n>", "number of shuffles (default: 5000)").argParser(
        integer("-nshuffles", { least: 1, most: 10_000_000 }),
      ),
    )
    .addOption(
      new Option("--permutations <file>", "the permutations themselves: a column a shuffle, indices from 0 or 1"),
    )
    .addOption(new Option("--nonstationarity", "non-stationarity correction (not supported yet)"))
    .addOption(new Option("--nshuffles_nonstationarity <n>", "(not supported yet)").hideHelp())
    .addOption(new Option("--permutations_nonstationarity <file>", "(not supported yet)").hideHelp())
    .addOption(new Option("--skew_nonstationarity <value>", "(not supported yet)").hideHelp())
    .addOption(
      new Option("--seed <n>", "seed of the shuffles (default: drawn and printed)").argParser(
        integer("--seed", { least: 0, most: 2 ** 32 - 1 }),
      ),
    );
}

export function addCfeOptions(command: Command): Command {
  return command
    .optionsGroup("Options for connectivity-based fixel enhancement")
    .addOption(
      new Option("--cfe_dh <value>", "height increment of the integral").default(0.1).argParser(number("-cfe_dh")),
    )
    .addOption(new Option("--cfe_e <value>", "exponent of the extent").default(2).argParser(number("-cfe_e")))
    .addOption(new Option("--cfe_h <value>", "exponent of the height").default(3).argParser(number("-cfe_h")))
    .addOption(new Option("--cfe_c <value>", "exponent of the connectivity").default(0.5).argParser(number("-cfe_c")))
    .addOption(new Option("--cfe_legacy", "the original expression, not normalised by the connectivity"));
}

/** Options that are known but not built: refused with one sentence, never ignored. */
export const NOT_SUPPORTED: Readonly<Record<string, string>> = {
  variance: "variance groups",
  column: "element-wise regressors",
  exchange_within: "exchangeability blocks",
  exchange_whole: "exchangeability blocks",
  nonstationarity: "non-stationarity correction",
  nshuffles_nonstationarity: "non-stationarity correction",
  permutations_nonstationarity: "non-stationarity correction",
  skew_nonstationarity: "non-stationarity correction",
};
