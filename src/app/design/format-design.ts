// A design for people: what each column is, what the others say of it, how many subjects each cell has, what is tested, and how MRtrix3 takes it.
import { formatCount } from "../../units.js";
import { FEW, hypothesisNames, type NamedDesign } from "./named-design.js";

const MOST_CELLS = 60;

/** Lines of a text; `directory`: where the files will be, for the commands, undefined where none are written. */
export function formatDesign(design: NamedDesign, directory: string | undefined): string {
  const { columns, subjects, description, tests, dropped, notes } = design;
  const lines = [
    `formula      ${design.formula}`,
    `shape        ${formatCount(subjects.length, "subjects")} x ${formatCount(columns.length, "columns")}`,
    `condition    ${Number.isFinite(description.condition) ? description.condition.toPrecision(3) : "columns depend on each other"}`,
    ...dropped.map(
      ({ name, missing }) =>
        `left out     ${name}: ${missing.length === 0 ? "no row in the table" : `no ${missing.join(", ")}`}`,
    ),
    ...notes.map((note) => `note         ${note}`),
    "",
    ...aligned([
      ["column", "name", "inflation", "what it is"],
      ...description.columns.map(({ name, inflation, about }, j) => [
        String(j + 1),
        name,
        inflation === undefined ? "-" : inflation.toFixed(2),
        about,
      ]),
    ]),
  ];
  for (const { factors, cells } of description.cells) {
    const few = cells.filter(({ nSubjects }) => nSubjects < FEW);
    lines.push("", `cells of ${factors}${few.length === 0 ? "" : ` (* fewer than ${FEW} subjects)`}`);
    const shown = cells.length > MOST_CELLS ? few.slice(0, MOST_CELLS) : cells;
    lines.push(
      ...aligned(shown.map(({ levels, nSubjects }) => [`  ${levels}`, `${nSubjects}${nSubjects < FEW ? " *" : ""}`])),
    );
    if (cells.length > shown.length) lines.push(`  and ${cells.length - shown.length} others`);
  }
  lines.push("");
  if (tests.length === 0) {
    lines.push(
      `nothing is tested: --test with a term (${design.terms.join(", ") || "none"}), a column, or a sum of columns`,
    );
  }
  for (const { name, test } of hypothesisNames(tests)) {
    const what = test.kind === "t" ? "t-test, larger than 0" : `F-test of ${formatCount(test.rows.length, "columns")}`;
    lines.push(
      `${name.padEnd(4)} ${test.label}: ${test.rows.length > 3 ? what : `${what}: ${test.rows.map((row) => sumOf(row, columns)).join("; ")}`}`,
    );
  }
  if (directory !== undefined && tests.length > 0) lines.push("", ...commands(design, directory));
  return `${lines.join("\n")}\n`;
}

/** `groupB - 0.5 * groupC`. */
function sumOf(row: readonly number[], columns: readonly string[]): string {
  const parts = row.flatMap((weight, j) => (weight === 0 ? [] : [{ weight, name: columns[j]! }]));
  return parts
    .map(({ weight, name }, i) => {
      const sign = weight < 0 ? (i === 0 ? "-" : " - ") : i === 0 ? "" : " + ";
      const size = Math.abs(weight) === 1 ? "" : `${Number(Math.abs(weight).toPrecision(6))} * `;
      return sign + size + name;
    })
    .join("");
}

function commands({ tests }: NamedDesign, directory: string): string[] {
  const at = directory.replace(/\/+$/, "");
  const hasT = tests.some(({ kind }) => kind === "t");
  const hasF = tests.some(({ kind }) => kind === "F");
  const only = hasF && !hasT ? " -fonly" : "";
  const lines = [
    "The same analysis, by this design or by its files (of MRtrix3 3.0.x too):",
    `  fixelstream fixelcfestats DATA ${at}/subjects.txt MATRIX OUT --design-dir ${at}`,
    `  fixelcfestats DATA ${at}/subjects.txt ${at}/design.txt ${at}/contrast.txt MATRIX OUT${hasF ? ` -ftests ${at}/ftests.txt${only}` : ""}`,
  ];
  if (hasF && hasT) lines.push("  (which tests every row of contrast.txt by t as well)");
  return lines;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, j) => Math.max(...rows.map((row) => row[j]!.length)));
  return rows.map((row) =>
    row
      .map((cell, j) => (j === row.length - 1 ? cell : cell.padEnd(widths[j]!)))
      .join("  ")
      .trimEnd(),
  );
}
