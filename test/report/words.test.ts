// What a contrast asks in words, and what its effect is a share of.
import { describe, expect, it } from "vitest";
import type { ModelData } from "../../src/report/report-data.js";
import { contrastInWords, directionsOf, referenceOf } from "../../src/report/words.js";

const model = (factors: string[], design: number[][]): ModelData => ({
  ...{ factors, design, isNamed: true, nElementColumns: 0, varianceGroups: undefined },
});
const dummy = model(
  ["all", "patient", "age"],
  [
    [1, 0, 30],
    [1, 0, 40],
    [1, 1, 50],
    [1, 1, 60],
  ],
);
const groups = model(
  ["control", "patient", "age"],
  [
    [1, 0, -10],
    [1, 0, 0],
    [0, 1, 10],
    [0, 1, 20],
  ],
);

it.each([
  [[0, -1, 0], "−patient"],
  [[1, -1, 0], "all − patient"],
  [[0, 0, 2.5], "2.5 × age"],
  [[0.5, 0.5, 0, 1], "0.5 × all + 0.5 × patient + column 4"],
  [[0, 0, 0], "nothing"],
])("%j is %s", (weights, words) => {
  expect(contrastInWords(weights, dummy.factors)).toBe(words);
});

it.each([
  [
    dummy,
    [0, -1, 0],
    "is lower where patient is 1 than where it is 0",
    "is higher where patient is 1 than where it is 0",
  ],
  [dummy, [0, 0, 1], "is higher where age is larger", "is lower where age is larger"],
  [dummy, [1, 0, 0], "has a mean above 0 (all)", "has a mean below 0 (all)"],
  [groups, [1, -1, 0], "is higher in control than in patient", "is lower in control than in patient"],
  [groups, [-1, 1, 0], "is lower in control than in patient", "is higher in control than in patient"],
  [groups, [1, 1, 0], "has control + patient above 0", "has control + patient below 0"],
])("%#: what is asked, and what not", (design, weights, tested, opposite) => {
  expect(directionsOf(weights, design)).toMatchObject({ tested, opposite });
});

describe("percent is of", () => {
  it("the group whose indicator is 0, others at their means", () => {
    expect(referenceOf([0, -1, 0], dummy)).toEqual({
      row: [1, 0, 45],
      words: "the fitted mean where patient is 0, other columns of the design at their means",
      per: "",
    });
  });
  it("the group with the negative weight", () => {
    const reference = referenceOf([1, -1, 0], groups)!;
    expect(reference.row).toEqual([0, 1, 5]);
    expect(reference.words).toBe("the fitted mean of patient, other columns of the design at their means");
  });
  it("the mean of all, per unit, for a covariate", () => {
    expect(referenceOf([0, 0, 1], dummy)).toEqual({
      row: [1, 0.5, 45],
      words: "the fitted mean of all subjects (every column of the design at its mean)",
      per: " per unit of age",
    });
  });
  it("per unit of what is coded −1 and 1", () => {
    const coded = model(
      ["all", "sex"],
      [
        [1, -1],
        [1, 1],
      ],
    );
    expect(referenceOf([0, 1], coded)).toEqual({
      row: [1, -1],
      words: "the fitted mean where sex is −1",
      per: " per unit of sex",
    });
  });
  it("nothing, where the mean itself is tested or a column is each element's own", () => {
    expect(referenceOf([1, 0, 0], dummy)).toBeUndefined();
    expect(referenceOf([0, 0, 0, 1], { ...dummy, nElementColumns: 1 })).toBeUndefined();
  });
});
