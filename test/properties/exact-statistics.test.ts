// Statistics of every model under raw columns (years, dates, timestamps, volumes in mm^3, their powers), beside exact arithmetic: no digit of a t may depend on
// units or on how far from zero a column lies.
import { describe, expect, test } from "vitest";
import type { Hypothesis } from "../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../src/stats/design/matrix.js";
import { inestimableHypotheses, partitionDesign } from "../../src/stats/design/partition.js";
import {
  type ElementDesign,
  factoriseShared,
  fixedElementDesign,
  resolveElementDesign,
} from "../../src/stats/glm/element-design.js";
import {
  elementEffects,
  fitElement,
  nullResidual,
  observeTest,
  shuffledStatistic,
} from "../../src/stats/glm/element-test.js";
import type { GlmModel } from "../../src/stats/glm/model.js";
import { observeColumns } from "../../src/stats/glm/observed.js";
import { maskShuffleInto } from "../../src/stats/shuffle/mask-shuffle.js";
import { exactRank, exactTest } from "../support/oracle-exact.js";
import { maskShuffle } from "../support/oracle-glm.js";
import { RAW_COLUMNS, RAW_SETS } from "../support/raw-columns.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";

/** Of 1 + |statistic|. What is asked for is 1e-8. */
const CLOSE = 1e-9;

interface Case {
  readonly shared: number[][];
  readonly own: number[][];
  readonly y: number[];
  readonly keep: boolean[];
  readonly groups: number[] | undefined;
  readonly contrasts: { readonly rows: number[][]; readonly kind: "t" | "F" }[];
}

interface Kind {
  readonly isMissing: boolean;
  readonly nOwn: number;
  readonly nGroups: number;
}

const typed = (value: number) => Number(value.toPrecision(7));

/** Undefined: too few observations for its columns. */
function drawCase(random: SeededRandom, { isMissing, nOwn, nGroups }: Kind): Case | undefined {
  const n = 16 + random.integer(45);
  const columns: number[][] = [];
  if (random.uniform() < 0.7) columns.push(new Array(n).fill(1));
  else {
    const site = Array.from({ length: n }, (_, i) => (i < 3 ? i : random.integer(3)));
    for (let g = 0; g < 3; g++) columns.push(site.map((value) => Number(value === g)));
  }
  const sets = Object.values(RAW_SETS);
  if (random.uniform() < 0.6) columns.push(...sets[random.integer(sets.length)]!(n, random));
  const names = Object.keys(RAW_COLUMNS);
  for (let left = random.integer(3); left > 0 || columns.length < 2; left--) {
    columns.push(RAW_COLUMNS[names[random.integer(names.length)]!]!(n, random));
  }
  const own = Array.from({ length: nOwn }, () => RAW_COLUMNS[names[random.integer(names.length)]!]!(n, random));
  const share = isMissing ? 0.3 * random.uniform() : 0;
  const keep = Array.from({ length: n }, () => random.uniform() >= share);
  const groups =
    nGroups === 0 ? undefined : Array.from({ length: n }, (_, i) => (i < nGroups ? i : random.integer(nGroups)));
  const k = columns.length + nOwn;
  const nKept = keep.filter(Boolean).length;
  if (k > 8 || nKept < Math.min(n, 2 * k) || nKept - k < 4) return undefined;
  const sizes = Array.from({ length: nGroups }, (_, g) => keep.filter((kept, i) => kept && groups![i] === g).length);
  if (sizes.some((size) => size < 4)) return undefined;
  const all = Array.from({ length: n }, (_, i) => [...columns, ...own].map((column) => column[i]!));
  const rows = all.filter((_, i) => keep[i]);
  if (exactRank(rows) < k) return undefined;
  // of about the size of one in scaled columns, as people test what they scaled by hand
  const lengths = all[0]!.map((_, j) => Math.hypot(...all.map((row) => row[j]!)));
  const unit = (j: number) => Array.from({ length: k }, (_, l) => Number(l === j));
  const any = () => lengths.map((length) => typed(length * random.normal()));
  const last = k - 1 - random.integer(Math.min(k, 3));
  return {
    ...{ own, keep, groups, y: Array.from({ length: n }, () => 10 + random.normal()) },
    shared: all.map((row) => row.slice(0, columns.length)),
    contrasts: [
      { rows: [unit(last)], kind: "t" },
      { rows: [any()], kind: "t" },
      { rows: [unit(k - 1)], kind: "F" },
      { rows: [unit(last), unit(last === 0 ? 1 : last - 1), ...(k > 3 ? [any()] : [])], kind: "F" },
    ],
  };
}

const hypothesesOf = ({ contrasts, shared, own }: Case): Hypothesis[] =>
  contrasts.map(({ rows, kind }, h) => ({
    ...{ name: `${kind}${h}`, kind, rank: rows.length },
    contrast: matrixOf(rows.length, shared[0]!.length + own.length, (i, j) => rows[i]![j]!),
  }));

