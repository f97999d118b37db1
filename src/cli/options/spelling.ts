// How an option is written in help and messages: with one dash where MRtrix3 has it, with two where it is ours. Both are understood for both.

const OPTIONS_OF_MRTRIX3 = new Set([
  ...["help", "version", "info", "quiet", "debug", "force", "nthreads", "config"],
  ...["mask", "posthoc", "variance", "column", "ftests", "fonly", "ttests", "ftest"],
  ...["notest", "errors", "exchange_within", "exchange_whole", "strong", "nshuffles", "permutations"],
  // PALM's
  ...["eb", "vg"],
  ...["nonstationarity", "skew_nonstationarity", "nshuffles_nonstationarity", "permutations_nonstationarity"],
  ...["angle", "threshold", "tck_weights_in", "count", "extent"],
  ...["matrix", "fwhm", "minweight", "threshold_value", "threshold_connectivity"],
  ...["cfe_dh", "cfe_e", "cfe_h", "cfe_c", "cfe_legacy"],
  ...["tfce_dh", "tfce_e", "tfce_h", "threshold", "connectivity"],
]);

/** `name` without dashes. */
export const spelled = (name: string): string => `${OPTIONS_OF_MRTRIX3.has(name) ? "-" : "--"}${name}`;
