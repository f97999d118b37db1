// What a table's cells are, who is left out, what elements have of their own, smooth terms; and the sentences for what cannot be.
import { describe, expect, test } from "vitest";
import { type DataTable, findColumn, rowsOf, tableOf } from "../../../src/stats/formula/data-table.js";
import { modelFrame } from "../../../src/stats/formula/model-frame.js";
import { modelMatrix } from "../../../src/stats/formula/model-matrix.js";
import { parseExpression, parseFormula } from "../../../src/stats/formula/parse-formula.js";
import { findTerm } from "../../../src/stats/formula/terms.js";

const column = (cells: readonly string[]) =>
  tableOf(
    ["v"],
    cells.map((cell) => [cell]),
  ).columns[0]!;
const frameOf = (formula: string, table: DataTable, options = {}) => modelFrame(parseFormula(formula), table, options);

const table = tableOf(
  ["id", "group", "age", "my score", "ill"],
  [
    ["s1", "A", "20", "1.5", "TRUE"],
    ["s2", "B", "31", "2.5", "FALSE"],
    ["s3", "A", "", "0.5", "TRUE"],
    ["s4", "B", "45", "3.5", "FALSE"],
    ["s5", "C", "52", "n/a", "TRUE"],
    ["s6", "A", "28", "2.0", "FALSE"],
  ],
);

describe("columns of a table", () => {
  test.each([
    [["1", "2.5", "NA"], "number"],
    [["1e3", "0x1A", "-Inf"], "number"],
    [["TRUE", "F", ""], "logical"],
    [["true", "false"], "factor"],
    [["1d3", "2"], "factor"],
    [["a", "1"], "factor"],
    [["1,5", "2"], "number"],
  ])("%j is a %s", (cells, kind) => {
    expect(column(cells).kind).toBe(kind);
  });

  test("has levels by the characters' numbers, and says decimal commas", () => {
    expect(column(["b", "B", "a", "n/a", "_"])).toMatchObject({ levels: ["B", "_", "a", "b"] });
    expect(column(["1,5", "2"])).toEqual({
      kind: "number",
      name: "v",
      values: Float64Array.of(1.5, 2),
      decimalComma: true,
    });
  });

  test("is found by R's name of it", () => {
    expect(findColumn(table, "my.score")?.name).toBe("my score");
    expect(findColumn(table, "my score")?.name).toBe("my score");
  });

  test("can be asked for other rows", () => {
    expect(
      rowsOf(table, [5, 0]).columns.map((one) => (one.kind === "factor" ? [...one.codes] : [...one.values])),
    ).toEqual([
      [5, 0],
      [0, 0],
      [28, 20],
      [2, 1.5],
      [0, 1],
    ]);
  });
});

describe("modelFrame", () => {
  test("leaves out rows that miss a variable, and then levels without a row, and says both", () => {
    const { rows, dropped, unusedLevels } = frameOf("~ group + age + my.score", table);
    expect(rows).toEqual([0, 1, 3, 5]);
    expect(dropped).toEqual([
      { row: 2, missing: ["age"] },
      { row: 4, missing: ["my.score"] },
    ]);
    expect(unusedLevels).toEqual([{ variable: "group", levels: ["C"] }]);
  });

  test("leaves out rows that miss the response where the table has it", () => {
    expect(frameOf("age ~ group", table).rows).toEqual([0, 1, 3, 4, 5]);
    const other = frameOf("FD ~ group", table);
    expect(other.rows.length).toBe(6);
    expect(other.response).toBeUndefined();
    expect(modelMatrix(other).responseName).toBe("FD");
  });

  test("computes before it leaves out, as R does", () => {
    const { matrix } = modelMatrix(frameOf("~ scale(age, scale = FALSE) + my.score", table));
    // the mean of 20, 31, 45, 52 and 28, although the fifth subject misses a score
    expect(matrix[1]).toBeCloseTo(20 - 35.2, 12);
  });

  test("makes poly() over the subjects who have a value, which R refuses", () => {
    const frame = frameOf("~ poly(age, 2)", table);
    const { matrix } = modelMatrix(frame);
    const alone = rowsOf(table, frame.rows);
    expect([...matrix]).toEqual([...modelMatrix(frameOf("~ poly(age, 2)", alone)).matrix]);
  });
});

