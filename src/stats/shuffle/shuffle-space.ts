// All shuffles that the blocks and the error model allow: how many, one at random, or one by its number (mathematics M13).
// What moves is a unit: a row, or a whole block of rows. Units trade places inside their group: all units, or those of one block (`within`).
//   within: units = rows, groups = blocks          whole: units = blocks, one group; order inside a block is kept
import { boundedInteger } from "./bounded-integer.js";
import { rowsOfBlocks } from "./exchangeability-blocks.js";
import type { RandomStream } from "./random-stream.js";
import type { ErrorModel } from "./shuffle-plan.js";

export interface ShuffleBlocks {
  /** i32 [nSubjects], from 0 without gaps. */
  readonly within?: Int32Array;
  readonly whole?: Int32Array;
}

export interface ShuffleSpace {
  readonly nSubjects: number;
  /** Units of each group: a permutation moves inside these. */
  readonly groups: readonly Int32Array[];
  readonly nUnits: number;
  /** Rows of each unit, ascending; undefined where a unit is a row. */
  readonly rowsOfUnit: readonly Int32Array[] | undefined;
  /** Distinct permutations (1 for "ise") and sign vectors (1 for "ee"); their product is the number of shuffles. Infinity where it overflows. */
  readonly nPermutations: number;
  readonly nSigns: number;
}

export function createShuffleSpace(nSubjects: number, errors: ErrorModel, blocks: ShuffleBlocks = {}): ShuffleSpace {
  const rowsOfUnit = blocks.whole === undefined ? undefined : rowsOfBlocks(blocks.whole);
  const nUnits = rowsOfUnit?.length ?? nSubjects;
  const groups =
    blocks.within === undefined ? [Int32Array.from({ length: nUnits }, (_, i) => i)] : rowsOfBlocks(blocks.within);
  const nPermutations = errors === "ise" ? 1 : groups.reduce((product, group) => product * factorial(group.length), 1);
  const nSigns = errors === "ee" ? 1 : 2 ** nUnits;
  return { nSubjects, groups, nUnits, rowsOfUnit, nPermutations, nSigns };
}

function factorial(n: number): number {
  let product = 1;
  for (let k = 2; k <= n && product < Infinity; k++) product *= k;
  return product;
}

/** Fisher-Yates in each group (Durstenfeld 1964), every permutation equally likely. `out` i32 [nUnits]: source unit of each unit. */
export function drawPermutationInto(space: ShuffleSpace, stream: RandomStream, out: Int32Array): void {
  for (let u = 0; u < space.nUnits; u++) out[u] = u;
  for (const group of space.groups) {
    for (let i = group.length - 1; i > 0; i--) {
      const here = group[i]!;
      const there = group[boundedInteger(stream, i + 1)]!;
      const kept = out[here]!;
      out[here] = out[there]!;
      out[there] = kept;
    }
  }
}

/** `out` i8 [nUnits], +1 or -1 with equal chances. */
export function drawSignsInto(nUnits: number, stream: RandomStream, out: Int8Array): void {
  let word = 0;
  for (let u = 0; u < nUnits; u++) {
    if (u % 32 === 0) word = stream.next();
    out[u] = 1 - 2 * ((word >>> (u % 32)) & 1);
  }
}

/** Permutation number 0..nPermutations - 1; 0 is the identity. Lexicographic in each group (Lehmer code), first group fastest. */
export function permutationAtInto(space: ShuffleSpace, number: number, out: Int32Array): void {
  let rest = number;
  for (const group of space.groups) {
    const base = factorial(group.length);
    let code = rest % base;
    rest = Math.floor(rest / base);
    const left = Array.from(group);
    for (let i = 0; i < group.length; i++) {
      const weight = factorial(group.length - 1 - i);
      out[group[i]!] = left.splice(Math.floor(code / weight), 1)[0]!;
      code %= weight;
    }
  }
}

/** Sign vector number 0..nSigns - 1; 0 flips nothing. A binary number whose last digit is the last row, but the first block (as the peer counts). */
export function signsAtInto(space: ShuffleSpace, number: number, out: Int8Array): void {
  for (let u = 0; u < space.nUnits; u++) {
    const digit = space.rowsOfUnit === undefined ? space.nUnits - 1 - u : u;
    out[u] = Math.floor(number / 2 ** digit) % 2 === 1 ? -1 : 1;
  }
}

/** Labels of rows from sources of units: row j of unit u takes row j of its source. `out` i32 [nSubjects]. */
export function expandLabelsInto(space: ShuffleSpace, sources: Int32Array, out: Int32Array): void {
  if (space.rowsOfUnit === undefined) {
    out.set(sources);
    return;
  }
  for (const [unit, rows] of space.rowsOfUnit.entries()) {
    const from = space.rowsOfUnit[sources[unit]!]!;
    for (let j = 0; j < rows.length; j++) out[rows[j]!] = from[j]!;
  }
}

/** Signs of rows from signs of units. `out` i8 [nSubjects]. */
export function expandSignsInto(space: ShuffleSpace, signs: Int8Array, out: Int8Array): void {
  if (space.rowsOfUnit === undefined) {
    out.set(signs);
    return;
  }
  for (const [unit, rows] of space.rowsOfUnit.entries()) for (const row of rows) out[row] = signs[unit]!;
}
