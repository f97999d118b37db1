// Trees of exchangeability blocks beside the examples of PALM's manual, beside a plain enumeration, and beside chance.
import { describe, expect, test } from "vitest";
import { matrixOf } from "../../../src/stats/design/matrix.js";
import { planArrangements } from "../../../src/stats/shuffle/arrangements.js";
import {
  type Block,
  flipUnits,
  serialiseTree,
  simplestForm,
  treeOf,
  type Unit,
  varianceGroupsOf,
} from "../../../src/stats/shuffle/block-tree.js";
import {
  countFlips,
  countPermutations,
  describeTree,
  formatCountOf,
} from "../../../src/stats/shuffle/describe-tree.js";
import { planShuffles } from "../../../src/stats/shuffle/generated-shuffles.js";
import { parseBlockTree } from "../../../src/stats/shuffle/parse-block-tree.js";
import type { ErrorModel, ShufflePlan } from "../../../src/stats/shuffle/shuffle-plan.js";
import { createShuffleSpace } from "../../../src/stats/shuffle/shuffle-space.js";
import { criticalChiSquare } from "../../support/calibration.js";
import { createRandom, type SeededRandom } from "../../support/seeded-random.js";

type Table = readonly (readonly number[])[];

function parse(table: Table): { tree: Block | undefined; problems: readonly string[] } {
  const nColumns = table[0]!.length;
  const values = Int32Array.from(table.flat());
  return parseBlockTree({ nRows: table.length, nColumns, values }, { nSubjects: table.length, path: "eb.csv" });
}
function treeIn(table: Table): Block {
  const { tree, problems } = parse(table);
  expect(problems).toEqual([]);
  return tree!;
}

const pairs = (rowOf: (block: number, observation: number) => number[]): Table =>
  [1, 2, 3].flatMap((block) => [1, 2].map((observation) => rowOf(block, observation)));

const shuffle = (plan: ShufflePlan, i: number): { labels: number[]; signs: number[] } => {
  const labels = new Int32Array(plan.nSubjects);
  const signs = new Int8Array(plan.nSubjects);
  plan.labelsInto(i, labels);
  plan.signsInto(i, signs);
  return { labels: [...labels], signs: [...signs] };
};
const plan = (tree: Block, n: number, errors: ErrorModel, nShuffles: number, seed = 1) =>
  planShuffles({ nSubjects: n, nShuffles, errors, seed, blocks: { tree } });
const labelsOf = (of: ShufflePlan) => Array.from({ length: of.count }, (_, i) => `${shuffle(of, i).labels}`);

/** By the words of the manual, without a tree: rows in order, and all orders of them. */
function arrangementsOf(table: Table): Set<string> {
  const nColumns = table[0]!.length;
  const permute = <T>(list: readonly T[]): T[][] =>
    list.length < 2
      ? [[...list]]
      : list.flatMap((one, i) => permute(list.toSpliced(i, 1)).map((rest) => [one, ...rest]));
  const groups = (rows: readonly number[], column: number) => {
    const names = [...new Set(rows.map((row) => table[row]![column]!))].sort(
      (a, b) => Math.abs(a) - Math.abs(b) || a - b,
    );
    return names.map((name) => rows.filter((row) => table[row]![column] === name));
  };
  const ordered = (rows: readonly number[], column: number): number[][] => {
    if (column === nColumns - 1) return [[...rows]];
    const parts = groups(rows, column + 1);
    const inner = parts.map((part) => ordered(part, column + 1));
    const orders = table[rows[0]!]![column]! > 0 ? permute(parts.map((_, i) => i)) : [parts.map((_, i) => i)];
    return orders.flatMap((order) => {
      let found: number[][] = [[]];
      for (const i of order) found = found.flatMap((done) => inner[i]!.map((own) => [...done, ...own]));
      return found;
    });
  };
  const all = table.map((_, i) => i);
  const [start] = ordered(all, 0);
  return new Set(
    ordered(all, 0).map((sources) => {
      const labels = new Array<number>(all.length);
      for (const [i, row] of start!.entries()) labels[row] = sources[i]!;
      return `${labels}`;
    }),
  );
}

