// A template made of tables that keep no geometry: it is marked in the header of its index, so that whoever uses it, or what was made with it, can say so.
import type { Warning } from "../warnings.js";
import { readImageHeader } from "./image.js";
import type { HeaderEntries } from "./image-header.js";

const KEY = "fixelstream_place";

/** For the header of an index whose geometry is made up. */
export const UNKNOWN_PLACE: HeaderEntries[number] = [KEY, "unknown, a grid of 1 mm at the origin"];

/** `entries`: of the header of an index image. */
export const isPlaceUnknown = (entries: HeaderEntries): boolean => entries.some(([key]) => key === KEY);

/** That what is made of `input`, as typed, will not lie where the brain is. `indexPath`: of its template. */
export function placeWarnings(input: string, { indexPath }: { readonly indexPath: string }): Warning[] {
  if (!isPlaceUnknown(readImageHeader(indexPath).entries)) return [];
  const message = `Nobody knows where the fixels of ${input} are: index and directions come from tables without voxel size and position, so results lie on a grid of 1 mm at the origin. Give the real fixel directory with --template when a ModelArray file is converted, analysed or exported.`;
  return [{ tag: "place-unknown", message }];
}
