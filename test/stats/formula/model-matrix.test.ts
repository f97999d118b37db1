// Every formula of fixtures/formulas against what R's model.matrix answered (fixtures/make/formulas.R): names, terms, rows kept, values.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type DataTable, tableOf } from "../../../src/stats/formula/data-table.js";
import { modelFrame } from "../../../src/stats/formula/model-frame.js";
import { modelMatrix } from "../../../src/stats/formula/model-matrix.js";
import { parseFormula } from "../../../src/stats/formula/parse-formula.js";
import type { ContrastName } from "../../../src/stats/formula/value.js";

const read = (name: string) => readFileSync(new URL(`../../../fixtures/formulas/${name}`, import.meta.url), "utf8");
const linesOf = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

function cohort(): DataTable {
  const [header, ...rows] = linesOf(read("cohort.csv")).map((line) => line.split(","));
  return tableOf(header!, rows);
}

interface Answer {
  rows: number[];
  terms: string[];
  assign: number[];
  columns: { name: string; values: number[] }[];
}

function answers(): Map<number, Answer> {
  const all = new Map<number, Answer>();
  for (const line of linesOf(read("model-matrices.csv"))) {
    const [number, what, ...rest] = line.split("|");
    const answer = all.get(Number(number)) ?? { rows: [], terms: [], assign: [], columns: [] };
    all.set(Number(number), answer);
    if (what === "rows") answer.rows = rest.map((row) => Number(row) - 1);
    else if (what === "terms") answer.terms = rest.filter((label) => label !== "");
    else if (what === "assign") answer.assign = rest.map(Number);
    else answer.columns.push({ name: what!.slice(1), values: rest.map(Number) });
  }
  return all;
}

const formulas = linesOf(read("formulas.txt"));
const answered = answers();
const table = cohort();

describe("model.matrix", () => {
  test("has the formulas that R answered", () => {
    expect(formulas.length).toBeGreaterThanOrEqual(60);
    expect(answered.size).toBe(formulas.length);
  });

  test.each(formulas.map((line, i) => [line, i + 1] as const))("%s", (line, number) => {
    const [text, unordered] = line.split(" @ ");
    const expected = answered.get(number)!;
    const frame = modelFrame(parseFormula(text!), table, { notInDot: ["id"] });
    const got = modelMatrix(frame, unordered === undefined ? {} : { unordered: unordered as ContrastName });
    expect(got.columns).toEqual(expected.columns.map(({ name }) => name));
    expect(frame.rows).toEqual(expected.rows);
    expect(got.terms).toEqual(expected.terms);
    expect(got.assign).toEqual(expected.assign);
    expected.columns.forEach(({ name, values }, j) => {
      const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      values.forEach((value, i) => {
        const difference = Math.abs(got.matrix[i * got.columns.length + j]! - value);
        expect(
          difference,
          `${name}, row ${i}: ${got.matrix[i * got.columns.length + j]} for ${value}`,
        ).toBeLessThanOrEqual(1e-12 * size);
      });
    });
  });
});
