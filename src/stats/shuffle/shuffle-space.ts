// All shuffles that the blocks and the error model allow: how many, one at random, or one by its number (mathematics M13). Blocks are a tree (block-tree.ts);
// a permutation is an order of the units of every block that exchanges, each by itself.
import { type Block, flipUnits, rowsOf, type ShuffleBlocks, treeOf } from "./block-tree.js";
import { boundedInteger } from "./bounded-integer.js";
import type { RandomStream } from "./random-stream.js";
import type { ErrorModel } from "./shuffle-plan.js";

export type { ShuffleBlocks } from "./block-tree.js";

export interface ShuffleSpace {
  readonly nSubjects: number;
  readonly tree: Block;
  /** Places: rows in the order of the tree. */
  readonly rows: Int32Array;
  /** The tree by places. */
  readonly place: Place;
  /** Rows of each unit that has one sign. */
  readonly flips: readonly Int32Array[];
  /** Distinct permutations (1 for "ise") and sign vectors (1 for "ee"); their product is the number of shuffles. Infinity where it overflows. */
  readonly nPermutations: number;
  readonly nSigns: number;
}

/** A block, by places. */
export interface Place {
  readonly exchanges: boolean;
  /** [units + 1] where each unit begins, and where the last ends. */
  readonly starts: Int32Array;
  /** The units that are blocks: undefined where they are rows. */
  readonly inner: readonly (Place | undefined)[];
  /** Orders of its units and of those in them. */
  readonly count: number;
  /** i32 [units], filled anew by every arrangement. */
  readonly order: Int32Array;
}

export function createShuffleSpace(nSubjects: number, errors: ErrorModel, blocks: ShuffleBlocks = {}): ShuffleSpace {
  const tree = treeOf(nSubjects, blocks);
  const place = placeOf(tree, 0);
  const flips = flipUnits(tree);
  return {
    ...{ nSubjects, tree, place, flips, rows: Int32Array.from(rowsOf(tree)) },
    nPermutations: errors === "ise" ? 1 : place.count,
    nSigns: errors === "ee" ? 1 : 2 ** flips.length,
  };
}

function placeOf({ exchanges, units }: Block, first: number): Place {
  const starts = new Int32Array(units.length + 1);
  starts[0] = first;
  let count = exchanges ? factorial(units.length) : 1;
  const inner = units.map((unit, j) => {
    const found = typeof unit === "number" ? undefined : placeOf(unit, starts[j]!);
    starts[j + 1] = found === undefined ? starts[j]! + 1 : found.starts.at(-1)!;
    count *= found?.count ?? 1;
    return found;
  });
  return { exchanges, starts, inner, count, order: new Int32Array(units.length) };
}

function factorial(n: number): number {
  let product = 1;
  for (let k = 2; k <= n && product < Infinity; k++) product *= k;
  return product;
}

/**
 * Whose place each takes, `sources` i32 [nSubjects] by places, from an order of the units of every block: `orderInto` fills order[j], the unit whose place
 * unit j takes, for the blocks that exchange, from the top down in the order of the tree.
 */
export function arrangeInto(
  { place, nSubjects }: Pick<ShuffleSpace, "place" | "nSubjects">,
  sources: Int32Array,
  orderInto: (place: Place, order: Int32Array) => void,
): void {
  for (let p = 0; p < nSubjects; p++) sources[p] = p;
  arrangePlace(place, sources, orderInto);
}

function arrangePlace(place: Place, sources: Int32Array, orderInto: (place: Place, order: Int32Array) => void): void {
  const { exchanges, starts, inner, order } = place;
  if (exchanges) orderInto(place, order);
  for (const unit of inner) if (unit !== undefined) arrangePlace(unit, sources, orderInto);
  if (!exchanges) return;
  // what is arranged inside goes along
  for (let j = 0; j < order.length; j++) {
    const shift = starts[order[j]!]! - starts[j]!;
    for (let p = starts[j]!; p < starts[j + 1]!; p++) sources[p]! += shift;
  }
}