function modelOf(given: Case, variable: boolean): GlmModel {
  const { shared, own, groups } = given;
  return {
    design: matrixOf(shared.length, shared[0]!.length, (i, j) => shared[i]![j]!),
    ...{ nElementColumns: own.length, hypotheses: hypothesesOf(given), variable },
    groups: groups && { count: Math.max(...groups) + 1, of: Int32Array.from(groups) },
  };
}

function compare(given: Case, model: GlmModel, design: ElementDesign, keep: Uint8Array, random: SeededRandom): void {
  const { shared, own, y, contrasts } = given;
  const n = y.length;
  expect(design.verdict).toBe("testable");
  const kept = <T>(values: readonly T[]) => values.filter((_, i) => keep[i] === 1);
  const rows = kept(shared.map((row, i) => [...row, ...own.map((column) => column[i]!)]));
  const values = kept(y);
  const groups = given.groups && kept(given.groups);
  const fit = fitElement(
    design,
    y.map((value, i) => value * keep[i]!),
  );
  const { beta, deviations } = elementEffects(model, design, fit);
  const size = Math.hypot(...values);
  const perm = random.permutation(n);
  const sign = perm.map(() => (random.uniform() < 0.5 ? -1 : 1));
  const [labels, signs] = [new Int32Array(n), new Int8Array(n)];
  maskShuffleInto(keep, Int32Array.from(perm), Int8Array.from(sign), labels, signs);
  const masked = maskShuffle({ perm, sign }, [...keep].map(Boolean));
  for (const [h, { rows: contrast, kind }] of contrasts.entries()) {
    const options = { groups, isF: kind === "F" };
    const hypothesis = design.hypotheses[h]!;
    const exact = exactTest(rows, contrast, values, options);
    const observed = observeTest(model, design, hypothesis, fit, deviations[0]!);
    close(observed.statistic, exact.statistic);
    if (kind === "t") {
      expect(Math.abs(observed.effect - exact.effect[0]!)).toBeLessThan(
        1e-10 * size * Math.hypot(...hypothesis.toEffect),
      );
    }
    for (const [j, value] of exact.beta.entries()) {
      const row = design.toBeta.subarray(j * design.rank, (j + 1) * design.rank);
      expect(Math.abs(beta[j]! - value)).toBeLessThan(1e-10 * size * Math.hypot(...row));
    }
    const shuffled = shuffledStatistic(model, design, hypothesis, nullResidual(design, hypothesis, fit), labels, signs);
    const wanted = exactTest(rows, contrast, values, { ...options, ...masked });
    close(shuffled.statistic, wanted.statistic);
    expect(Math.abs(shuffled.dof - wanted.dof)).toBeLessThan(1e-7 * wanted.dof);
  }
}

function close(found: number, wanted: number): void {
  expect(Math.abs(found - wanted), `${found} beside ${wanted}`).toBeLessThan(CLOSE * (1 + Math.abs(wanted)));
}

const KINDS: readonly (Kind & { readonly name: string })[] = [
  { name: "complete", isMissing: false, nOwn: 0, nGroups: 0 },
  { name: "missing", isMissing: true, nOwn: 0, nGroups: 0 },
  { name: "variance groups", isMissing: false, nOwn: 0, nGroups: 2 },
  { name: "missing and variance groups", isMissing: true, nOwn: 0, nGroups: 3 },
  { name: "one column", isMissing: false, nOwn: 1, nGroups: 0 },
  { name: "two columns and missing", isMissing: true, nOwn: 2, nGroups: 0 },
  { name: "a column, missing and variance groups", isMissing: true, nOwn: 1, nGroups: 2 },
];

describe.each(KINDS)("$name", (kind) => {
  test("as exact arithmetic", () => {
    let nCases = 0;
    for (let seed = 1; nCases < 25; seed++) {
      const random = createRandom(seed * 31 + KINDS.findIndex(({ name }) => name === kind.name));
      const given = drawCase(random, kind);
      if (given === undefined) continue;
      nCases++;
      const isVariable = kind.isMissing || kind.nOwn > 0;
      const model = modelOf(given, isVariable);
      const keep = Uint8Array.from(given.keep, Number);
      if (isVariable) {
        const own = given.own.map((column) => column.map((value, i) => value * keep[i]!));
        const design = resolveElementDesign(model, keep, factoriseShared(model, keep), own);
        compare(given, model, design, keep, random);
        continue;
      }
      expect(inestimableHypotheses(model.design, model.hypotheses)).toEqual([]);
      const partition = partitionDesign(model.design, model.hypotheses);
      const design = fixedElementDesign(model, partition);
      compare(given, model, design, keep, random);
      if (model.groups !== undefined) continue;
      const fit = fitElement(design, given.y);
      for (const [h, part] of partition.hypotheses.entries()) {
        const { tested, hypothesis } = part;
        const u = Float64Array.from({ length: hypothesis.rank }, (_, q) =>
          fit.fitted.reduce((sum, w, j) => sum + tested.values[j * hypothesis.rank + q]! * w, 0),
        );
        const { rows, kind: tOrF } = given.contrasts[h]!;
        const { statistic } = exactTest(given.shared, rows, given.y, { isF: tOrF === "F" });
        const found = new Float64Array(1);
        const [z, effect, standardisedEffect] = [new Float64Array(1), new Float64Array(1), new Float64Array(1)];
        const columns = { statistic: found, z, effect, standardisedEffect };
        observeColumns(partition.dof, part, u, Float64Array.of(fit.sse), columns);
        close(found[0]!, statistic);
      }
    }
  });
});