describe("the manual's examples", () => {
  const EXAMPLES: [name: string, table: Table, permutations: number, flips: number, groups: number[]][] = [
    ["free", [1, 2, 3, 4, 5, 6].map((i) => [1, i]), 720, 6, [1, 1, 1, 1, 1, 1]],
    ["within", pairs((b, o) => [-1, b, o]), 8, 6, [1, 1, 2, 2, 3, 3]],
    ["within, one column", pairs((b) => [b]), 8, 6, [1, 1, 2, 2, 3, 3]],
    ["whole", pairs((b, o) => [1, -b, o]), 6, 3, [1, 2, 1, 2, 1, 2]],
    ["whole, without the observations", pairs((b) => [1, b]), 6, 3, [1, 2, 1, 2, 1, 2]],
    ["whole and within", pairs((b, o) => [1, b, o]), 48, 3, [1, 1, 1, 1, 1, 1]],
    ["all stay", pairs((b) => [-1, b]), 1, 6, [1, 2, 3, 4, 5, 6]],
  ];
  test.each(EXAMPLES)("%s", (_, table, permutations, flips, groups) => {
    const tree = treeIn(table);
    expect(countPermutations(tree).exact).toBe(BigInt(permutations));
    expect(countFlips(tree).exact).toBe(2n ** BigInt(flips));
    expect([...varianceGroupsOf(tree)]).toEqual(groups);
    const all = plan(tree, 6, "ee", 1000);
    expect([all.exhaustive, all.count]).toEqual([true, permutations]);
    expect(new Set(labelsOf(all)).size).toBe(permutations);
    expect(plan(tree, 6, "both", 50_000).count).toBe(permutations * 2 ** flips);
  });

  test("flips: the units of the first block that exchanges, and rows where none does", () => {
    const unitsOf = (table: Table) => flipUnits(treeIn(table)).map((rows) => [...rows]);
    expect(unitsOf(pairs((b, o) => [1, -b, o]))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    // under a block that stays: the pairs of the second trade places, the rows of the others stay
    const mixed: Table = [
      [-1, -1, 1],
      [-1, -1, 2],
      [-1, 2, 1],
      [-1, 2, 1],
      [-1, 2, 2],
      [-1, 2, 2],
    ];
    expect(unitsOf(mixed)).toEqual([[0], [1], [2, 3], [4, 5]]);
  });
});

/** Four levels: two groups that stay; in the first 3 families trade places, in each of which two pairs do whose members do; in the second 2 families of 3. */
const NESTED: Table = [
  ...[1, 2, 3].flatMap((family) => [1, 2].flatMap((pair) => [1, 2].map((one) => [-1, 1, family, pair, one]))),
  ...[4, 5].flatMap((family) => [1, 2, 3].map((one) => [-1, 2, -family, one, one])),
];

describe("blocks in blocks", () => {
  const tree = treeIn(NESTED);
  const n = NESTED.length;

  test("counting: 3! x (2! x 2! x 2!)^3 x 2!", () => {
    expect(countPermutations(tree).exact).toBe(6n * 8n ** 3n * 2n);
    expect(10 ** countPermutations(tree).log10).toBeCloseTo(6144, 8);
    expect([...varianceGroupsOf(tree)]).toEqual([...Array(12).fill(1), 2, 3, 4, 2, 3, 4]);
  });

  test("every arrangement of a plain enumeration, each once; the identity first; signs of families", () => {
    const all = plan(tree, n, "ee", 10_000);
    const found = labelsOf(all);
    expect(found[0]).toBe(`${NESTED.map((_, i) => i)}`);
    expect(new Set(found)).toEqual(arrangementsOf(NESTED));
    expect(found).toHaveLength(6144);
    const flips = plan(tree, n, "ise", 1000);
    expect(flips.count).toBe(2 ** 5);
    const signs = new Set(Array.from({ length: flips.count }, (_, i) => `${shuffle(flips, i).signs}`));
    expect(signs.size).toBe(32);
    for (const one of signs) {
      const values = one.split(",");
      for (const [first, end] of [
        [0, 4],
        [4, 8],
        [8, 12],
        [12, 15],
        [15, 18],
      ] as const)
        expect(new Set(values.slice(first, end)).size).toBe(1);
    }
  });

  test("a shuffle depends on the seed and its index alone", () => {
    const [few, many, other] = [plan(tree, n, "both", 50), plan(tree, n, "both", 400), plan(tree, n, "both", 50, 2)];
    for (let i = 0; i < 50; i++) expect(shuffle(few, i)).toEqual(shuffle(many, i));
    expect(shuffle(many, 300)).toEqual(shuffle(plan(tree, n, "both", 400), 300));
    expect(shuffle(other, 1)).not.toEqual(shuffle(few, 1));
    const keys = Array.from({ length: 400 }, (_, i) => JSON.stringify(shuffle(many, i)));
    expect(new Set(keys).size).toBe(400);
  });

  test("random trees: the enumeration is the plain one", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = createRandom(seed);
      const table = randomTable(random);
      const own = treeIn(table);
      const wanted = arrangementsOf(table);
      const all = plan(own, table.length, "ee", 100_000);
      expect(new Set(labelsOf(all)), JSON.stringify(table)).toEqual(wanted);
      expect(countPermutations(own).exact).toBe(BigInt(wanted.size));
      expect(all.count).toBe(wanted.size);
    }
  });
});

