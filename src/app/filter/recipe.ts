// What filtered values depend on beside their source: in words for headers, and in full to know whether a killed run can be continued.
import { statSync } from "node:fs";
import { join } from "node:path";
import type { FixelFilterOptions } from "./options.js";

/** `smooth fwhm=10 minweight=0.01`: for a header. */
export function describeRecipe(options: FixelFilterOptions): string {
  const { filter, fwhm, minweight, thresholdValue, thresholdConnectivity, mask, like } = options;
  const parameters: readonly string[] = {
    smooth: [`fwhm=${fwhm}`, `minweight=${minweight}`],
    connect: [`threshold_value=${thresholdValue}`, `threshold_connectivity=${thresholdConnectivity}`],
    cfe: [
      ...[`dh=${options.cfeDh}`, `e=${options.cfeE}`, `h=${options.cfeH}`, `c=${options.cfeC}`],
      ...(options.cfeLegacy ? ["legacy"] : []),
    ],
  }[filter];
  return [
    filter,
    ...parameters,
    ...(mask === undefined ? [] : ["masked"]),
    ...(like === "dev" ? ["like=dev"] : []),
  ].join(" ");
}

/** The same with what tells the matrix and the mask from others of their names. */
export function recipeOf(options: FixelFilterOptions): string {
  const files = [...["index.mif", "fixels.mif", "values.mif"].map((name) => join(options.matrix, name)), options.mask];
  const states = files.map((path) => {
    const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : [stat.size, stat.mtimeMs];
  });
  return JSON.stringify([describeRecipe(options), ...states]);
}
