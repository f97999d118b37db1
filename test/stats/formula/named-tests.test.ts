// What names mean: columns, terms, sums, several together; and how a design describes itself, against statements made otherwise.
import { describe, expect, test } from "vitest";
import { matrixOf } from "../../../src/stats/design/matrix.js";
import { tableOf } from "../../../src/stats/formula/data-table.js";
import { conditionNumber, countCells, varianceInflation } from "../../../src/stats/formula/describe-design.js";
import { modelFrame } from "../../../src/stats/formula/model-frame.js";
import { modelMatrix } from "../../../src/stats/formula/model-matrix.js";
import { resolveTests } from "../../../src/stats/formula/named-tests.js";
import { parseFormula } from "../../../src/stats/formula/parse-formula.js";

const groups = ["A", "B", "pre-C"];
const table = tableOf(
  ["group", "sex", "age", "iq"],
  Array.from({ length: 18 }, (_, i) => [
    groups[i % 3]!,
    i % 4 < 2 ? "F" : "M",
    String(20 + ((i * 7) % 31)),
    String(90 + ((i * 11) % 23)),
  ]),
);

function designOf(text: string) {
  const frame = modelFrame(parseFormula(text), table);
  const made = modelMatrix(frame);
  const { columns, assign, terms } = made;
  return { frame, made, named: { columns, assign, labels: terms, terms: frame.terms } };
}
const { named } = designOf("~ group * age + sex + poly(iq, 2)");
const asked = (...texts: string[]) => resolveTests(named, texts).map(({ kind, rows }) => ({ kind, rows }));
// (Intercept) groupB grouppre-C age sexM poly(iq, 2)1 poly(iq, 2)2 groupB:age grouppre-C:age
const row = (weights: Record<number, number>) => named.columns.map((_, j) => weights[j] ?? 0);

describe("a test by name", () => {
  test.each([
    ["groupB", "t", [row({ 1: 1 })]],
    ["(Intercept)", "t", [row({ 0: 1 })]],
    ["poly(iq,2)1", "t", [row({ 5: 1 })]],
    ["group", "F", [row({ 1: 1 }), row({ 2: 1 })]],
    ["sex", "F", [row({ 4: 1 })]],
    ["age:group", "F", [row({ 7: 1 }), row({ 8: 1 })]],
    ["group:age", "F", [row({ 7: 1 }), row({ 8: 1 })]],
    ["poly(iq,2)", "F", [row({ 5: 1 }), row({ 6: 1 })]],
    // a column of that name comes first
    ["age", "t", [row({ 3: 1 })]],
    ["F(age)", "F", [row({ 3: 1 })]],
    ["F(group, age:group)", "F", [row({ 1: 1 }), row({ 2: 1 }), row({ 7: 1 }), row({ 8: 1 })]],
    ["F(groupB - grouppre-C, groupB)", "F", [row({ 1: 1, 2: -1 }), row({ 1: 1 })]],
    ["-age", "t", [row({ 3: -1 })]],
    ["groupB - grouppre-C", "t", [row({ 1: 1, 2: -1 })]],
    ["grouppre-C-groupB", "t", [row({ 1: -1, 2: 1 })]],
    ["groupB - 0.5*grouppre-C", "t", [row({ 1: 1, 2: -0.5 })]],
    ["groupB/2 + grouppre-C/2", "t", [row({ 1: 0.5, 2: 0.5 })]],
    ["(Intercept) + 30 * age + 1e1*groupB:age", "t", [row({ 0: 1, 3: 30, 7: 10 })]],
    ["groupB + groupB", "t", [row({ 1: 2 })]],
    ["poly(iq, 2)1 - poly(iq, 2)2", "t", [row({ 5: 1, 6: -1 })]],
  ])("%s", (text, kind, rows) => {
    expect(asked(text)).toEqual([{ kind, rows }]);
  });

  const names =
    "expected a term (group, age, sex, poly(iq, 2), group:age), a column ((Intercept), groupB, grouppre-C, age, sexM, poly(iq, 2)1, poly(iq, 2)2, groupB:age, grouppre-C:age), a sum of columns with weights such as 'a - 0.5*b', or several together as F(a, b), got another name.";
  test.each([
    ["grup", `Cannot test 'grup': ${names} Did you mean group?`],
    ["groupB - groupX", `Cannot test 'groupB - groupX': ${names}`],
    ["groupB groupB", `Cannot test 'groupB groupB': ${names}`],
    ["2*", `Cannot test '2*': ${names}`],
    ["", `Cannot test '': ${names}`],
    ["groupB/0", `Cannot test 'groupB/0': ${names}`],
    ["F(zz, age)", `Cannot test 'zz': ${names} Correct the name.`],
    ["age - age", "Cannot test 'age - age': expected a weight that is not zero, got none. Correct the sum."],
  ])("%s is refused", (text, message) => {
    expect(() => asked(text)).toThrow(message);
  });

  test("all that name nothing are said, and what is asked for twice", () => {
    expect(() => asked("xx", "group", "group ", "yy")).toThrow(
      /Cannot test 'xx'.*\nCannot test 'group' twice: expected different tests, got it again. Leave one out.\nCannot test 'yy'/s,
    );
  });
});

