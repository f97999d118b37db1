// What info prints of a ModelArray file.
import type { ModelArrayDescription } from "../../app/inspect/inspect-hdf5.js";

export function formatModelArray(file: ModelArrayDescription, { json }: { readonly json?: boolean }): string {
  if (json) return `${JSON.stringify(file, null, 2)}\n`;
  const lines = [
    `file         ${file.path}${file.creator === undefined ? "" : ` (made by ${file.creator})`}`,
    `fixels       ${file.hasFixels ? "index and directions can be rebuilt" : "no tables: results need --template"}`,
    ...(file.hasFixels && !file.hasPlace
      ? [
          "place        unknown: no voxel size and position, results lie on a grid of 1 mm at the origin without --template",
        ]
      : []),
    ...file.scalars.map(
      ({ name, nSubjects, nElements, layout }) =>
        `scalar       ${name}: ${nSubjects} subjects x ${nElements} fixels, ${layout}`,
    ),
    ...file.analyses.map(({ name, statistics }) => `analysis     ${name}: ${statistics.join(", ")}`),
  ];
  return `${lines.join("\n")}\n`;
}
