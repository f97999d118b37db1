// What is said of tables that R may read otherwise.
import { expect, test } from "vitest";
import { tableOf } from "../../../src/stats/formula/data-table.js";
import { modelFrame } from "../../../src/stats/formula/model-frame.js";
import { parseFormula } from "../../../src/stats/formula/parse-formula.js";
import { describeUnlikeR } from "../../../src/stats/formula/unlike-r.js";

const table = tableOf(
  ["group", "site", "my site", "age", "iq"],
  [
    ["control", "A", "b", "10,5", "90"],
    ["Patient", "B", "C", "1,101", "91"],
    ["control", "a", "b", "12", "99"],
  ],
);
const said = (formula: string) => describeUnlikeR(modelFrame(parseFormula(formula), table), table);

test("a reference that is another under R's locale is said", () => {
  expect(said("~ group * iq + group")).toEqual([
    'The first level of group is Patient, by the characters\' numbers, as in R under the locale C; under English R has control first. For that, write relevel(group, ref = "control").',
  ]);
  expect(said("~ `my site`")).toEqual([
    'The first level of `my site` is C, by the characters\' numbers, as in R under the locale C; under English R has b first. For that, write relevel(`my site`, ref = "b").',
  ]);
});

test("decimal commas are said", () => {
  expect(said("~ log(age) + iq")).toEqual([
    "Commas in age are read as decimal marks, as R's read.csv2 does; its read.csv makes levels of such cells.",
  ]);
});

test.each([
  "~ iq",
  '~ relevel(group, ref = "control")',
  '~ factor(group, levels = c("control", "Patient"))',
  "~ ordered(group)",
])("%s: nothing", (formula) => {
  expect(said(formula)).toEqual([]);
});
