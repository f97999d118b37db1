// Hypotheses in the form of MRtrix3's development branch: every F-test is a matrix of rows of weights.
import { describe, expect, it } from "vitest";
import { resolveHypotheses, resolveRowHypotheses } from "../../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../../src/stats/design/matrix.js";

const named = (path: string, ...rows: number[][]) => ({
  matrix: matrixOf(rows.length, rows[0]!.length, (i, j) => rows[i]![j]!),
  path,
});

describe("resolveRowHypotheses", () => {
  it("names t-tests, then F-tests, in the order given", () => {
    const { hypotheses, problems, warnings } = resolveRowHypotheses({
      ttests: named("t.txt", [0, 1, 0], [0, 0, 1]),
      ftests: [named("a.txt", [0, 1, 0], [0, 0, 1]), named("b.txt", [0, 1, -1])],
    });
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(hypotheses.map(({ name, kind, rank }) => `${name} ${kind} ${rank}`)).toEqual([
      "t1 t 1",
      "t2 t 1",
      "F1 F 2",
      "F2 F 1",
    ]);
  });
  it("takes F-tests alone", () => {
    const { hypotheses } = resolveRowHypotheses({ ftests: [named("a.txt", [0, 1, 0])] });
    expect(hypotheses.map(({ name }) => name)).toEqual(["F1"]);
  });
  it("means the same as selectors of the rows", () => {
    const contrasts = named("c.txt", [0, 1, 0], [0, 0, 1]);
    const selected = resolveHypotheses({
      contrasts: contrasts.matrix,
      ftests: named("f", [1, 1]).matrix,
      fonly: false,
    });
    const given = resolveRowHypotheses({ ttests: contrasts, ftests: [contrasts] });
    expect(given.hypotheses).toEqual(selected.hypotheses);
  });
  it("replaces dependent rows by a basis, with a warning", () => {
    const { hypotheses, warnings } = resolveRowHypotheses({
      ftests: [named("a.txt", [0, 1, 0], [0, 2, 0], [0, 0, 0])],
    });
    expect(hypotheses[0]).toMatchObject({ rank: 1, contrast: { nRows: 1, nColumns: 3 } });
    expect(warnings).toEqual([
      {
        tag: "f-test-rank",
        message: "F-test F1 has 3 rows of which only 1 are independent; a basis of their row space is tested instead.",
      },
    ]);
  });
  it("lists all problems", () => {
    const { problems } = resolveRowHypotheses({
      ttests: named("t.txt", [0, 1], [0, 0]),
      ftests: [named("a.txt", [0, 0], [0, 0])],
    });
    expect(problems).toEqual([
      "Cannot test row 2 of t.txt: it is zero and tests nothing. Give at least one non-zero weight.",
      "Cannot test a.txt: its rows are zero and test nothing. Give at least one non-zero weight.",
    ]);
  });
});
