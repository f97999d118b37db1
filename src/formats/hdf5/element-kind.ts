// What the elements of a ModelArray file are, by its tables: fixels (/fixels and /voxels), voxels (/voxels alone), greyordinates (/greyordinates).
import type { Hdf5File } from "./open.js";

export type FileElements = "fixels" | "voxels" | "greyordinates" | "elements";

export async function elementsOf(file: Hdf5File): Promise<FileElements> {
  const has = async (table: string) => (await file.kindOf(table)) === "dataset";
  if (await has("/voxels")) return (await has("/fixels")) ? "fixels" : "voxels";
  return (await has("/greyordinates")) ? "greyordinates" : "elements";
}

/** For messages about files without fixels. */
export const TABLES_SEEN: Readonly<Record<Exclude<FileElements, "fixels">, string>> = {
  voxels: "it is voxel-wise (/voxels without /fixels)",
  greyordinates: "it is greyordinate-wise (/greyordinates)",
  elements: "it has no /fixels and /voxels",
};
