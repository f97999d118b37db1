// What is tested of elements side by side beside one element at a time (element-test.ts): the null's residual is the full model's plus Q' times the shifts.
import { expect, it } from "vitest";
import type { Hypothesis } from "../../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../../src/stats/design/matrix.js";
import { factoriseShared, resolveElementDesign } from "../../../src/stats/glm/element-design.js";
import { fitElement, nullResidual } from "../../../src/stats/glm/element-test.js";
import { testedParts } from "../../../src/stats/glm/tested-parts.js";
import { createRandom } from "../../support/seeded-random.js";

const N = 16;
const random = createRandom(3);
const design = matrixOf(N, 4, (i, j) => [1, i % 2, random.normal(), random.normal()][j]!);
const hypotheses: Hypothesis[] = [
  { name: "t1", kind: "t", rank: 1, contrast: matrixOf(1, 4, (_, j) => [0, 1, 0, -1][j]!) },
  { name: "F1", kind: "F", rank: 2, contrast: matrixOf(2, 4, (i, j) => (j === i + 1 ? 1 : 0)) },
];
const model = { design, hypotheses, nElementColumns: 0, variable: true, groups: undefined };
const keep = Uint8Array.from({ length: N }, (_, i) => (i === 5 ? 0 : 1));
const element = resolveElementDesign(model, keep, factoriseShared(model, keep), []);
const r = element.rank;

it.each([0, 1])("hypothesis %i: four elements, one untestable and one that is nothing but nuisance", (h) => {
  const hypothesis = element.hypotheses[h]!;
  const elements = Array.from({ length: 4 }, (_, e) =>
    Float64Array.from(keep, (kept) => kept * (e === 2 ? 300 : random.normal() + 300)),
  );
  const fits = elements.map((y) => fitElement(element, y));
  // the columns of what is given may be padded further than those of what is wanted
  const [stride, width] = [8, 6];
  const fitted = new Float64Array(r * stride);
  for (const [e, fit] of fits.entries()) for (let j = 0; j < r; j++) fitted[j * stride + e] = fit.fitted[j]!;
  const fit = { r, fitted, sse: fits.map(({ sse }) => sse), sumSquares: fits.map(({ sumSquares }) => sumSquares) };
  const tested = elements.map((_, e) => (e === 1 ? undefined : hypothesis.tested));
  const { shifts, totals } = testedParts(tested, fit, width);
  expect([shifts.length, totals.length]).toEqual([r * width, width]);
  for (const e of [0, 3]) {
    const wanted = nullResidual(element, hypothesis, fits[e]!);
    expect(totals[e]).toBeCloseTo(
      wanted.reduce((sum, value) => sum + value * value, 0),
      10,
    );
    for (let i = 0; i < N; i++) {
      let found = fits[e]!.residual[i]!;
      for (let j = 0; j < r; j++) found += element.basis[j * N + i]! * shifts[j * width + e]!;
      expect(found).toBeCloseTo(wanted[i]!, 10);
    }
  }
  for (const e of [1, 2, 4, 5]) {
    expect(totals[e]).toBe(0);
    for (let j = 0; j < r; j++) expect(shifts[j * width + e]).toBe(0);
  }
});