describe("values that elements have of their own", () => {
  const options = { scalars: ["FD", "FC"] };
  test("are columns to be filled, whatever they are part of", () => {
    const frame = frameOf("FD ~ group * FC + log(FC) + age", table, options);
    const made = modelMatrix(frame);
    expect(made.columns).toEqual(["(Intercept)", "groupB", "groupC", "FC", "log(FC)", "age", "groupB:FC", "groupC:FC"]);
    expect(made.elementwise).toEqual([
      ...[[], [], []],
      [{ variable: 1, column: 0 }],
      [{ variable: 2, column: 0 }],
      [],
      [{ variable: 1, column: 0 }],
      [{ variable: 1, column: 0 }],
    ]);
    expect(frame.response).toMatchObject({ text: "FD", scalars: ["FD"] });
    expect(frame.rows).toEqual([0, 1, 3, 4, 5]);
    // the part of groupB:FC that is the same for all elements
    expect(Array.from({ length: 5 }, (_, i) => made.matrix[i * 8 + 6])).toEqual([0, 1, 1, 0, 0]);
    const values = new Map([["FC", Float64Array.of(1, 2, 3, 4, 5)]]);
    expect(frame.variables.map(({ text, scalars }) => [text, ...scalars])).toEqual([
      ["group"],
      ["FC", "FC"],
      ["log(FC)", "FC"],
      ["age"],
    ]);
    expect([...frame.variables[2]!.evaluate(values)[0]!]).toEqual([1, 2, 3, 4, 5].map(Math.log));
  });

  test("may be more than one column, and go with columns of the table", () => {
    const frame = frameOf("~ poly(FC, 2) + I(FC * age)", table, options);
    const made = modelMatrix(frame);
    expect(made.columns).toEqual(["(Intercept)", "poly(FC, 2)1", "poly(FC, 2)2", "I(FC * age)"]);
    const FC = Float64Array.of(1, 3, 2, 5, 4);
    const [linear] = frame.variables[0]!.evaluate(new Map([["FC", FC]]));
    expect(linear![0]).toBeCloseTo(-2 / Math.sqrt(10), 12);
    // the third subject has no age
    const [product] = frameOf("~ I(FC * age)", table, options).variables[0]!.evaluate(new Map([["FC", FC]]));
    expect([...product!]).toEqual([20, 93, 90, 260, 112]);
  });

  test("are no factor", () => {
    expect(() => frameOf("~ factor(FC)", table, options)).toThrow(
      "Cannot use factor(FC) as a variable: expected numbers of each element, got a factor of them. Use the values themselves.",
    );
  });
});

describe("smooth terms", () => {
  test("are handed out, with their variables in the frame", () => {
    const frame = frameOf('FD ~ group + s(age, k = 4, fx) + s(log(my.score), bs = "cr", by = ill)', table);
    const made = modelMatrix(frame);
    expect(made.columns).toEqual(["(Intercept)", "groupB"]);
    expect(made.smooths.map(({ label, k, fx, bs, by }) => ({ label, k, fx, bs, by }))).toEqual([
      { label: "s(age)", k: 4, fx: true, bs: "tp", by: undefined },
      { label: "s(log(my.score)):ill", k: undefined, fx: false, bs: "cr", by: "ill" },
    ]);
    expect(frame.rows).toEqual([0, 1, 3, 5]);
    expect([...frame.smoothVariables.keys()]).toEqual(["age", "log(my.score)", "ill"]);
  });

  test.each([
    [
      "~ te(age, iq)",
      "Cannot use te(age, iq) of the formula '~ te(age, iq)': expected a smooth of one variable, s(x), got te(..), which is not made. Write s(x) + s(z); for an interaction ns(x, df = 3) * ns(z, df = 3) in a linear model, or s(x, by = g) where one is a factor.",
    ],
    [
      "~ s(age, k = 1)",
      "Cannot use s(age, k = 1) of the formula '~ s(age, k = 1)': expected a whole number from 2 as k, got 1. Write for example s(age, k = 4, fx = TRUE).",
    ],
    [
      "~ s(age, m = 2)",
      "Cannot use s(age, m = 2) of the formula '~ s(age, m = 2)': expected the arguments k, fx, bs and by, got m = 2. Write for example s(age, k = 4, fx = TRUE).",
    ],
    [
      "~ s(age, iq)",
      "Cannot use s(age, iq) of the formula '~ s(age, iq)': expected one variable, got age and iq. Write for example s(age, k = 4, fx = TRUE).",
    ],
    [
      "~ s(age):group",
      "Cannot use the formula '~ s(age):group': expected a smooth term on its own, got s(age) within an interaction. Write s(x, by = g) for a smooth in each level of a factor.",
    ],
  ])("%s is refused", (text, message) => {
    expect(() => frameOf(text, table)).toThrow(message);
  });
});

