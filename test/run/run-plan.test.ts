// The hash of a plan: the same for equal plans however they were put together, another as soon as any part of one differs.

import { describe, expect, it } from "vitest";
import { createRunPlan, identifyMatrix, identifySources, type RunPlanParts } from "../../src/run/run-plan.js";
import { fc } from "../support/seeded-check.js";

const matrix = (values: readonly number[], nColumns: number) =>
  identifyMatrix({ nRows: values.length / nColumns, nColumns, values: Float64Array.from(values) });

const CFE = { kind: "cfe", dh: 0.1, extentPower: 2, heightPower: 3, exponent: 0.5, legacy: false } as const;

const parts: RunPlanParts = {
  kind: "fixel",
  nSubjects: 4,
  nElements: 9,
  data: identifySources([1, 2, 3, 4]),
  elements: null,
  eligible: null,
  design: matrix([1, 0, 1, 0, 1, 1, 1, 1], 2),
  columns: [identifySources([5, 6, 7, 8])],
  hypotheses: [{ kind: "t", contrast: matrix([0, 1, 0], 3) }],
  varianceGroups: null,
  variable: false,
  shuffles: { count: 24, errors: "ee", exhaustive: false, seed: 7, blocks: null, permutations: null },
  enhancement: { ...CFE, connectivity: { index: 1, fixels: 2, values: 3 } },
  precision: "double",
  kernels: "simd",
};
const { hash } = createRunPlan(parts);

/** All places of a value, as paths of keys. */
function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function withChanged(path: readonly string[], change: (value: unknown) => unknown): RunPlanParts {
  const copy = JSON.parse(JSON.stringify(parts)) as Record<string, unknown>;
  const within = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  within[path.at(-1)!] = change(within[path.at(-1)!]);
  return copy as unknown as RunPlanParts;
}

const otherThan = (value: unknown): unknown =>
  typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : value === null ? "x" : `${value}x`;

describe("the hash", () => {
  it("is that of version 1 (a change of what is hashed needs another version)", () => {
    expect(hash).toMatchInlineSnapshot(`"68d50929fd4aac7475d0c6b735557509a13d1c3e4c1e3ccd4b65fdbebbfecb63"`);
  });
  it("does not depend on the order of keys, nor on a way through JSON", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.keys(parts), { minLength: Object.keys(parts).length }), (keys) => {
        const reordered = Object.fromEntries(keys.map((key) => [key, parts[key as keyof RunPlanParts]]));
        expect(createRunPlan(JSON.parse(JSON.stringify(reordered))).hash).toBe(hash);
      }),
    );
  });
  it.each(leavesOf(parts).map((path) => [path.join("."), path] as const))("changes with %s", (_, path) => {
    expect(createRunPlan(withChanged(path, otherThan)).hash).not.toBe(hash);
  });
  it("changes with another number of hypotheses and columns, and without enhancement", () => {
    const t = parts.hypotheses[0]!;
    const others: RunPlanParts[] = [
      { ...parts, hypotheses: [t, t] },
      { ...parts, columns: [] },
      { ...parts, enhancement: { kind: "none" } },
    ];
    expect(new Set([hash, ...others.map((other) => createRunPlan(other).hash)]).size).toBe(4);
  });
});

describe("the identity of numbers", () => {
  it("is that of their values and their shape", () => {
    const values = fc.array(fc.double({ noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const same = a.every((value, i) => value === b[i]);
        expect(matrix(a, 2).sha256 === matrix(b, 2).sha256).toBe(same);
        expect(matrix(a, 2)).not.toEqual(matrix(a, 3));
      }),
    );
  });
  it("does not tell -0 from 0", () => expect(matrix([-0, 1], 2)).toEqual(matrix([0, 1], 2)));
  it("of sources is that of their checksums in order", () => {
    expect(identifySources([1, 2])).toEqual(identifySources([1, 2]));
    expect(identifySources([1, 2])).not.toEqual(identifySources([2, 1]));
    expect(identifySources([2 ** 32 - 1]).count).toBe(1);
  });
});
