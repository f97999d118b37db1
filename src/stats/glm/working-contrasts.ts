// The contrasts of a model in the coordinates that its elements' designs are made in: the basis B of the columns that all share (design-frame.ts), then each
// element's own columns as they are. Made in double-double arithmetic, once a model.
import { effectRows, frameOf, independentRows } from "../design/design-frame.js";
import {
  addPairs,
  dividePairs,
  dotPairs,
  doubled,
  multiplyPairs,
  negative,
  pair,
  pairAt,
  putPair,
  rootOf,
} from "../design/double-double.js";
import { at, matrixOf } from "../design/matrix.js";
import type { GlmModel } from "./model.js";

export interface WorkingContrast {
  readonly kind: "t" | "F";
  /** s. */
  readonly rank: number;
  /** f64 [s][k]: C beta = weights times coordinates. */
  readonly weights: Float64Array;
  /** f64 [s][k]: rows that span the same, the part on B orthonormal or zero: tests of nearly the same are told apart. */
  readonly directions: Float64Array;
}

const known = new WeakMap<GlmModel, readonly WorkingContrast[]>();

/** Of a model whose shared columns are independent. */
export function workingContrasts(model: GlmModel): readonly WorkingContrast[] {
  const made = known.get(model);
  if (made !== undefined) return made;
  const contrasts = model.hypotheses.map((hypothesis) => workingContrast(model, hypothesis));
  known.set(model, contrasts);
  return contrasts;
}

function workingContrast(
  { design, nElementColumns: c }: GlmModel,
  { kind, rank: s, contrast }: GlmModel["hypotheses"][number],
): WorkingContrast {
  const frame = frameOf(design);
  const { nColumns: shared } = frame;
  const k = shared + c;
  const effects = effectRows(frame.factors, contrast);
  const rows = doubled(s * k);
  for (let i = 0; i < s; i++) {
    for (let j = 0; j < shared; j++) putPair(rows, i * k + j, pairAt(effects, i * shared + j));
    for (let j = shared; j < k; j++) rows.high[i * k + j] = at(contrast, i, j);
  }
  const weights = rows.high.slice();
  const subtract = (i: number, l: number) => {
    const along = negative(dotPairs(rows, l * k, rows, i * k, shared));
    for (let j = 0; j < k; j++) {
      putPair(rows, i * k + j, addPairs(pairAt(rows, i * k + j), multiplyPairs(along, pairAt(rows, l * k + j))));
    }
  };
  const independent = independentRows(matrixOf(s, shared, (i, j) => at(contrast, i, j)));
  for (let i = 0; i < s; i++) {
    const others = independent.filter((l) => l < i);
    for (let pass = 0; pass < 2; pass++) for (const l of others) subtract(i, l);
    if (!independent.includes(i)) {
      rows.high.fill(0, i * k, i * k + shared);
      continue;
    }
    const factor = dividePairs(pair(1), rootOf(dotPairs(rows, i * k, rows, i * k, shared)));
    for (let j = 0; j < k; j++) putPair(rows, i * k + j, multiplyPairs(pairAt(rows, i * k + j), factor));
  }
  return { kind, rank: s, weights, directions: rows.high.slice() };
}
