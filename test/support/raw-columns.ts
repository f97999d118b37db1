// Columns as people have them: far from zero, in small and in large units, and powers of each other. Numbers are as typed, with at most 15 digits.
import type { SeededRandom } from "./seeded-random.js";

/** Draws [n]. */
export type RawColumn = (n: number, random: SeededRandom) => number[];

const draw = (n: number, one: () => number) => Array.from({ length: n }, one);
const typed = (value: number, digits = 15) => Number(value.toPrecision(digits));

const years: RawColumn = (n, random) => draw(n, () => 2008 + random.integer(16));
const volumes: RawColumn = (n, random) => draw(n, () => typed(1.5e6 + 1.3e5 * random.normal(), 9));

/** One column each. */
export const RAW_COLUMNS: Readonly<Record<string, RawColumn>> = {
  "scan time in ms since 1970": (n, random) => draw(n, () => 1.5e12 + Math.floor(8e9 * random.uniform())),
  "scan time in s": (n, random) => draw(n, () => typed(1.5e9 + 8e6 * random.uniform(), 13)),
  yyyymmdd: (n, random) => draw(n, () => 20_180_000 + 100 * (1 + random.integer(12)) + 1 + random.integer(28)),
  yyyymmddHHMM: (n, random) =>
    draw(n, () => 201_800_000_000 + 1_000_000 * (1 + random.integer(12)) + 10_000 * (1 + random.integer(28)) + 930),
  year: years,
  "intracranial volume in mm^3": volumes,
  "age in years": (n, random) => draw(n, () => typed(40 + 12 * random.normal(), 4)),
  "age in seconds": (n, random) => draw(n, () => typed((40 + 12 * random.normal()) * 3.15576e7)),
  "a volume in m^3": (n, random) => draw(n, () => typed(1e-9 * (3 + random.normal()))),
  score: (n, random) => draw(n, () => typed(random.normal(), 5)),
  "0 and 1": (n, random) => draw(n, () => random.integer(2)),
};

/** Several columns together. */
export const RAW_SETS: Readonly<Record<string, (n: number, random: SeededRandom) => number[][]>> = {
  "year to the fourth": (n, random) => {
    const year = years(n, random);
    return [1, 2, 3, 4].map((power) => year.map((value) => value ** power));
  },
  "year and its square": (n, random) => {
    const year = years(n, random);
    return [year, year.map((value) => value ** 2)];
  },
  "volume and its square": (n, random) => {
    const volume = volumes(n, random);
    return [volume, volume.map((value) => typed(value ** 2))];
  },
  "times of two groups": (n, random) => {
    const group = draw(n, () => random.integer(2));
    const time = RAW_COLUMNS["scan time in ms since 1970"]!(n, random);
    return [group, time, time.map((value, i) => value * group[i]!)];
  },
};
