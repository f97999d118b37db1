// What no permutation moves: by its definition, on designs with an intercept in any place, only in their span, or with observations missing.
import { describe, expect, it } from "vitest";
import { addColumn, createFactors } from "../../../src/stats/design/column-factors.js";
import { besidesConstant } from "../../../src/stats/design/constant-direction.js";
import { createRandom } from "../../support/seeded-random.js";

const N = 30;
const random = createRandom(5);
const noise = () => Array.from({ length: N }, () => random.normal());
const ones = Array.from({ length: N }, () => 1);
const group = Array.from({ length: N }, (_, i) => i % 2);
const all = new Uint8Array(N).fill(1);
const some = Uint8Array.from({ length: N }, (_, i) => (i % 7 === 3 ? 0 : 1));

function basisOf(columns: readonly number[][], keep: Uint8Array): Float64Array {
  const factors = createFactors(N, columns.length);
  for (const column of columns)
    addColumn(
      factors,
      Float64Array.from(column, (x, i) => x * keep[i]!),
    );
  return factors.q;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The constant in the basis' coordinates. */
function constantIn(basis: Float64Array, keep: Uint8Array): number[] {
  const left = keep.reduce((sum, kept) => sum + kept, 0);
  return Array.from(
    { length: basis.length / N },
    (_, j) => dot(basis.subarray(j * N, (j + 1) * N), keep) / Math.sqrt(left),
  );
}

/** A unit vector without g. */
function nuisanceFree(g: readonly number[]): Float64Array {
  const drawn = g.map(() => random.normal());
  const along = dot(drawn, g);
  const rest = drawn.map((x, j) => x - along * g[j]!);
  return Float64Array.from(rest, (x) => x / Math.sqrt(dot(rest, rest)));
}

describe.each([
  ["intercept first", [ones, noise(), noise()], all],
  ["intercept last", [noise(), group, ones], all],
  ["intercept only in the span", [group, group.map((g) => 1 - g), noise()], all],
  ["negative intercept", [ones.map(() => -3), noise()], all],
  ["observations missing", [noise(), ones, group], some],
])("%s", (_, columns, keep) => {
  const basis = basisOf(columns, keep);
  const r = columns.length;
  const g = constantIn(basis, keep);

  it("leaves r - 1 orthonormal directions beside the constant, which with it span what there was", () => {
    const rows = besidesConstant(basis, keep, [nuisanceFree(g)])!;
    const vectors = [g, ...Array.from({ length: r - 1 }, (_, j) => [...rows.subarray(j * r, (j + 1) * r)])];
    expect(vectors).toHaveLength(r);
    for (const [i, a] of vectors.entries()) {
      for (const [j, b] of vectors.entries()) expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 13);
    }
  });

  it("is refused where a hypothesis tests the constant", () => {
    expect(besidesConstant(basis, keep, [nuisanceFree(g), Float64Array.from(g)])).toBeUndefined();
    const tilted = Float64Array.from(nuisanceFree(g), (x, j) => x + 1e-6 * g[j]!);
    expect(besidesConstant(basis, keep, [tilted])).toBeUndefined();
  });
});

it("is refused where the design has no constant, or nearly", () => {
  const nearly = ones.map((x, i) => x + (i === 0 ? 1e-4 : 0));
  for (const columns of [[noise(), group], [nearly]]) {
    expect(besidesConstant(basisOf(columns, all), all, [])).toBeUndefined();
  }
});
