// fixelstream lm: ModelArray.lm for all elements.
import type { Command } from "commander";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { addModelOptions } from "../options/model.js";
import { runModel } from "./run-model.js";

const HELP = {
  about: [
    "Fit a linear model to every element: fixel, voxel or edge. Formulas, statistics, their names and their order are those of ModelArray.lm in R, the numbers those of R's lm; memory stays within --memory whatever the number of elements, and a run that was stopped is continued by the same command.",
    "The formula has the scalar on its left and columns of the table on its right, as R reads it: factors, interactions, I(), poly(), ns(), bs(), and s(x, fx = TRUE). Another scalar of the input is a regressor with values of its own in every element.",
    "A subject without a finite value in an element is left out of that element. An element with too few subjects gets NaN.",
    "OUT is a ModelArray file (.h5; the analysis is added to one that exists), a table (.csv), or a directory for images named <analysis>_<statistic>.mif beside index and directions. Beside it is put a page of what was found, and a table of clusters for each term.",
  ],
  examples: [
    "lm cohort.h5 phenotypes.csv 'FD~age+sex' cohort.h5 --analysis lm_age",
    "lm cohort.fxs phenotypes.csv 'FD~group*age+s(motion,k=4,fx=TRUE)' images/ --full --correct fdr,holm",
    "lm fd/ phenotypes.csv 'FD~site+poly(age,2)' results.csv --subset 'age>10' --weights 1/motion",
  ],
  references: [
    "Zhao et al. ModelArray: an R package for statistical analysis of fixel-wise data. NeuroImage 2023, 271:120037.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<input>", "store (.fxs), ModelArray file (.h5), fixel directory, or a matrix of vectors")
    .argument("<cohort>", "table of the subjects: a column that names their files or them, and the covariates")
    .argument("<formula>", "such as 'FD ~ group * age'")
    .argument("<out>", "file.h5, table.csv, or a directory");
  addModelOptions(command, "lm");
  return command.action(() => runModel(command, "lm", streams));
}
