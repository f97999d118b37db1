// Threads are begun where there is work for them.
import { expect, test } from "vitest";
import { worthwhileThreads } from "../../src/engine/elementwise/plan.js";

test("the main thread does what would be done before another has begun", () => {
  expect(worthwhileThreads(100 * 2000 * 14, 2)).toBe(0);
  expect(worthwhileThreads(100 * 60_000 * 14, 2)).toBe(2);
  expect(worthwhileThreads(100 * 60_000 * 14, 0)).toBe(0);
});
