// How many threads are worth starting.
import { expect, it } from "vitest";
import { boundThreads } from "../src/system-cores.js";

it.each([
  [0, 2, 0],
  [3, 2, 3],
  [8, 2, 8],
  [9, 2, 8],
  [500, 1, 8],
  [64, 64, 64],
  [500, 64, 64],
])("%i threads where %i run at once: %i", (asked, cores, expected) => {
  const { nThreads, warning } = boundThreads(asked, cores);
  expect(nThreads).toBe(expected);
  expect(warning?.tag).toBe(asked === expected ? undefined : "too-many-threads");
});

it("says so", () => {
  expect(boundThreads(500, 1).warning?.message).toBe(
    "500 threads are more than help: 1 thread can run at once here, so 8 are used. Each takes memory of its own, and time to begin.",
  );
});
