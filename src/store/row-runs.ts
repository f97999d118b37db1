// Selected rows as runs of neighbours: a run is one copy where its rows touch each other in the file.
import { InternalError } from "../errors.js";
import { formatCount } from "../units.js";
import type { ColumnSourceSpec } from "./column-source.js";

export interface RowRun {
  /** Row in the file. */
  readonly fileRow: number;
  /** Row among those delivered. */
  readonly row: number;
  readonly count: number;
}

/** `0,1,2,7,8,3` -> (0, 3 rows), (7, 2 rows), (3, 1 row). Throws InternalError for a row outside the file. */
export function planRowRuns(spec: ColumnSourceSpec): RowRun[] {
  const rows = spec.rows;
  if (rows === undefined) return [{ fileRow: 0, row: 0, count: spec.nRowsInFile }];
  const runs: { fileRow: number; row: number; count: number }[] = [];
  for (const [row, fileRow] of rows.entries()) {
    if (!Number.isInteger(fileRow) || fileRow < 0 || fileRow >= spec.nRowsInFile) {
      throw new InternalError(`Row ${fileRow} was selected from ${spec.path}, which has ${spec.nRowsInFile}.`);
    }
    const last = runs.at(-1);
    if (last !== undefined && last.fileRow + last.count === fileRow) last.count += 1;
    else runs.push({ fileRow, row, count: 1 });
  }
  return runs;
}

/** All rows in file order: what is delivered of a whole block is the block as it lies in the file, but for padding. */
export function takesAllRows({ rows, nRowsInFile }: Pick<ColumnSourceSpec, "rows" | "nRowsInFile">): boolean {
  return rows === undefined || (rows.length === nRowsInFile && rows.every((fileRow, row) => fileRow === row));
}

/** Throws InternalError unless the range is inside the elements and `target` has exactly its size. */
export function assertColumnRange(
  spec: ColumnSourceSpec,
  nRows: number,
  valueBytes: number,
  target: Uint8Array,
  first: number,
  count: number,
): void {
  const inside =
    Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 0 && first + count <= spec.nElements;
  if (!inside || target.byteLength !== nRows * count * valueBytes) {
    throw new InternalError(
      `Elements ${first} to ${first + count} of ${nRows} rows were asked for in ${target.byteLength} B, from ${spec.path}, which has ${formatCount(spec.nElements, "elements")}.`,
    );
  }
}
