// The ways in which shuffles can arrange the rows of a design: shuffles that move equal rows only give every element the same statistic. Far fewer than
// shuffles where groups are compared: 20 of 3 against 3, which have 720 permutations.
import type { Matrix } from "../design/matrix.js";
import type { ShuffleSpace } from "./shuffle-space.js";
import { expandLabelsInto, expandSignsInto } from "./shuffle-space.js";

export interface Arrangements {
  /** Infinity where it overflows. */
  readonly count: number;
  /** One shuffle of each, 0..count - 1. labels i32 [nSubjects], signs i8 [nSubjects]. */
  shuffleInto(index: number, labels: Int32Array, signs: Int8Array): void;
}

interface UnitKind {
  readonly key: string;
  /** Its sign changes nothing. */
  readonly isZero: boolean;
}

/** `groupOf` i32 [nSubjects]: variance groups, which tell equal rows apart. */
export function planArrangements(space: ShuffleSpace, design: Matrix, groupOf?: Int32Array): Arrangements {
  const { nUnits } = space;
  const hasSigns = space.nSigns > 1;
  const moves = space.nPermutations > 1;
  const kinds = Array.from({ length: nUnits }, (_, unit) => kindOf(rowsOf(space, unit), { design, groupOf, hasSigns }));
  const groups = moves ? space.groups.map((units) => multisetOf(units, kinds)) : [];
  const flipped = hasSigns ? kinds.flatMap(({ isZero }, unit) => (isZero ? [] : [unit])) : [];
  const nSigns = 2 ** flipped.length;
  const sources = new Int32Array(nUnits);
  const unitSigns = new Int8Array(nUnits);
  return {
    count: groups.reduce((product, { count }) => product * count, nSigns),
    shuffleInto(index, labels, signs) {
      let rest = Math.floor(index / nSigns);
      for (let u = 0; u < nUnits; u++) sources[u] = u;
      for (const group of groups) {
        arrangeInto(group, rest % group.count, sources);
        rest = Math.floor(rest / group.count);
      }
      unitSigns.fill(1);
      for (const [i, unit] of flipped.entries())
        if (Math.floor((index % nSigns) / 2 ** i) % 2 === 1) unitSigns[unit] = -1;
      expandLabelsInto(space, sources, labels);
      expandSignsInto(space, unitSigns, signs);
    },
  };
}

const rowsOf = ({ rowsOfUnit }: ShuffleSpace, unit: number): Int32Array => rowsOfUnit?.[unit] ?? Int32Array.of(unit);

interface Facts {
  readonly design: Matrix;
  readonly groupOf: Int32Array | undefined;
  readonly hasSigns: boolean;
}

/** Where signs may be flipped, a unit and its negative are of one kind. */
function kindOf(rows: Int32Array, { design: { nColumns, values }, groupOf, hasSigns }: Facts): UnitKind {
  const own: number[] = [];
  for (const row of rows) for (let j = 0; j < nColumns; j++) own.push(values[row * nColumns + j]!);
  const groups = groupOf === undefined ? "" : `${Array.from(rows, (row) => groupOf[row]!)}`;
  // + 0: of -0
  const keyOf = (sign: number) => `${own.map((value) => sign * value + 0)};${groups}`;
  const [plus, minus] = [keyOf(1), keyOf(-1)];
  return { key: hasSigns && minus < plus ? minus : plus, isZero: own.every((value) => value === 0) };
}

/** Units that trade places, by kind. */
interface Multiset {
  readonly units: Int32Array;
  readonly unitsOfKind: readonly (readonly number[])[];
  readonly count: number;
}

function multisetOf(units: Int32Array, kinds: readonly UnitKind[]): Multiset {
  const byKey = new Map<string, number[]>();
  for (const unit of units) {
    const { key } = kinds[unit]!;
    const list = byKey.get(key);
    if (list === undefined) byKey.set(key, [unit]);
    else list.push(unit);
  }
  const unitsOfKind = [...byKey.values()];
  let count = 1;
  let placed = 0;
  // multinomial: a product of binomials, whole after every factor
  for (const list of unitsOfKind) for (let i = 1; i <= list.length; i++) count = (count * ++placed) / i;
  return { units, unitsOfKind, count };
}

/** Arrangement `number` of the kinds over the places; equal ones keep their order. */
function arrangeInto({ units, unitsOfKind, count }: Multiset, number: number, sources: Int32Array): void {
  const left = unitsOfKind.map((list) => list.length);
  let rest = number;
  let total = count;
  for (let place = 0; place < units.length; place++) {
    for (const [kind, list] of unitsOfKind.entries()) {
      const here = (total * left[kind]!) / (units.length - place);
      if (rest >= here) {
        rest -= here;
        continue;
      }
      // the unit of this kind takes what is at the place
      sources[list[list.length - left[kind]!]!] = units[place]!;
      left[kind]!--;
      total = here;
      break;
    }
  }
}
