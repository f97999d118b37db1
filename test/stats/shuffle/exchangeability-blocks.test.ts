import { expect, test } from "vitest";
import { blocksFromLabels, rowsOfBlocks } from "../../../src/stats/shuffle/exchangeability-blocks.js";

test("labels from 1 become labels from 0", () => {
  expect([...blocksFromLabels([1, 2, 2, 1], { nSubjects: 4, kind: "whole" })]).toEqual([0, 1, 1, 0]);
  expect([...blocksFromLabels([1, 0, 0, 1], { nSubjects: 4, kind: "within" })]).toEqual([1, 0, 0, 1]);
});

test("within blocks may differ in size", () => {
  expect([...blocksFromLabels([1, 1, 1, 2, 2], { nSubjects: 5, kind: "within" })]).toEqual([0, 0, 0, 1, 1]);
});

test("rows of blocks are ascending", () => {
  expect(rowsOfBlocks(Int32Array.of(1, 0, 1, 0)).map((rows) => [...rows])).toEqual([
    [1, 3],
    [0, 2],
  ]);
});