describe("on both sides of where double precision is left (column-factors.ts)", () => {
  const SHARES = [1, 1e-2, 2e-4, 1.01e-4, 0.99e-4, 5e-5, 1e-6, 1e-9];
  const n = 24;
  const contrasts: Case["contrasts"] = [
    { rows: [[0, 1, 0]], kind: "t" },
    { rows: [[0, 0, 1]], kind: "t" },
    {
      rows: [
        [0, 1, 0],
        [0, 0, 1],
      ],
      kind: "F",
    },
  ];
  const y = (random: SeededRandom) => Array.from({ length: n }, () => 10 + random.normal());

  test.each(SHARES)("an element's own column of which %f is left", (share) => {
    const random = createRandom(17);
    const age = Array.from({ length: n }, () => typed(40 + 9 * random.normal()));
    const own = [age.map((value) => value + 3 + 10 * share * random.normal())];
    const keep = age.map((_, i) => i % 9 !== 4);
    const given: Case = {
      shared: age.map((value) => [1, value]),
      own,
      y: y(random),
      keep,
      groups: undefined,
      contrasts,
    };
    const model = modelOf(given, true);
    const bits = Uint8Array.from(keep, Number);
    const columns = own.map((column) => column.map((value, i) => value * bits[i]!));
    const design = resolveElementDesign(model, bits, factoriseShared(model, bits), columns);
    compare(given, model, design, bits, random);
  });

  test.each(SHARES)("a column that a missing observation leaves %f of", (share) => {
    const random = createRandom(18);
    const score = Array.from({ length: n }, (_, i) => typed(random.normal() + (i === 7 ? 5 / share : 0)));
    const keep = score.map((_, i) => i !== 7);
    const shared = score.map((value, i) => [1, i % 2, value]);
    const given: Case = { shared, own: [], y: y(random), keep, groups: undefined, contrasts };
    const model = modelOf(given, true);
    const bits = Uint8Array.from(keep, Number);
    const factors = factoriseShared(model, bits);
    if (share > 1e-3 || share < 1e-5) expect(factors.exact !== undefined).toBe(share < 1e-4);
    compare(given, model, resolveElementDesign(model, bits, factors, []), bits, random);
  });

  test("a column that is the same in all observations left is dependent, one that hardly varies is not", () => {
    const keep = Uint8Array.from({ length: n }, (_, i) => Number(i !== 7));
    for (const [least, verdict] of [
      [0, "dependent-columns"],
      [1e-7, "testable"],
    ] as const) {
      const shared = Array.from({ length: n }, (_, i) => [1, i === 7 ? 1e6 : 0.1 + least * (i % 3)]);
      const hypothesis = contrasts[0]!.rows[0]!.slice(0, 2);
      const given: Case = {
        ...{ shared, own: [], y: [], keep: [], groups: undefined },
        contrasts: [{ rows: [hypothesis], kind: "t" }],
      };
      const model = modelOf(given, true);
      expect(resolveElementDesign(model, keep, factoriseShared(model, keep), []).verdict).toBe(verdict);
    }
  });

  test("a column of float32 is known to its own digits only", () => {
    const age = Array.from({ length: n }, (_, i) => typed(40 + Math.sin(i)));
    const keep = new Uint8Array(n).fill(1);
    const shared = age.map((value) => [1, value]);
    const model = modelOf({ shared, own: [age], y: [], keep: [], groups: undefined, contrasts }, true);
    const verdictOf = (own: number[]) => resolveElementDesign(model, keep, factoriseShared(model, keep), [own]).verdict;
    expect(verdictOf(age.map(Math.fround))).toBe("dependent-columns");
    expect(verdictOf(age.map((value) => 2 * value + 1))).toBe("dependent-columns");
    expect(verdictOf(age.map((value, i) => Math.fround(value + 1e-3 * (i % 3))))).toBe("testable");
  });
});
