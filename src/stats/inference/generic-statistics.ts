// Statistics of data that nothing is special about: where two shuffles agree on these, they agree on all data. Of the design alone, so that it is known
// before anything is read which shuffles cannot differ.
import { matrixOf } from "../design/matrix.js";
import { type DesignPartition, partitionDesign } from "../design/partition.js";
import { type ElementDesign, fixedElementDesign } from "../glm/element-design.js";
import { fitElement, nullResidual, shuffledStatistic } from "../glm/element-test.js";
import { countFactors, type GlmModel } from "../glm/model.js";
import { PURPOSE, RandomStream } from "../shuffle/random-stream.js";

/** Two elements: that statistics which differ agree on both to `STATISTIC_ROUNDING` does not happen. */
export const N_GENERIC = 2;

/** Of what `GenericTest` returns, which lies in -1..1. */
export const STATISTIC_ROUNDING = 1e-9;

/** The statistics of one test under a shuffle, into f64 [N_GENERIC]; without labels and signs: of the unshuffled data. */
export type GenericTest = (out: Float64Array, labels?: Int32Array, signs?: Int8Array) => void;

export interface GenericTests {
  readonly hypotheses: readonly GenericTest[];
  /** The largest over several hypotheses, as -strong compares it, and both directions of a t-test. */
  largestOf(members: readonly number[]): GenericTest;
  /** Operations of a shuffle, about. */
  readonly cost: number;
  /** Whether a hypothesis tests the mean of all observations, or it and more. */
  readonly testsMean: readonly boolean[];
}

/** Undefined: no degree of freedom is left. `partition`: of the model's design, where elements have no columns of their own. */
export function createGenericTests(given: GlmModel, partition: DesignPartition): GenericTests | undefined {
  const stream = new RandomStream(0);
  const n = given.design.nRows;
  const generic = (number: number) => {
    stream.start(PURPOSE.permutation, number, 0);
    return Float64Array.from({ length: n }, () => stream.next() / 2 ** 31 - 1);
  };
  const model = withOwnColumns(given, generic);
  const whole = given.nElementColumns === 0 ? partition : partitionDesign(model.design, model.hypotheses);
  if (whole.dof < 1) return undefined;
  const design = fixedElementDesign(model, whole);
  const fits = Array.from({ length: N_GENERIC }, (_, e) => fitElement(design, generic(e)));
  const residuals = design.hypotheses.map((hypothesis) => fits.map((fit) => nullResidual(design, hypothesis, fit)));
  const hypotheses = design.hypotheses.map((hypothesis, h): GenericTest => {
    return (out, labels, signs) => {
      for (const [e, residual] of residuals[h]!.entries()) {
        const { statistic } = shuffledStatistic(model, design, hypothesis, residual, labels, signs);
        out[e] = bounded(
          hypothesis.kind === "t" ? statistic * Math.abs(statistic) : hypothesis.rank * statistic,
          design.dof,
        );
      }
    };
  });
  return {
    hypotheses,
    largestOf: (members) => largestOf(members.map((h) => hypotheses[h]!)),
    cost: N_GENERIC * hypotheses.length * n * (design.rank + 2),
    testsMean: testsMean(design, n),
  };
}

/** Columns that elements bring are as generic as the data. */
function withOwnColumns(model: GlmModel, generic: (number: number) => Float64Array): GlmModel {
  const { design, nElementColumns } = model;
  if (nElementColumns === 0) return { ...model, variable: false };
  const own = Array.from({ length: nElementColumns }, (_, c) => generic(N_GENERIC + c));
  const { nColumns, nRows, values } = design;
  const whole = matrixOf(nRows, countFactors(model), (i, j) =>
    j < nColumns ? values[i * nColumns + j]! : own[j - nColumns]![i]!,
  );
  return { ...model, design: whole, nElementColumns: 0, variable: false };
}

/** Monotonic, and as well determined near its ends as in the middle. */
function bounded(squares: number, dof: number): number {
  return Number.isFinite(squares) ? squares / (Math.abs(squares) + dof) : 0;
}

/** The largest of several is the same for all data where they are the same but for their order: all of them, sorted, in one number. */
function largestOf(tests: readonly GenericTest[]): GenericTest {
  const own = new Float64Array(N_GENERIC);
  const values = Array.from({ length: N_GENERIC }, () => new Float64Array(tests.length));
  return (out, labels, signs) => {
    for (const [h, test] of tests.entries()) {
      test(own, labels, signs);
      for (let e = 0; e < N_GENERIC; e++) values[e]![h] = own[e]!;
    }
    for (let e = 0; e < N_GENERIC; e++) {
      const sorted = values[e]!.sort();
      // weights that no statistics are in the ratio of
      out[e] = sorted.reduce((sum, value, h) => sum + value * (1 + Math.sin(h + 1) / 2), 0) / tests.length;
    }
  };
}

function testsMean({ basis, rank: r, hypotheses }: ElementDesign, n: number): boolean[] {
  const sums = Float64Array.from({ length: r }, (_, j) =>
    basis.subarray(j * n, j * n + n).reduce((sum, value) => sum + value, 0),
  );
  return hypotheses.map(({ tested, rank: s }) => {
    for (let q = 0; q < s; q++) {
      const along = sums.reduce((sum, value, j) => sum + value * tested[q * r + j]!, 0);
      if (Math.abs(along) > 1e-8 * Math.sqrt(n)) return true;
    }
    return false;
  });
}
