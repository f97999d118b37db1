// Of fixels whose place in space nobody knows.
import type { Warning } from "../warnings.js";
import { readImageHeader } from "./image.js";
import { isPlaceUnknown } from "./unknown-place.js";

/** That what is made of `input`, as typed, will not lie where the brain is. `indexPath`: of its template. */
export function placeWarnings(input: string, { indexPath }: { readonly indexPath: string }): Warning[] {
  if (!isPlaceUnknown(readImageHeader(indexPath).entries)) return [];
  const message = `Nobody knows where the fixels of ${input} are: index and directions come from tables without voxel size and position, so results lie on a grid of 1 mm at the origin. Give the real fixel directory with --template when a ModelArray file is converted, analysed or exported.`;
  return [{ tag: "place-unknown", message }];
}
