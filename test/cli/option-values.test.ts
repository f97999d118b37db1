// What options mean once they are read: the number of threads under either name, the two ways to say what is tested.
import { describe, expect, it } from "vitest";
import { resolveHypothesisForm, resolveVectorForm } from "../../src/cli/options/hypothesis-form.js";
import { nThreadsOf } from "../../src/cli/options/standard.js";
import { usableCores } from "../../src/system-cores.js";

it.each([
  [{}, usableCores()],
  [{ nthreads: 3 }, 3],
  [{ threads: 3 }, 3],
  [{ threads: 0 }, 0],
  [{ nthreads: 0 }, 0],
])("threads of %j: %i", (typed, expected) =>
  expect(nThreadsOf({ progress: "auto", memory: 1, io: "auto", ...typed })).toBe(expected),
);

describe("with a contrast matrix", () => {
  const six = ["fd", "subjects", "design", "contrast", "matrix", "out"];
  const four = ["data", "design", "contrast", "x_"];

  it("one -ftest is the beginning of -ftests, as in 3.0.x", () => {
    for (const typed of [{ ftests: "f.txt" }, { ftest: ["f.txt"] }]) {
      expect(resolveHypothesisForm(six, typed)).toEqual({
        ...{ input: "fd", subjects: "subjects", design: "design", contrast: "contrast" },
        ...{ connectivity: "matrix", output: "out", ftests: "f.txt", fonly: false },
      });
      expect(resolveVectorForm(four, typed)).toEqual({
        ...{ input: "data", design: "design", contrast: "contrast", prefix: "x_", ftests: "f.txt", fonly: false },
      });
    }
  });

  it("several are not, nor is -ttests", () => {
    expect(() => resolveHypothesisForm(six, { ftest: ["f.txt", "g.txt"] })).toThrow(
      "Cannot use -ftest beside a contrast matrix: expected five arguments with it, got six.",
    );
    expect(() => resolveVectorForm(four, { ttests: "t.txt" })).toThrow(
      "Cannot use -ttests beside a contrast matrix: expected three arguments with it, got four.",
    );
  });
});
