// Of fixels whose place in space nobody knows.
import { readImageHeader } from "../../formats/image.js";
import { isPlaceUnknown } from "../../formats/unknown-place.js";
import type { Warning } from "../../warnings.js";
import type { FixelInput } from "./input-source.js";

/** That results will not lie where the brain is: their template was made up. `indexPath`: of the template. */
export function placeWarnings(input: string, { indexPath }: FixelInput["template"]): Warning[] {
  if (!isPlaceUnknown(readImageHeader(indexPath).entries)) return [];
  const message = `Nobody knows where the fixels of ${input} are: index and directions come from tables without voxel size and position, so results lie on a grid of 1 mm at the origin. Give the real fixel directory with --template when a ModelArray file is converted or analysed.`;
  return [{ tag: "place-unknown", message }];
}
