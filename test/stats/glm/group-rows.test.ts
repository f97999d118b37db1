// Rows of variance groups against Q_g itself: what they span, how many are enough, and what is recovered of a permuted element.
import { describe, expect, it } from "vitest";
import type { Hypothesis } from "../../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../../src/stats/design/matrix.js";
import { type ElementDesign, factoriseShared, resolveElementDesign } from "../../../src/stats/glm/element-design.js";
import { groupRows, sharedGroupRows, splitByGroup } from "../../../src/stats/glm/group-rows.js";
import { createRandom } from "../../support/seeded-random.js";

const N = 30;
const random = createRandom(5);
const tTest = (...weights: number[]): Hypothesis => ({
  ...{ name: "t1", kind: "t", rank: 1 },
  contrast: matrixOf(1, weights.length, (_, j) => weights[j]!),
});
const sites = { count: 3, of: Int32Array.from({ length: N }, (_, i) => i % 3) };
const patients = { count: 2, of: Int32Array.from({ length: N }, (_, i) => i % 2) };
const all = new Uint8Array(N).fill(1);
const some = Uint8Array.from({ length: N }, (_, i) => (i % 7 === 3 ? 0 : 1));
const age = Array.from({ length: N }, () => 40 + 10 * random.normal());
const designs = {
  "intercept and patients": { columns: [all, patients.of], hypothesis: tTest(0, 1) },
  "two means": { columns: [patients.of.map((g) => 1 - g), patients.of], hypothesis: tTest(1, -1) },
  "with age": { columns: [all, patients.of, age], hypothesis: tTest(0, 0, 1) },
  "no intercept": { columns: [age], hypothesis: tTest(1) },
};

function resolve(name: keyof typeof designs, keep: Uint8Array, groups: typeof sites): ElementDesign {
  const { columns, hypothesis } = designs[name];
  const design = matrixOf(N, columns.length, (i, j) => columns[j]![i]!);
  const model = { design, hypotheses: [hypothesis], nElementColumns: 0, variable: true, groups };
  return resolveElementDesign(model, keep, factoriseShared(model, keep), []);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

describe.each(["complete", "missing"] as const)("%s observations", (missing) => {
  const keep = missing === "complete" ? all : some;

  it.each([
    ["intercept and patients", patients, 1, 2],
    ["intercept and patients", sites, 5, 6],
    ["two means", patients, 1, 2],
    ["with age", patients, 3, 4],
    ["no intercept", sites, 3, 3],
  ] as const)("%s: Q_g p of permuted errors", (name, groups, permuted, flipped) => {
    const design = resolve(name, keep, groups);
    const kept = [...keep.keys()].filter((i) => keep[i] === 1);
    for (const hasSigns of [false, true]) {
      const found = groupRows(design, groups, keep, hasSigns);
      const nRows = found.rows.length / N;
      expect([nRows, found.rank]).toEqual([hasSigns ? flipped : permuted, flipped]);
      const e = new Float64Array(N);
      const y = kept.map(() => random.normal());
      // what a hypothesis shuffles lies besides its nuisance: with an intercept that is not tested its mean is 0
      const mean = hasSigns || name === "no intercept" ? 0 : y.reduce((sum, value) => sum + value, 0) / y.length;
      for (const [at, i] of random.permutation(kept.length).entries()) e[kept[at]!] = y[i]! - mean;
      const given = Array.from({ length: nRows }, (_, l) => dot(found.rows.subarray(l * N, (l + 1) * N), e));
      const z = found.dropped < 0 ? given : [...given.slice(0, found.dropped), 0, ...given.slice(found.dropped)];
      if (found.dropped >= 0) z[found.dropped] = dot(found.recovery, z);
      for (let g = 0; g < groups.count; g++) {
        for (let j = 0; j < design.rank; j++) {
          let p = 0;
          for (let i = 0; i < N; i++) if (groups.of[i] === g) p += design.basis[j * N + i]! * e[i]!;
          let sum = 0;
          for (let l = found.starts[g]!; l < found.starts[g + 1]!; l++)
            sum += found.directions[j * found.rank + l]! * z[l]!;
          expect(sum).toBeCloseTo(p, 12);
        }
      }
    }
  });

  it("orthonormal rows, zero outside their group and at missing observations", () => {
    const found = groupRows(resolve("with age", keep, sites), sites, keep, true);
    for (let l = 0; l < found.rank; l++) {
      const g = [0, 1, 2].findIndex((group) => l < found.starts[group + 1]!);
      const row = found.rows.subarray(l * N, (l + 1) * N);
      for (let i = 0; i < N; i++) if (sites.of[i] !== g || keep[i] === 0) expect(row[i]).toBe(0);
      for (let m = 0; m < found.rank; m++) {
        expect(dot(row, found.rows.subarray(m * N, (m + 1) * N))).toBeCloseTo(l === m ? 1 : 0, 12);
      }
    }
  });

  it("the same rows for columns that elements share, whatever they bring", () => {
    const { columns } = designs["with age"];
    const design = matrixOf(N, 3, (i, j) => columns[j]![i]!);
    const modelOf = (contrast: readonly number[]) => ({
      ...{ design, hypotheses: [tTest(...contrast)], variable: true, groups: patients },
      nElementColumns: contrast.length - 3,
    });
    for (const [own, contrast] of [
      [
        [0, 0, 0, 1],
        [0, 0, 1],
      ],
      [
        [1, 0, 0, 1],
        [1, 0, 0],
      ],
    ] as const) {
      const model = modelOf(own);
      const found = sharedGroupRows(model, factoriseShared(model, keep), keep, false);
      const alone = modelOf(contrast);
      const element = resolveElementDesign(alone, keep, factoriseShared(alone, keep), []);
      // permutations move nothing along the constant, unless it is tested
      expect(found.dropped < 0).toBe(contrast[0] === 1);
      expect(found).toEqual(groupRows(element, patients, keep, false));
    }
  });

  it("keeps every row where the constant is tested", () => {
    const { columns } = designs["two means"];
    const design = matrixOf(N, 2, (i, j) => columns[j]![i]!);
    const model = { design, hypotheses: [tTest(1, 0)], nElementColumns: 0, variable: true, groups: patients };
    const element = resolveElementDesign(model, keep, factoriseShared(model, keep), []);
    expect(groupRows(element, patients, keep, false)).toMatchObject({ dropped: -1, rank: 2 });
  });
});

it("splits rows into their parts on each group", () => {
  const rows = Float64Array.from({ length: 2 * N }, () => random.normal());
  const parts = splitByGroup(rows, sites);
  expect(parts).toHaveLength(3 * 2 * N);
  for (let g = 0; g < 3; g++) {
    for (let j = 0; j < 2; j++) {
      const part = parts.subarray((g * 2 + j) * N, (g * 2 + j + 1) * N);
      expect([...part]).toEqual(Array.from(sites.of, (group, i) => (group === g ? rows[j * N + i] : 0)));
    }
  }
});
