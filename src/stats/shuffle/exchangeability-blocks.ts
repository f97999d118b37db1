// Exchangeability blocks (Winkler et al. 2014, NeuroImage 92:381): `within`: rows move inside their block only; `whole`: blocks move as one.
// Peer: core/math/stats/shuffle.cpp, load_blocks.
import { DesignError } from "../../errors.js";
import { formatCount } from "../../units.js";

export type BlockKind = "within" | "whole";

export interface BlockSource {
  readonly nSubjects: number;
  readonly kind: BlockKind;
  /** File as typed. */
  readonly path?: string;
}

/** Block of each subject, i32 [nSubjects] from 0, of labels from 0 or from 1. Throws DesignError with all problems. */
export function blocksFromLabels(labels: ArrayLike<number>, source: BlockSource): Int32Array {
  const problems = checkBlockLabels(labels, source);
  if (problems.length > 0) throw new DesignError(problems);
  const values = Array.from(labels);
  const lowest = values.reduce((a, b) => Math.min(a, b), Infinity);
  return Int32Array.from(values, (value) => value - lowest);
}

/** Sentences: each thing that keeps `labels` from being blocks. Empty when they can be used. */
export function checkBlockLabels(labels: ArrayLike<number>, source: BlockSource): string[] {
  const { nSubjects, kind } = source;
  const what = `Cannot use ${source.path ?? "the exchangeability blocks"} for -exchange_${kind}`;
  const values = Array.from(labels);
  if (values.length !== nSubjects) {
    return [
      `${what}: expected ${formatCount(nSubjects, "values")} (one per subject), got ${values.length}. Give one block number a subject.`,
    ];
  }
  const odd = values.findIndex((value) => !Number.isSafeInteger(value) || value < 0);
  if (odd !== -1) {
    return [
      `${what}: expected whole numbers from 0 or from 1, got ${values[odd]} (subject ${odd + 1}, counting from 1). Number the blocks.`,
    ];
  }
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  const names = [...sizes.keys()].sort((a, b) => a - b);
  const [first, last] = [names[0]!, names.at(-1)!];
  if (first > 1)
    return [`${what}: expected the lowest block number to be 0 or 1, got ${first}. Number the blocks from 0 or 1.`];
  const problems: string[] = [];
  if (names.length !== last - first + 1) {
    const missing = names.findIndex((name, i) => name !== first + i) + first;
    problems.push(
      `${what}: expected block numbers ${first} to ${last} without gaps, got no subject in block ${missing}. Renumber the blocks.`,
    );
  }
  const lonely = names.filter((name) => sizes.get(name) === 1);
  if (lonely.length > 0) {
    const count = lonely.length === 1 ? "" : ` (and ${lonely.length - 1} more)`;
    problems.push(
      `${what}: expected 2 or more subjects in each block, got 1 in block ${lonely[0]}${count}. Join it with another block.`,
    );
  }
  const other = names.find((name) => sizes.get(name) !== sizes.get(first));
  if (kind === "whole" && other !== undefined) {
    problems.push(
      `${what}: expected blocks of one size, since they trade places, got ${formatCount(sizes.get(first)!, "subjects")} in block ${first} and ${sizes.get(other)} in block ${other}. Use -exchange_within, or make them equal.`,
    );
  }
  return problems;
}

/** Rows of each block, ascending. `blocks` i32 [nSubjects] from 0 without gaps. */
export function rowsOfBlocks(blocks: Int32Array): Int32Array[] {
  const rows: number[][] = [];
  for (const [row, block] of blocks.entries()) {
    rows[block] ??= [];
    rows[block].push(row);
  }
  return rows.map((list) => Int32Array.from(list));
}
