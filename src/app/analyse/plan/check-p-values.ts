// Whether what is asked for beside the p-values of every run can be made of it.
import { UsageError } from "../../../errors.js";
import type { MorePValues } from "../../../results/more-p-values.js";
import type { AnalysisOptions } from "../options.js";

export const morePValuesOf = ({ parametric, fdr, tail, gamma }: AnalysisOptions): MorePValues => ({
  ...{ parametric, adjust: fdr, tail, gamma },
});

/** Throws UsageError. */
export function checkPValues(options: AnalysisOptions & { readonly uncorrectedShuffles?: number | undefined }): void {
  const { notest, tail, gamma, parametric, fdr, uncorrectedShuffles } = options;
  const fit = tail ? "--tail" : gamma ? "--gamma" : undefined;
  if (fit !== undefined && notest) {
    throw new UsageError(
      `Cannot use ${fit} with -notest: expected a null distribution to fit, got no shuffles. Leave one of them out.`,
    );
  }
  if (fdr === undefined || parametric || !(notest || uncorrectedShuffles === 0)) return;
  const reason = notest ? "-notest" : "--uncorrected-shuffles 0";
  throw new UsageError(
    `Cannot use --fdr with ${reason}: expected p-values of single elements to adjust, got none. Add --parametric, or leave ${reason} out.`,
  );
}
