// Rows of the data that are one subject: the numbers come out as if there were more people than there are.
import { statSync } from "node:fs";
import { listNames, placesOf } from "../../subject-names.js";
import type { Warning } from "../../warnings.js";

/**
 * That rows have one name, or are one file under several. `from`: what names them, for the message. `names`, `paths`: one a row; undefined where the input
 * has none.
 */
export function repeatedSubjects(
  from: string,
  names: readonly string[] | undefined,
  paths: readonly string[] | undefined,
): Warning[] {
  const byName = rowsThatShare(names ?? []);
  const said = new Set(byName.map(({ rows }) => `${rows}`));
  const sameFile = rowsThatShare((paths ?? []).map(fileOf)).filter(({ rows }) => !said.has(`${rows}`));
  const named = byName.map(({ key, rows }) => `${key} (${rowsOf(rows)})`);
  const linked = sameFile.map(
    ({ rows }) => `${rows.map((row) => names?.[row] ?? paths![row]).join(" = ")} (${rowsOf(rows)})`,
  );
  const warnings: Warning[] = [];
  const remedy =
    "Rows of one subject are not independent observations: correct the list, or keep repeated measures together in exchangeability blocks.";
  if (named.length > 0) {
    warnings.push({
      tag: "repeated-subjects",
      message: `${from} names a subject more than once: ${listNames(named)}. ${remedy}`,
    });
  }
  if (linked.length > 0) {
    const message = `${from} names one file in several ways: ${listNames(linked)}. ${remedy}`;
    warnings.push({ tag: "repeated-subjects", message });
  }
  return warnings;
}

const rowsOf = (rows: readonly number[]): string =>
  `rows ${
    rows.length > 4
      ? `${rows
          .slice(0, 3)
          .map((row) => row + 1)
          .join(", ")} and ${rows.length - 3} more`
      : rows.map((row) => row + 1).join(", ")
  }`;

function rowsThatShare(keys: readonly (string | undefined)[]): { readonly key: string; readonly rows: number[] }[] {
  const rowsOfKey = placesOf(keys.map((key) => (key === undefined ? [] : [key])));
  return [...rowsOfKey].flatMap(([key, rows]) => (rows.length > 1 ? [{ key, rows }] : []));
}

/** Links, hard ones too, are the file that they lead to. Undefined: the disk numbers no files, or the file has gone. */
function fileOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined || stat.ino === 0n ? undefined : `${stat.dev} ${stat.ino}`;
}