describe("what cannot be used", () => {
  test.each([
    [
      "~ agee",
      "Cannot use the formula '~ agee': expected columns of the table (id, group, age, my score, ill), got the variable \"agee\". Did you mean age?",
    ],
    [
      "~ zzz",
      "Cannot use the formula '~ zzz': expected columns of the table (id, group, age, my score, ill), got the variable \"zzz\". Correct its name, or add the column.",
    ],
    [
      "~ group + offset(age)",
      "Cannot use the formula '~ group + offset(age)': expected no offset, got offset(age). A known part can be subtracted from the data beforehand.",
    ],
    [
      "~ age + 2",
      "Cannot use the formula '~ age + 2': expected variables, and 0 or 1 for the intercept, got 2. Write I(..) around arithmetic.",
    ],
    [
      "~ age^b",
      "Cannot use the formula '~ age^b': expected a whole number from 1 behind ^, got b. A power of values is written I(age^b).",
    ],
    [
      "~ (group + age + ill + my.score + id)^5 + 'age'",
      "Cannot use the formula '~ (group + age + ill + my.score + id)^5 + 'age'': expected variables, got \"age\". Write the name of a column without quotes, or in backticks.",
    ],
    ["~ log(group)", "Cannot compute log(group): expected numbers, got the factor group. Give a column of numbers."],
    [
      "~ I(group + 1)",
      'Cannot compute group + 1: expected numbers, got a factor (A, B, C). Use the factor as a term of its own, or compare it, as in (group == "A").',
    ],
    [
      "~ log(age - 20)",
      "Cannot use log(age - 20) of the formula '~ log(age - 20)': expected finite numbers, got infinite ones (row 1 of the table, counting from 1 after its header). Correct the values, or the term.",
    ],
    ["~ pi", "Cannot use pi as a variable: expected 6 values, one a subject, got 1. Correct the term."],
    ["~ ns(age, df = 0)", "Cannot compute ns(age, df = 0): expected df from 1, got 0. Correct the call."],
    ["~ bs(age, df = 2)", "Cannot compute bs(age, df = 2): expected df from 3, got 2. Correct the call."],
    [
      "~ bs(age, Boundary.knots = c(25, 60))",
      "Cannot compute bs(age, Boundary.knots = c(25, 60)): expected values between its boundary knots 25 and 60, got 20. Correct the call.",
    ],
    [
      "~ poly(age, 5)",
      "Cannot compute poly(age, 5): expected a degree below the number of different values, 5, got 5. Correct the call.",
    ],
    [
      "~ C(group, poly, 1)",
      "Cannot compute C(group, poly, 1): expected C(x, contrasts), got how.many = 1. Write base = for the reference.",
    ],
    [
      "~ C(group, deviation)",
      "Cannot compute C(group, deviation): expected one of the contrasts treatment, sum, helmert, poly, got deviation. Correct the call.",
    ],
    [
      '~ relevel(group, ref = "D")',
      'Cannot compute relevel(group, ref = "D"): expected one of its levels (A, B, C), got "D". Correct the call.',
    ],
    [
      "~ polly(age, 2)",
      /^Cannot compute polly\(age, 2\): expected one of the functions I, .*, bs, got polly\(\)\. Did you mean poly\(\)\?$/,
    ],
    ["~ toString(age)", /got toString\(\)\. Write the column into the table instead\.$/],
    ["~ constructor", /got the variable "constructor"/],
    [
      "~ factor(age, levels = c(1, 2))",
      "Cannot compute factor(age, levels = c(1, 2)): expected levels that the table has (20, 31, 45, 52, 28), got 1, 2. Correct the call.",
    ],
    [
      "~ scale(age, 1, 2, 3)",
      "Cannot compute scale(age, 1, 2, 3): expected at most 3 arguments, got 4. Correct the call.",
    ],
    [
      "~ scale(age, middle = 1)",
      "Cannot compute scale(age, middle = 1): expected the arguments x, center, scale, got middle = 1. Correct the call.",
    ],
  ])("%s", (text, message) => {
    expect(() => frameOf(text, table)).toThrow(message);
  });

  test("a factor of one level, and a table where nobody has all", () => {
    const one = tableOf(
      ["g", "x"],
      [
        ["A", "1"],
        ["A", "2"],
      ],
    );
    expect(() => modelMatrix(frameOf("~ g", one))).toThrow(
      "Cannot use g of the formula '~ g': expected a factor of at least two levels among the 2 subjects, got A alone. Leave it out, or add the other subjects.",
    );
    const none = tableOf(
      ["a", "b"],
      [
        ["1", ""],
        ["", "2"],
      ],
    );
    expect(() => frameOf("~ a + b", none)).toThrow(
      "Cannot use the formula '~ a + b': expected subjects with a value for every variable, got none: missing are b for 1, a for 1 of 2. Leave a variable out, or fill its column.",
    );
    expect(() => frameOf("~ a", tableOf(["a"], []))).toThrow("got a table without rows. Is it the right table?");
  });

  test("more terms or columns than anyone means", () => {
    const names = Array.from({ length: 80 }, (_, i) => `x${i}`);
    const wide = tableOf(names, [names.map(() => "1")]);
    expect(() => frameOf("~ .^4", wide)).toThrow(
      "expected at most 5000 terms, got more. Write out those that you mean.",
    );
    const long = tableOf(
      ["a", "b"],
      Array.from({ length: 200 }, (_, i) => [`a${i}`, `b${i}`]),
    );
    expect(() => modelMatrix(frameOf("~ a:b", long))).toThrow(
      "expected at most 20000 columns, got 40001. Is a factor meant to be numbers?",
    );
  });
});

test("a term is found whichever way round it is written", () => {
  const { terms } = frameOf("~ group * age + ill", table);
  expect(findTerm(terms, parseExpression("age:group"))).toBe(3);
  expect(findTerm(terms, parseExpression("group"))).toBe(0);
  expect(findTerm(terms, parseExpression("ill:age"))).toBeUndefined();
});
