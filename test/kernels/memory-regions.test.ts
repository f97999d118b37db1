// Laws of the table of regions, whatever stands in it: what is needed at once lies apart, lifetimes share bytes, and what is printed adds up.

import { expect, test } from "vitest";
import {
  describeRegions,
  type Extent,
  layOut,
  moveOffsets,
  type PlacedRegion,
  type Region,
  type RegionTable,
  regionsOf,
} from "../../src/kernels/memory-regions.js";
import { fc } from "../support/seeded-check.js";

const BYTES = { f64: 8, f32: 4, i32: 4, u32: 4, u16: 2, u8: 1, i8: 1 } as const;
const TYPES = Object.keys(BYTES) as (keyof typeof BYTES)[];
const NUMBERS = { seed: 20_261_122, numRuns: 300 };

const anyExtent: fc.Arbitrary<Extent> = fc.oneof(
  fc.nat(40),
  fc.tuple(fc.nat(300), fc.constantFrom("elements", "rows", "shuffles")),
);

const anyRegion: fc.Arbitrary<Region> = fc
  .record({
    type: fc.constantFrom(...TYPES),
    shape: fc.array(anyExtent, { maxLength: 3 }),
    lifetime: fc.constantFrom("run", "observe", "shuffles", "blocks"),
  })
  .map(({ type, shape, lifetime }) => regionsOf(lifetime)[type](...shape));

/** Names as the tables of the engine have: one noun or several, again in other places. */
const anyName = fc.constantFrom("bins", "packed", "rawSums", "observedImages", "u8");

const { table: anyTable } = fc.letrec<{ table: RegionTable; part: RegionTable }>((tie) => ({
  table: fc.dictionary(anyName, tie("part"), { maxKeys: 5 }),
  part: fc.oneof(
    { depthSize: "small" },
    anyRegion,
    fc.constant(undefined),
    fc.array(tie("part"), { maxLength: 3 }),
    tie("table"),
  ),
}));

const count = (extent: Extent) => (typeof extent === "number" ? extent : extent[0]);
const bytesOf = ({ type, shape }: Region) => shape.reduce<number>((all, extent) => all * count(extent), BYTES[type]);

/** What stands at a path such as `hypotheses.0.bins`. */
const at = (tree: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], tree);

const named = (table: RegionTable) => {
  const { offsets, bytes, regions } = layOut(table);
  return { offsets: offsets as unknown, bytes, regions: regions.filter(({ name }) => name !== "") };
};

const apart = (a: PlacedRegion, b: PlacedRegion) => a.first + a.bytes <= b.first || b.first + b.bytes <= a.first;

test("every region has the bytes of its shape, an aligned place inside, and stands where its offset says", () => {
  const property = fc.property(anyTable, (table) => {
    const { offsets, bytes, regions } = named(table);
    for (const region of regions) {
      expect(region.bytes).toBe(bytesOf(region));
      expect(region.first % 64).toBe(0);
      expect(region.first).toBeGreaterThanOrEqual(0);
      expect(region.first + region.bytes).toBeLessThanOrEqual(bytes);
      expect(at(table, region.name)).toMatchObject({ type: region.type, shape: region.shape });
      expect(at(offsets, region.name)).toBe(region.first);
    }
  });
  fc.assert(property, NUMBERS);
});

test("regions that live at the same time are apart, and those of other lifetimes begin at the same byte", () => {
  let nOverlays = 0;
  const property = fc.property(anyTable, (table) => {
    const { bytes, regions } = named(table);
    for (const [i, a] of regions.entries()) {
      for (const b of regions.slice(i + 1)) {
        const together = a.lifetime === b.lifetime || a.lifetime === "run" || b.lifetime === "run";
        if (together) expect(apart(a, b), `${a.name} and ${b.name}`).toBe(true);
        else if (!apart(a, b)) nOverlays++;
      }
    }
    const firstOf = (lifetime: string) => regions.filter((region) => region.lifetime === lifetime)[0]?.first;
    const begins = ["observe", "shuffles", "blocks"].map(firstOf).filter((first) => first !== undefined);
    expect(new Set(begins).size).toBeLessThanOrEqual(1);
    // no byte more than the longest-lived lifetime needs, each region padded to a line of the cache
    const padded = (lifetime: string) =>
      regions.reduce((sum, r) => sum + (r.lifetime === lifetime ? Math.ceil(r.bytes / 64) * 64 : 0), 0);
    expect(bytes).toBe(padded("run") + Math.max(padded("observe"), padded("shuffles"), padded("blocks")));
  });
  fc.assert(property, NUMBERS);
  expect(nOverlays).toBeGreaterThan(100);
});

test("moved offsets are the same by a constant, and what is not there stays so", () => {
  const property = fc.property(anyTable, fc.nat(2 ** 40), (table, base) => {
    const { offsets, regions } = named(table);
    const moved = moveOffsets(offsets, base);
    for (const { name, first } of regions) expect(at(moved, name)).toBe(first + base);
    expect(JSON.stringify(moveOffsets(moved, -base))).toBe(JSON.stringify(offsets));
  });
  fc.assert(property, NUMBERS);
});

/** The value of `3 elements x 4 B x 2`. */
const valueOfText = (text: string) =>
  text.split(" x ").reduce((product, factor) => product * Number.parseInt(factor, 10), 1);

test("what is printed names every kind once, the largest first, and its arithmetic gives its bytes", () => {
  const property = fc.property(anyTable, fc.nat(2000), (table, least) => {
    const { regions } = named(table);
    const lines = describeRegions(regions, least);
    const sums = new Map<string, number>();
    for (const { name, bytes } of regions) {
      const words = name.split(".").at(-1)!;
      sums.set(words, (sums.get(words) ?? 0) + bytes);
    }
    const wanted = [...sums].filter(([, bytes]) => bytes > 0 && bytes >= least);
    expect(new Map(lines.map(({ name, bytes }) => [name, bytes]))).toEqual(new Map(wanted));
    expect(lines.map(({ bytes }) => bytes)).toEqual(lines.map(({ bytes }) => bytes).sort((a, b) => b - a));
    for (const { text, bytes } of lines) {
      if (text.endsWith("of at most that")) expect(valueOfText(text), text).toBeGreaterThan(bytes);
      else expect(valueOfText(text), text).toBe(bytes);
    }
  });
  fc.assert(property, NUMBERS);
});

test("the largest stands for all where regions of one kind differ", () => {
  const { f64 } = regionsOf("run");
  const { regions } = layOut({ tests: [{ bins: f64([3, "rows"], 2) }, { bins: f64([5, "rows"], 2) }] });
  expect(describeRegions(regions, 0)).toEqual([
    { name: "bins", text: "5 rows x 2 x 8 B x 2 of at most that", bytes: 128 },
  ]);
});
