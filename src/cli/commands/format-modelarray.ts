// What info prints of a ModelArray file.
import type { ModelArrayDescription } from "../../app/inspect/inspect-hdf5.js";
import { formatCount } from "../../units.js";

const WHERE = {
  fixels: "fixels       index and directions can be rebuilt",
  voxels: "voxels       voxel-wise (/voxels without /fixels): for vectorstats",
  greyordinates: "elements     greyordinate-wise (/greyordinates): for vectorstats",
  elements: "elements     no tables of places: results of fixels need --template",
} as const;

export function formatModelArray(file: ModelArrayDescription, { json }: { readonly json?: boolean }): string {
  if (json) return `${JSON.stringify(file, null, 2)}\n`;
  const lines = [
    `file         ${file.path}${file.creator === undefined ? "" : ` (made by ${file.creator})`}`,
    WHERE[file.elements],
    ...(file.elements === "fixels" && !file.hasPlace
      ? [
          "place        unknown: no voxel size and position, results lie on a grid of 1 mm at the origin without --template",
        ]
      : []),
    ...file.scalars.map(
      ({ name, nSubjects, nElements, layout }) =>
        `scalar       ${name}: ${formatCount(nSubjects, "subjects")} x ${formatCount(nElements, file.elements)}, ${layout}`,
    ),
    ...file.unusable.map(({ name, reason }) => `scalar       ${name} cannot be used: ${reason}`),
    ...file.analyses.map(({ name, statistics }) => `analysis     ${name}: ${statistics.join(", ")}`),
  ];
  return `${lines.join("\n")}\n`;
}
