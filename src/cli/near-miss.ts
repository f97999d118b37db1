// What was meant by an option that does not exist: another spelling of one that does, or one of earlier versions of MRtrix3.
export { didYouMean, nearest } from "../near-names.js";

/** Of MRtrix3's statistical commands before 3.0: what takes their place, as a sentence. */
const EARLIER: Readonly<Record<string, string>> = {
  nperms: "Its name today is -nshuffles",
  nonstationary: "Its name today is -nonstationarity",
  nperms_nonstationary: "Its name today is -nshuffles_nonstationarity",
  permutations_nonstationary: "Its name today is -permutations_nonstationarity",
  negative: "Today every row of the contrast matrix is tested on its positive side: add the row with its signs turned",
  smooth: "Today the data are smoothed beforehand, by fixelfilter",
  connectivity: "Today the matrix is made beforehand, by fixelconnectivity, which has that threshold",
  angle: "Today the matrix is made beforehand, by fixelconnectivity, which has that angle",
};

/** Undefined: no earlier option begins so. `typed` without dashes. */
export function describeEarlier(typed: string): string | undefined {
  const found = Object.keys(EARLIER).find((name) => name === typed) ?? onlyOne(typed);
  return found === undefined
    ? undefined
    : `Cannot use -${found}: it was an option of MRtrix3 before version 3.0. ${EARLIER[found]}.`;
}

/** Characters that are enough of a name. */
const LEAST = 3;

function onlyOne(typed: string): string | undefined {
  const names = Object.keys(EARLIER).filter((name) => typed.length >= LEAST && name.startsWith(typed));
  return names.sort((a, b) => a.length - b.length)[0];
}
