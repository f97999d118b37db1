// fixelstream gam: ModelArray.gam for all elements.
import type { Command } from "commander";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { addModelOptions } from "../options/model.js";
import { runModel } from "./run-model.js";

const HELP = {
  about: [
    "Fit an additive model to every element: fixel, voxel or edge. Formulas, statistics, their names and their order are those of ModelArray.gam in R, the numbers those of mgcv; memory stays within --memory whatever the number of elements, and a run that was stopped is continued by the same command.",
    'Smooths are s(x), s(x, k = 6), s(x, bs = "cr"), s(x, by = g) and s(x, fx = TRUE): thin-plate regression splines, or cubic ones. How much each is smoothed is chosen for every element by restricted maximum likelihood (REML) or generalised cross-validation, but not of those that have fx = TRUE. te, ti and t2 are not made.',
    "A subject without a finite value in an element is left out of that element, and the splines are those of the subjects that are left. An element with too few subjects gets NaN.",
    "OUT is a ModelArray file (.h5; the analysis is added to one that exists), a table (.csv), or a directory for images named <analysis>_<statistic>.mif beside index and directions. Beside it is put a page of what was found, and a table of clusters for each term.",
  ],
  examples: [
    "gam cohort.h5 phenotypes.csv 'FD~s(age,k=6)+motion+sex' cohort.h5 --analysis gam_age",
    "gam cohort.fxs phenotypes.csv 'FD~s(age,k=4,fx=TRUE)+sex' gam_images/ --full --changed-rsq 1",
    "gam cohort.fxs phenotypes.csv 'FD~sex+s(age,by=sex,k=4,fx=TRUE)' out.csv --ordered sex=F,M",
  ],
  references: [
    "Wood. Thin plate regression splines. J R Stat Soc B 2003, 65:95-114.",
    "Wood. Fast stable restricted maximum likelihood and marginal likelihood estimation of semiparametric generalized linear models. J R Stat Soc B 2011, 73:3-36.",
    "Wood. On p-values for smooth components of an extended generalized additive model. Biometrika 2013, 100:221-228.",
    "Zhao et al. ModelArray: an R package for statistical analysis of fixel-wise data. NeuroImage 2023, 271:120037.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<input>", "store (.fxs), ModelArray file (.h5), fixel directory, or a matrix of vectors")
    .argument("<cohort>", "table of the subjects: a column that names their files or them, and the covariates")
    .argument("<formula>", "such as 'FD ~ s(age) + sex'")
    .argument("<out>", "file.h5, table.csv, or a directory");
  addModelOptions(command, "gam");
  return command.action(() => runModel(command, "gam", streams));
}