/** Fisher-Yates in each block (Durstenfeld 1964), every permutation equally likely. `out` i32 [nSubjects]: source place of each place. */
export function drawPermutationInto(space: ShuffleSpace, stream: RandomStream, out: Int32Array): void {
  arrangeInto(space, out, (_, order) => {
    for (let j = 0; j < order.length; j++) order[j] = j;
    for (let i = order.length - 1; i > 0; i--) {
      const there = boundedInteger(stream, i + 1);
      const kept = order[i]!;
      order[i] = order[there]!;
      order[there] = kept;
    }
  });
}

/**
 * Limits of the numbers that drawPermutationInto draws first, as many as have `bits`; all where there are fewer. Numbers and permutations belong to each other
 * one to one: each number says which of the units that are left comes last; units of a block have one shape, so that orders can be told from sources.
 */
export function firstLimits({ place }: Pick<ShuffleSpace, "place">, bits: number): readonly number[] {
  const limits: number[] = [];
  let found = 0;
  const collect = ({ exchanges, order, inner }: Place) => {
    for (let limit = exchanges ? order.length : 0; limit > 1 && found < bits; limit--) {
      limits.push(limit);
      found += Math.log2(limit);
    }
    for (const unit of inner) if (unit !== undefined && found < bits) collect(unit);
  };
  collect(place);
  return limits;
}

/** 32 signs, a bit each, the first the lowest, 1 for -1: of the next `nUnits` units of drawSignsInto, the others 0. */
export function drawSignWord(stream: RandomStream, nUnits: number): number {
  const word = stream.next();
  return nUnits >= 32 ? word : word & (2 ** nUnits - 1);
}

/** `out` i8 [nUnits], +1 or -1 with equal chances. */
export function drawSignsInto(nUnits: number, stream: RandomStream, out: Int8Array): void {
  let word = 0;
  for (let u = 0; u < nUnits; u++) {
    if (u % 32 === 0) word = drawSignWord(stream, nUnits - u);
    out[u] = 1 - 2 * ((word >>> (u % 32)) & 1);
  }
}

/**
 * Permutation number 0..nPermutations - 1; 0 is the identity. Lexicographic in each block (Lehmer code). Of blocks beside each other the first is fastest, and
 * what is in a block is faster than it.
 */
export function permutationAtInto(space: ShuffleSpace, number: number, out: Int32Array): void {
  const codes = new Map<Place, number>();
  const split = (place: Place, rest: number): number => {
    let left = rest;
    for (const inner of place.inner) if (inner !== undefined) left = split(inner, left);
    if (!place.exchanges) return left;
    const base = factorial(place.inner.length);
    codes.set(place, left % base);
    return Math.floor(left / base);
  };
  split(space.place, number);
  arrangeInto(space, out, (place, order) => {
    let code = codes.get(place)!;
    const m = order.length;
    const left = Array.from({ length: m }, (_, j) => j);
    for (let j = 0; j < m; j++) {
      const weight = factorial(m - 1 - j);
      order[j] = left.splice(Math.floor(code / weight), 1)[0]!;
      code %= weight;
    }
  });
}

/** Sign vector number 0..nSigns - 1; 0 flips nothing. A binary number whose last digit is the last row, but the first block (as the peer counts). */
export function signsAtInto({ flips }: ShuffleSpace, number: number, out: Int8Array): void {
  const isRows = flips.every(({ length }) => length === 1);
  for (let u = 0; u < flips.length; u++) {
    const digit = isRows ? flips.length - 1 - u : u;
    out[u] = Math.floor(number / 2 ** digit) % 2 === 1 ? -1 : 1;
  }
}

/** Labels of rows from sources of places. `out` i32 [nSubjects]. */
export function expandLabelsInto({ rows }: ShuffleSpace, sources: Int32Array, out: Int32Array): void {
  for (let p = 0; p < rows.length; p++) out[rows[p]!] = rows[sources[p]!]!;
}

/** Signs of rows from signs of units. `out` i8 [nSubjects]. */
export function expandSignsInto({ flips }: ShuffleSpace, signs: Int8Array, out: Int8Array): void {
  for (const [unit, rows] of flips.entries()) for (const row of rows) out[row] = signs[unit]!;
}
