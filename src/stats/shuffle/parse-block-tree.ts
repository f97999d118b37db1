// A file of exchangeability blocks as PALM has it: integers, a row an observation, a column a level, the top first. An index above 0 is a block whose parts, the
// indices of the next column, trade places as wholes; below 0 its parts stay. Numbers are names: only their sign and who shares them matter.
import { type Block, countRows, shapeOf, type Unit } from "./block-tree.js";

export interface BlockTable {
  readonly nRows: number;
  readonly nColumns: number;
  /** i32 [nRows][nColumns]. */
  readonly values: Int32Array;
}

export interface BlockTableSource {
  readonly nSubjects: number;
  /** As typed. */
  readonly path: string;
}

/** Of each kind of problem. */
const MOST_PROBLEMS = 5;

/**
 * One column: blocks within which rows are exchanged, as in PALM. An index that rows share in the last column keeps them in order. `problems`: sentences, and no
 * tree where there are any.
 */
export function parseBlockTree(
  table: BlockTable,
  { nSubjects, path }: BlockTableSource,
): { readonly tree: Block | undefined; readonly problems: readonly string[] } {
  const what = `Cannot use ${path} for -eb`;
  const isOneRow = table.nRows === 1 && nSubjects > 1 && table.nColumns === nSubjects;
  const { nRows, nColumns, values } = isOneRow ? { ...table, nRows: nSubjects, nColumns: 1 } : table;
  if (nRows !== nSubjects) {
    const got = `got ${nRows} ${nRows === 1 ? "row" : "rows"} of ${nColumns}`;
    return refused(
      `${what}: expected ${nSubjects} rows (one per subject), ${got}. Give one row a subject, a column a level.`,
    );
  }
  const zero = values.indexOf(0);
  if (zero >= 0) {
    const where = `row ${Math.floor(zero / nColumns) + 1}, column ${(zero % nColumns) + 1}, counting from 1`;
    return refused(
      `${what}: expected indices above 0 (parts trade places) or below (parts stay), got 0 (${where}). Number the blocks from 1.`,
    );
  }
  const rows = Array.from({ length: nRows }, (_, i) => i);
  if (nColumns === 1) return { tree: withinBlocks(values, rows), problems: [] };
  const other = rows.find((row) => values[row * nColumns] !== values[0]);
  if (other !== undefined) {
    const got = `got ${values[0]} in row 1 and ${values[other * nColumns]} in row ${other + 1}`;
    return refused(
      `${what}: expected one index in all of column 1, which stands for the whole, ${got}. Put a column of 1 (blocks of the next column trade places) or of -1 (they stay) in front.`,
    );
  }
  const tree = blockOf(table, rows, 0, "");
  const found = checkBlocks(tree, 0);
  return found.length === 0
    ? { tree, problems: [] }
    : { tree: undefined, problems: found.slice(0, MOST_PROBLEMS).map((problem) => `${what}: ${problem}`) };
}

const refused = (problem: string) => ({ tree: undefined, problems: [problem] });

function withinBlocks(values: Int32Array, rows: readonly number[]): Block {
  const units = groupsOf(rows, (row) => values[row]!).map(([index, members]): Block => {
    return { exchanges: true, units: members, name: `${index}` };
  });
  return { exchanges: false, units, name: "" };
}

/** By index without its sign, ascending; of a number and its negative the negative first. */
function groupsOf(rows: readonly number[], indexOf: (row: number) => number): [index: number, rows: number[]][] {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const index = indexOf(row);
    const group = groups.get(index);
    if (group === undefined) groups.set(index, [row]);
    else group.push(row);
  }
  return [...groups].sort(([a], [b]) => Math.abs(a) - Math.abs(b) || a - b);
}

/** Of rows that share an index in `column`. */
function blockOf(table: BlockTable, rows: readonly number[], column: number, above: string): Block {
  const { nColumns, values } = table;
  const index = values[rows[0]! * nColumns + column]!;
  const name = above === "" ? `${index}` : `${above}/${index}`;
  const next = column + 1;
  // in the last column: shared, they stay in order
  if (next === nColumns) return { exchanges: false, units: rows, name };
  const units = groupsOf(rows, (row) => values[row * nColumns + next]!).map(([, members]): Unit => {
    return members.length === 1 ? members[0]! : blockOf(table, members, next, name);
  });
  return { exchanges: index > 0, units, name };
}

/** Sentences: each block whose parts cannot trade places, though it says so. */
function checkBlocks(block: Block, depth: number): string[] {
  const { exchanges, units, name } = block;
  const inner = units.flatMap((unit) => (typeof unit === "number" ? [] : checkBlocks(unit, depth + 1)));
  if (!exchanges || units.length < 2) return inner;
  const [first] = units as [Unit];
  const said = (unit: Unit) => (typeof unit === "number" ? `row ${unit + 1} alone` : `block ${unit.name}`);
  const remedy = `or give block ${name} a negative index in column ${depth + 1}, so that its parts stay`;
  const trade = `since they trade places (block ${name} in column ${depth + 1} is above 0)`;
  const size = countRows(first);
  const bySize = units.find((unit) => countRows(unit) !== size);
  if (bySize !== undefined) {
    const got = `got ${size} ${size === 1 ? "subject" : "subjects"} in ${said(first)} and ${countRows(bySize)} in ${said(bySize)}`;
    return [
      `expected the parts of block ${name} to have one size, ${trade}, ${got}. Make them equal, ${remedy}.`,
      ...inner,
    ];
  }
  const isExchanging = (unit: Unit) => typeof unit === "object" && unit.exchanges;
  const bySign = units.find((unit) => typeof unit !== typeof first || isExchanging(unit) !== isExchanging(first));
  if (bySign !== undefined) {
    return [
      `expected the parts of block ${name} to have one sign, ${trade}, got ${said(first)} and ${said(bySign)}. Give all the same, ${remedy}.`,
      ...inner,
    ];
  }
  const shape = shapeOf(first);
  const byShape = units.find((unit) => shapeOf(unit) !== shape);
  if (byShape === undefined) return inner;
  return [
    `expected the parts of block ${name} to be divided alike, ${trade}, got ${dividedAs(first)} in ${said(first)} and ${dividedAs(byShape)} in ${said(byShape)}. Divide them alike, in the same order, ${remedy}.`,
    ...inner,
  ];
}

/** `2 + 1 subjects`, a part each. */
function dividedAs(unit: Unit): string {
  if (typeof unit === "number") return "1 subject";
  const sizes = unit.units.map(countRows);
  const signs = unit.units.map((inner) => (typeof inner === "number" ? "" : inner.exchanges ? " exchanged" : " kept"));
  const shown = sizes.map((size, i) => `${size}${signs[i]}`);
  return `${shown.length > 8 ? `${shown.slice(0, 8).join(" + ")} + ..` : shown.join(" + ")} subjects`;
}
