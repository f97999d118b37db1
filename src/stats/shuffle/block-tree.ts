// Exchangeability blocks as a tree (Winkler et al. 2015, NeuroImage 123:253, "Multi-level block permutation"): every restriction of shuffles there is.
//   a block that exchanges   its units (rows, or blocks of one size and structure) trade places as wholes
//   a block that keeps       its units stay where they are; what is in them may be exchanged
// Of observations: free      one block that exchanges all rows
//   -exchange_within         one that keeps blocks that exchange their rows
//   -exchange_whole          one that exchanges blocks that keep their rows
import { rowsOfBlocks } from "./exchangeability-blocks.js";

export interface Block {
  /** Its units trade places. */
  readonly exchanges: boolean;
  /** In order: rows by number, or blocks. */
  readonly units: readonly Unit[];
  /** As the file has it, from the top down: `1/-2`; empty for the whole. */
  readonly name: string;
}

/** A row, counted from 0, or a block. */
export type Unit = number | Block;

export interface ShuffleBlocks {
  /** i32 [nSubjects], from 0 without gaps. */
  readonly within?: Int32Array;
  readonly whole?: Int32Array;
  readonly tree?: Block;
}

/** `blocks`: one of the three at most. `firstName`: of their first block. */
export function treeOf(nSubjects: number, { within, whole, tree }: ShuffleBlocks = {}, firstName = 0): Block {
  if (tree !== undefined) return tree;
  const inner = within ?? whole;
  if (inner === undefined) return { exchanges: true, units: Array.from({ length: nSubjects }, (_, i) => i), name: "" };
  return {
    exchanges: whole !== undefined,
    units: rowsOfBlocks(inner).map((rows, block) => ({
      ...{ exchanges: within !== undefined, units: Array.from(rows), name: `${firstName + block}` },
    })),
    name: "",
  };
}

/** In the order in which they take each other's places. */
export const rowsOf = (unit: Unit): number[] => (typeof unit === "number" ? [unit] : unit.units.flatMap(rowsOf));

export const countRows = (unit: Unit): number =>
  typeof unit === "number" ? 1 : unit.units.reduce<number>((sum, inner) => sum + countRows(inner), 0);

/** Equal where units may take each other's places: the same blocks in the same order, whatever their rows. */
export const shapeOf = (unit: Unit): string => {
  if (typeof unit === "number") return "r";
  const { exchanges, units } = unit;
  const inner = units.map(shapeOf);
  const first = inner[0]!;
  const isEven = inner.every((shape) => shape === first);
  return `${exchanges ? "+" : "-"}(${isEven ? `${inner.length}*${first}` : inner.join()})`;
};

/** i32: the whole tree with its rows, by which two can be compared. */
export function serialiseTree(unit: Unit): Int32Array {
  const out: number[] = [];
  const add = (inner: Unit): void => {
    if (typeof inner === "number") out.push(inner);
    else {
      out.push(inner.exchanges ? -1 : -2, inner.units.length);
      inner.units.forEach(add);
    }
  };
  add(unit);
  return Int32Array.from(out);
}

/** The simple form of a tree that has one: what it restricts is the same, and so are its shuffles. */
export function simplestForm(tree: Block): ShuffleBlocks & { readonly kind: "free" | "within" | "whole" | "tree" } {
  const nRows = countRows(tree);
  const isSame = (other: Block) =>
    Buffer.from(serialiseTree(other).buffer).equals(Buffer.from(serialiseTree(tree).buffer));
  if (isSame(treeOf(nRows))) return { kind: "free" };
  const of = new Int32Array(nRows);
  for (const [block, unit] of tree.units.entries()) for (const row of rowsOf(unit)) of[row] = block;
  if (isSame(treeOf(nRows, { within: of }))) return { kind: "within", within: of };
  if (isSame(treeOf(nRows, { whole: of }))) return { kind: "whole", whole: of };
  return { kind: "tree", tree };
}

/**
 * What is multiplied by -1 as one, where signs are flipped: from the top down the units of the first block that exchanges; where none does, rows.
 * Rows are in order, blocks as in the tree.
 */
export function flipUnits(tree: Block): Int32Array[] {
  const found: Int32Array[] = [];
  const add = (unit: Unit, isFlipped: boolean): void => {
    if (typeof unit === "number" || isFlipped) found.push(Int32Array.from(rowsOf(unit)));
    else for (const inner of unit.units) add(inner, unit.exchanges);
  };
  add(tree, false);
  return found.every(({ length }) => length === 1) ? found.sort((a, b) => a[0]! - b[0]!) : found;
}

/**
 * Variance groups in which shuffles move nothing from one variance to another (PALM's -vg auto): blocks that stay have groups of their own, blocks that are
 * exchanged the same ones. i32 [nRows], from 1, numbered by their first row.
 */
export function varianceGroupsOf(tree: Block): Int32Array {
  let last = 0;
  const groupsOf = ({ exchanges, units }: Block): number[] => {
    if (!exchanges) return units.flatMap((unit) => (typeof unit === "number" ? [++last] : groupsOf(unit)));
    const [first] = units;
    const one = typeof first === "object" ? groupsOf(first) : [++last];
    return units.flatMap(() => one);
  };
  const groups = groupsOf(tree);
  const raw = new Int32Array(groups.length);
  for (const [i, row] of rowsOf(tree).entries()) raw[row] = groups[i]!;
  const numbers = new Map<number, number>();
  return raw.map((group) => {
    if (!numbers.has(group)) numbers.set(group, numbers.size + 1);
    return numbers.get(group)!;
  });
}
