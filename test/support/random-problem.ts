// Small random problems for all models: a design, element-wise columns, missing values, variance groups, contrasts and shuffles, from a seed.
import type { Rows, Shuffle } from "./oracle-glm.js";
import { createRandom } from "./seeded-random.js";

export interface ProblemOptions {
  seed: number;
  nColumns: number;
  /** 0: none. */
  nGroups: number;
  missing: boolean;
}

export interface RandomProblem {
  n: number;
  shared: number[][];
  /** One array an element-wise column, [n]; NaN where missing. */
  columns: number[][];
  y: number[];
  contrasts: { rows: Rows; kind: "t" | "F" }[];
  groups: number[] | undefined;
  /** The first is the identity; half of the others have signs. */
  shuffles: Shuffle[];
}

export function randomProblem({ seed, nColumns, nGroups, missing }: ProblemOptions): RandomProblem {
  const { uniform, normal } = createRandom(seed * 7919 + nColumns * 101 + nGroups * 13 + Number(missing));
  const n = 14 + Math.floor(uniform() * 10);
  const k0 = 2 + Math.floor(uniform() * 2);
  const shared = Array.from({ length: n }, (_, i) =>
    Array.from({ length: k0 }, (__, j) => (j === 0 ? 1 : j === 1 ? Number(i % 2 === 0) : 5 + 2 * normal())),
  );
  const groups =
    nGroups === 0
      ? undefined
      : Array.from({ length: n }, (_, i) => (i < nGroups ? i : Math.floor(uniform() * nGroups)));
  const columns = Array.from({ length: nColumns }, () => Array.from({ length: n }, () => 3 + normal()));
  const y = Array.from({ length: n }, (_, i) => 10 + shared[i]![1]! + (1 + (groups?.[i] ?? 0)) * normal());
  if (missing) {
    const share = uniform() * 0.45;
    for (let i = 0; i < n; i++) {
      if (uniform() < share) y[i] = uniform() < 0.5 ? Number.NaN : Number.POSITIVE_INFINITY;
      for (const x of columns) if (uniform() < share / 3) x[i] = Number.NaN;
    }
  }
  const k = k0 + nColumns;
  const unit = (j: number) => Array.from({ length: k }, (_, l) => Number(l === j));
  const any = () => Array.from({ length: k }, () => normal());
  const contrasts: RandomProblem["contrasts"] = [
    { rows: [unit(1)], kind: "t" },
    { rows: [any()], kind: "t" },
    { rows: [unit(k - 1)], kind: "F" },
    { rows: [unit(1), any()], kind: "F" },
  ];
  const identity = Array.from({ length: n }, (_, i) => i);
  const shuffles: Shuffle[] = [{ perm: identity }];
  for (let b = 1; b < 6; b++) {
    const perm = [...identity];
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [perm[i], perm[j]] = [perm[j]!, perm[i]!];
    }
    const sign = b % 2 === 0 ? perm.map(() => (uniform() < 0.5 ? -1 : 1)) : undefined;
    shuffles.push({ perm, sign });
  }
  return { n, shared, columns, y, contrasts, groups, shuffles };
}
