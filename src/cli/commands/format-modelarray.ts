// What info prints of a ModelArray file.
import type { ModelArrayDescription } from "../../app/inspect/inspect-hdf5.js";

export function formatModelArray(
  file: ModelArrayDescription,
  { json, subjects }: { readonly json?: boolean; readonly subjects?: boolean },
): string {
  if (json) return `${JSON.stringify(file, null, 2)}\n`;
  if (subjects) return (file.scalars[0]?.subjects ?? []).map((name) => `${name}\n`).join("");
  const lines = [
    `file         ${file.path}${file.creator === undefined ? "" : ` (made by ${file.creator})`}`,
    `fixels       ${file.hasFixels ? "index and directions can be rebuilt" : "no tables: results need --template"}`,
    ...file.scalars.map(
      ({ name, nSubjects, nElements, layout }) =>
        `scalar       ${name}: ${nSubjects} subjects x ${nElements} fixels, ${layout}`,
    ),
    ...file.analyses.map(({ name, statistics }) => `analysis     ${name}: ${statistics.join(", ")}`),
  ];
  return `${lines.join("\n")}\n`;
}
