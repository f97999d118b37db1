// The ways in which shuffles can arrange the rows of a design: shuffles that move equal rows only give every element the same statistic. Far fewer than
// shuffles where groups are compared: 20 of 3 against 3, which have 720 permutations.
//   a block that exchanges   m! / product of r!, r units of a kind: units that can be arranged to be the same
import type { Matrix } from "../design/matrix.js";
import type { Block, Unit } from "./block-tree.js";
import { arrangeInto, expandLabelsInto, expandSignsInto, type Place, type ShuffleSpace } from "./shuffle-space.js";

export interface Arrangements {
  /** Infinity where it overflows. */
  readonly count: number;
  /** One shuffle of each, 0..count - 1. labels i32 [nSubjects], signs i8 [nSubjects]. */
  shuffleInto(index: number, labels: Int32Array, signs: Int8Array): void;
}

/** `groupOf` i32 [nSubjects]: variance groups, which tell equal rows apart. */
export function planArrangements(space: ShuffleSpace, design: Matrix, groupOf?: Int32Array): Arrangements {
  const { flips, place, tree, nSubjects } = space;
  const hasSigns = space.nSigns > 1;
  const keys = createKeys({ design, groupOf, hasSigns });
  const multisets = new Map<Place, Multiset>();
  if (space.nPermutations > 1) collectMultisets(tree, place, keys, multisets, true);
  const flipped = hasSigns ? flips.flatMap((rows, unit) => (keys.isZero(rows) ? [] : [unit])) : [];
  const nSigns = 2 ** flipped.length;
  const sources = new Int32Array(nSubjects);
  const unitSigns = new Int8Array(flips.length);
  let count = nSigns;
  for (const multiset of multisets.values()) count *= multiset.count;
  return {
    count,
    shuffleInto(index, labels, signs) {
      let rest = Math.floor(index / nSigns);
      arrangeInto(space, sources, (of, order) => {
        for (let j = 0; j < order.length; j++) order[j] = j;
        const multiset = multisets.get(of);
        if (multiset === undefined) return;
        orderOf(multiset, rest % multiset.count, order);
        rest = Math.floor(rest / multiset.count);
      });
      unitSigns.fill(1);
      for (const [i, unit] of flipped.entries())
        if (Math.floor((index % nSigns) / 2 ** i) % 2 === 1) unitSigns[unit] = -1;
      expandLabelsInto(space, sources, labels);
      expandSignsInto(space, unitSigns, signs);
    },
  };
}

interface Facts {
  readonly design: Matrix;
  readonly groupOf: Int32Array | undefined;
  readonly hasSigns: boolean;
}

interface Keys {
  /** Equal of units that can be arranged to be the same, with `sign`. */
  of(unit: Unit, sign: 1 | -1): number;
  /** Equal for a unit and its negative, where signs may be flipped. */
  upToSign(unit: Unit): number;
  /** Its sign changes nothing. */
  isZero(rows: Int32Array): boolean;
}

function createKeys({ design: { nColumns, values }, groupOf, hasSigns }: Facts): Keys {
  const known = new Map<string, number>();
  const numberOf = (text: string): number => {
    if (!known.has(text)) known.set(text, known.size);
    return known.get(text)!;
  };
  const rowText = (row: number, sign: 1 | -1): string => {
    const own = Array.from({ length: nColumns }, (_, j) => sign * values[row * nColumns + j]! + 0); // + 0: of -0
    return `${own};${groupOf === undefined ? "" : groupOf[row]!}`;
  };
  const keyOf = (unit: Unit, sign: 1 | -1): number => {
    if (typeof unit === "number") return numberOf(rowText(unit, sign));
    const inner = unit.units.map((one) => keyOf(one, sign));
    if (unit.exchanges) inner.sort((a, b) => a - b);
    return numberOf(`${unit.exchanges ? "+" : "-"}${inner}`);
  };
  return {
    of: keyOf,
    upToSign: (unit) => (hasSigns ? Math.min(keyOf(unit, 1), keyOf(unit, -1)) : keyOf(unit, 1)),
    isZero: (rows) =>
      rows.every((row) => values.subarray(row * nColumns, row * nColumns + nColumns).every((value) => value === 0)),
  };
}

/** Of every block that exchanges; the units of the first on the way down are what signs are flipped of. */
function collectMultisets(block: Block, place: Place, keys: Keys, out: Map<Place, Multiset>, isAbove: boolean): void {
  if (block.exchanges) {
    out.set(place, multisetOf(block.units.map((unit) => (isAbove ? keys.upToSign(unit) : keys.of(unit, 1)))));
  }
  for (const [j, unit] of block.units.entries()) {
    if (typeof unit === "object") collectMultisets(unit, place.inner[j]!, keys, out, isAbove && !block.exchanges);
  }
}

/** Units that trade places, by kind. */
interface Multiset {
  readonly unitsOfKind: readonly (readonly number[])[];
  readonly count: number;
}

function multisetOf(kinds: readonly number[]): Multiset {
  const byKey = new Map<number, number[]>();
  for (const [unit, key] of kinds.entries()) {
    const list = byKey.get(key);
    if (list === undefined) byKey.set(key, [unit]);
    else list.push(unit);
  }
  const unitsOfKind = [...byKey.values()];
  let count = 1;
  let placed = 0;
  // multinomial: a product of binomials, whole after every factor
  for (const list of unitsOfKind) for (let i = 1; i <= list.length; i++) count = (count * ++placed) / i;
  return { unitsOfKind, count };
}

/** Arrangement `number` of the kinds over the places; equal ones keep their order. */
function orderOf({ unitsOfKind, count }: Multiset, number: number, order: Int32Array): void {
  const left = unitsOfKind.map((list) => list.length);
  let rest = number;
  let total = count;
  for (let place = 0; place < order.length; place++) {
    for (const [kind, list] of unitsOfKind.entries()) {
      const here = (total * left[kind]!) / (order.length - place);
      if (rest >= here) {
        rest -= here;
        continue;
      }
      // the unit of this kind takes what is at the place
      order[list[list.length - left[kind]!]!] = place;
      left[kind]!--;
      total = here;
      break;
    }
  }
}
