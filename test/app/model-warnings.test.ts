// The reasons why elements cannot be tested, with the numbers that decide.
import { expect, it } from "vitest";
import { modelWarnings } from "../../src/app/analyse/plan/model-warnings.js";
import { VERDICTS } from "../../src/stats/glm/element-design.js";
import type { GlmModel } from "../../src/stats/glm/model.js";

const modelOf = (nSubjects: number, nColumns: number): GlmModel => ({
  design: { nRows: nSubjects, nColumns, values: new Float64Array(nSubjects * nColumns) },
  ...{ nElementColumns: 0, hypotheses: [], variable: true, groups: undefined },
});

it.each([
  [20, 3, 6],
  // twice as many as factors are more than there are
  [8, 5, 8],
])("%i subjects, %i factors: fewer than %i observations are too few", (nSubjects, nColumns, least) => {
  const verdicts = VERDICTS.map((verdict) => (verdict === "testable" ? 5 : verdict === "few-observations" ? 2 : 0));
  const kind = { leaveOut: "out with -mask" };
  const [warning, ...more] = modelWarnings(kind, { precision: "double" }, modelOf(nSubjects, nColumns), verdicts);
  expect(more).toEqual([]);
  expect(warning).toEqual({
    tag: "untestable-elements",
    message: `2 of 7 elements cannot be tested and get zeros: 2 with fewer than ${least} observations left. Leave them out with -mask, or leave out subjects with many missing values.`,
  });
});