/** At most two levels of two or three blocks above the rows, which are mixed. */
function randomTable(random: SeededRandom): Table {
  const sign = () => (random.integer(2) === 0 ? -1 : 1);
  const [nBlocks, nInner, size] = [2 + random.integer(2), 1 + random.integer(2), 1 + random.integer(2)];
  const [top, middle, low] = [sign(), sign(), sign()];
  const rows = Array.from({ length: nBlocks }, (_, b) =>
    Array.from({ length: nInner }, (_, i) =>
      Array.from({ length: size }, (_, o) => [top, middle * (b + 1), low * (i + 1), o + 1]),
    ),
  ).flat(2);
  return random.permutation(rows.length).map((i) => rows[i]!);
}

describe("draws are uniform (chi-square, fixed seeds)", () => {
  const CASES: Record<string, Table> = {
    "pairs that trade places, and their members": [1, 2, 3].flatMap((b) => [1, 2].map((o) => [1, b, o])),
    "three levels": [1, 2].flatMap((a) => [1, 2].flatMap((b) => [1, 2].map((o) => [1, a, -b, o]))),
    "a part that stays": [
      ...[1, 2, 3].map((o) => [-1, 1, o, o]),
      ...[1, 2].flatMap((b) => [1, 2].map((o) => [-1, 2, b, o])),
    ],
  };
  test.each(Object.keys(CASES))("%s", (name) => {
    const table = CASES[name]!;
    const tree = treeIn(table);
    const nAll = Number(countPermutations(tree).exact);
    const counts = new Map<string, number>();
    // the draw itself: a plan leaves out repeats
    const nSeeds = 400;
    const each = Math.min(20, nAll - 1);
    for (let seed = 1; seed <= nSeeds; seed++) {
      const drawn = plan(tree, table.length, "ee", 2, seed);
      expect(drawn.exhaustive).toBe(false);
      const key = `${shuffle(drawn, 1).labels}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(each).toBeGreaterThan(0);
    // all but the unshuffled one, which is number 0
    const expected = nSeeds / (nAll - 1);
    let chiSquare = (nAll - 1 - counts.size) * expected;
    for (const count of counts.values()) chiSquare += (count - expected) ** 2 / expected;
    expect(counts.size).toBeLessThanOrEqual(nAll - 1);
    expect(chiSquare).toBeLessThan(criticalChiSquare(nAll - 2));
    expect(chiSquare).toBeGreaterThan((nAll - 2) / 4);
  });
});

describe("forms that the other options have", () => {
  const n = 12;
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3);
  const within = treeIn(Array.from(labels, (b, i) => [-1, b + 1, i + 1]));
  const whole = treeIn(Array.from(labels, (b) => [1, -(b + 1)]));
  const free = treeIn(Array.from(labels, (_, i) => [1, i + 1]));

  test("are recognised, whatever the numbers are", () => {
    expect(simplestForm(within)).toEqual({ kind: "within", within: labels });
    expect(simplestForm(whole)).toEqual({ kind: "whole", whole: labels });
    expect(simplestForm(free)).toEqual({ kind: "free" });
    expect(simplestForm(treeIn(Array.from(labels, (b, i) => [-7, 10 * b + 5, 100 - i]))).kind).toBe("tree");
    expect(simplestForm(treeIn(NESTED)).kind).toBe("tree");
  });

  test.each(["ee", "ise", "both"] as const)("give the same shuffles, %s", (errors) => {
    const forms = [
      [within, { within: labels }],
      [whole, { whole: labels }],
      [free, {}],
    ] as const;
    for (const [tree, blocks] of forms) {
      const one = planShuffles({ nSubjects: n, nShuffles: 30, errors, seed: 5, blocks: { tree } });
      const two = planShuffles({ nSubjects: n, nShuffles: 30, errors, seed: 5, blocks });
      expect(one.count).toBe(two.count);
      for (let i = 0; i < one.count; i++) expect(shuffle(one, i)).toEqual(shuffle(two, i));
      expect(serialiseTree(treeOf(n, blocks))).toEqual(serialiseTree(tree));
    }
  });
});

describe("arrangements of a design", () => {
  const arrangementsBy = (table: Table, rows: readonly number[], errors: ErrorModel = "ee") => {
    const space = createShuffleSpace(rows.length, errors, { tree: treeIn(table) });
    return {
      space,
      found: planArrangements(
        space,
        matrixOf(rows.length, 1, (i) => rows[i]!),
      ),
    };
  };

  test("repeated rows: 3 of the 48 orders of three pairs differ", () => {
    expect(
      arrangementsBy(
        pairs((b, o) => [1, b, o]),
        [0, 0, 1, 1, 0, 0],
      ).found.count,
    ).toBe(3);
  });

  test("pairs that can be arranged to be the same are of one kind: PALM counts 8 and lists some twice", () => {
    expect(arrangementsBy(pairs((b, o) => [1, b, o]).slice(0, 4), [0, 1, 1, 0]).found.count).toBe(4);
  });

  test("random trees and designs: each arrangement of the rows once", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = createRandom(seed);
      const table = randomTable(random);
      const rows = table.map(() => random.integer(2));
      const { found } = arrangementsBy(table, rows);
      const n = rows.length;
      const designs = (labels: readonly number[]) => `${labels.map((_, i) => rows[labels.indexOf(i)]!)}`;
      const wanted = new Set([...arrangementsOf(table)].map((key) => designs(key.split(",").map(Number))));
      const seen = new Set<string>();
      for (let i = 0; i < found.count; i++) {
        const [labels, signs] = [new Int32Array(n), new Int8Array(n)];
        found.shuffleInto(i, labels, signs);
        expect(arrangementsOf(table).has(`${[...labels]}`)).toBe(true);
        seen.add(designs([...labels]));
      }
      expect(seen, JSON.stringify({ table, rows })).toEqual(wanted);
      expect(found.count).toBe(wanted.size);
    }
  });
});

describe("what is said of a tree", () => {
  test("blocks that are alike are one line", () => {
    expect(describeTree(treeIn(NESTED), "eb.csv")).toEqual({
      path: "eb.csv",
      lines: [
        "block -1 (18 subjects): 2 blocks stay in place",
        "  block -1/1 (12 subjects): 3 blocks trade places, 3! = 6",
        "    blocks -1/1/1 to -1/1/3 (3 of 4 subjects): 2 blocks trade places, 2! = 2",
        "      blocks -1/1/1/1 to -1/1/1/2 (2 of 2 subjects): 2 subjects trade places, 2! = 2",
        "  block -1/2 (6 subjects): 2 blocks trade places, 2! = 2",
        "    blocks -1/2/-4 to -1/2/-5 (2 of 3 subjects): 3 subjects stay in place",
      ],
      permutations: "6144",
      signFlips: "32",
      flipped: "each of 5 blocks as a whole",
    });
  });

  test("large numbers: exact, or by logarithms", () => {
    const free = (n: number): Unit => treeOf(n);
    expect(formatCountOf(countPermutations(free(20) as Block))).toBe("2432902008176640000");
    expect(formatCountOf(countPermutations(free(1000) as Block))).toBe("4.0e2567");
    const large = countPermutations(free(20_000) as Block);
    expect(large.exact).toBeUndefined();
    expect(formatCountOf(large)).toMatch(/^1\.8e77337$/);
  });

  test("a thousand families of different sizes are not a thousand lines", () => {
    const table = Array.from({ length: 60 }, (_, f) =>
      Array.from({ length: 1 + (f % 59) }, (_, o) => [-1, f + 1, o + 1]),
    ).flat();
    const { lines } = describeTree(treeIn(table), "eb.csv");
    expect(lines).toHaveLength(41);
    expect(lines.at(-1)).toBe(".. and 19 lines more");
  });
});