describe("a design describes itself", () => {
  const { made, frame } = designOf("~ group + age + iq");
  const k = made.columns.length;
  const design = matrixOf(made.nRows, k, (i, j) => made.matrix[i * k + j]!);

  /** 1 / (1 - R2) by elimination of the normal equations of the centred others. */
  function inflationOf(column: number): number {
    const centred = Array.from({ length: k }, (_, j) => {
      const values = Array.from({ length: made.nRows }, (__, i) => made.matrix[i * k + j]!);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return values.map((v) => v - mean);
    });
    const others = centred.filter((_, j) => j !== column && j > 0);
    const left = centred[column]!.slice();
    const basis: number[][] = [];
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    const remove = (v: number[], unit: readonly number[]) => {
      const along = dot(v, unit);
      for (const i of v.keys()) v[i]! -= along * unit[i]!;
    };
    for (const other of others) {
      const rest = other.slice();
      for (const unit of basis) remove(rest, unit);
      const length = Math.sqrt(dot(rest, rest));
      basis.push(rest.map((v) => v / length));
    }
    for (const unit of basis) remove(left, unit);
    return dot(centred[column]!, centred[column]!) / dot(left, left);
  }

  test("by the variance inflation of each column", () => {
    const inflation = varianceInflation(design);
    expect(inflation[0]).toBeUndefined();
    for (let j = 1; j < k; j++) expect(inflation[j]).toBeCloseTo(inflationOf(j), 10);
    expect(conditionNumber(design)).toBeGreaterThan(1);
  });

  test("whose columns depend on each other has none", () => {
    const twice = matrixOf(made.nRows, k + 1, (i, j) => made.matrix[i * k + Math.min(j, k - 1)]!);
    expect(varianceInflation(twice)).toEqual(new Array(k + 1).fill(undefined));
    expect(conditionNumber(twice)).toBe(Number.POSITIVE_INFINITY);
  });

  test("by its cells", () => {
    const { frame: crossed } = designOf("~ group * sex");
    const tables = countCells(crossed);
    expect(tables.map(({ factors }) => factors)).toEqual(["group", "sex", "group:sex"]);
    const counted = new Map(tables[2]!.cells.map(({ levels, nSubjects }) => [levels, nSubjects]));
    const rows = Array.from({ length: 18 }, (_, i) => `group = ${groups[i % 3]}, sex = ${i % 4 < 2 ? "F" : "M"}`);
    for (const [levels, n] of counted) expect(rows.filter((one) => one === levels).length).toBe(n);
    expect([...counted.values()].reduce((a, b) => a + b)).toBe(18);
    expect(countCells(frame).length).toBe(1);
  });
});
