// Residuals of elements that bring columns of their own, all in the packed panels at once: lanes are elements, and each has its own
// factors. Gram-Schmidt as design/column-factors.ts, the shared columns first.
import { createArrayPool } from "../../stats/design/array-pool.js";
import { createFactors, ENOUGH_LEFT, isUsual, NO_DIRECTION } from "../../stats/design/column-factors.js";
import {
  designOfFactors,
  type ElementDesign,
  exactElementDesign,
  factoriseShared,
  type SharedFactors,
} from "../../stats/glm/element-design.js";
import { CONSTANT_COLUMN } from "../../stats/glm/element-test.js";
import { groupSizes } from "../../stats/glm/group-moments.js";
import { sharedGroupRows } from "../../stats/glm/group-rows.js";
import { shuffledShared } from "../../stats/glm/shuffled-design.js";
import { testedParts } from "../../stats/glm/tested-parts.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createOwnMoments } from "./own-moments.js";
import { createPanels } from "./panels.js";
import { MEMBERS_A_STEP, type ProductRows, type ResidualPreparer } from "./residual-preparer.js";

/** What elements share that have the same observations. */
interface SharedParts {
  readonly key: string;
  readonly shared: SharedFactors;
  readonly product: ProductRows;
}

export function columnPreparer(context: Context, modelJob: ModelJob, loader: ModelLoader): ResidualPreparer {
  const { regions, size, model } = modelJob;
  const { job, worker: w, kernels: k, f64, buffer } = context;
  const { sharedRank: r0, nElementColumns: c } = size;
  const n = job.size.nSubjects;
  const rank = r0 + c;
  const panelsOf = createPanels(context);
  const moments = model.groups && createOwnMoments(context, modelJob, loader);
  const openScope = createArrayPool();
  /** Of one group of elements: nothing of it is read when the next is prepared. */
  const scope = openScope();
  const sharedScope = openScope();
  let kept: SharedParts | undefined;

  /** Takes Q0 out of panels; returns Q0'y, f64 [r0][width]. */
  const projectShared = (panels: number, width: number): Float64Array => {
    k.product.f64(panelsOf.rows(r0), n, width, regions.gathered, panels, regions.product, width);
    const along = Float64Array.from(f64(regions.product, r0 * width));
    k.f64ProjectOut(n, width, r0, regions.basis, panels, 0);
    return along;
  };

  const addScaled = (factors: ArrayLike<number>, direction: number, byColumn: 0 | 1, panels: number) => {
    f64(w.factors, factors.length).set(factors);
    k.f64AddScaled(n, factors.length, w.factors, direction, byColumn, panels);
  };

  const scale = (factors: ArrayLike<number>, panels: number) => {
    f64(w.factors, factors.length).set(factors);
    k.f64ScaleColumns(n, factors.length, w.factors, panels);
  };

  /** Takes the direction in each lane of own column j out of the same lane of panels; returns the components. */
  const removeOwn = (j: number, panels: number, width: number): Float64Array => {
    const direction = loader.ownPanel(j);
    k.f64LaneProduct(n, n, 1, width, regions.labels, 0, direction, panels, w.sums, 1, width);
    const along = Float64Array.from(f64(w.sums, width));
    addScaled(
      along.map((value) => -value),
      direction,
      1,
      panels,
    );
    return along;
  };

  const lengthsOf = (panels: number, width: number): Float64Array => {
    k.f64SumSquares(n, width, panels, w.sums);
    return Float64Array.from(f64(w.sums, width), Math.sqrt);
  };

  /**
   * Own columns, orthonormal to the shared ones and to each other; their part of R, f64 [r0 + c][width] each. Where too little of one is left for double
   * precision, `isEnough` u8 [width] becomes 0.
   */
  const orthonormalise = (width: number, isEnough: Uint8Array): Float64Array[] =>
    Array.from({ length: c }, (_, j) => {
      const panels = loader.ownPanel(j);
      const before = lengthsOf(panels, width);
      const parts = new Float64Array(rank * width);
      parts.set(projectShared(panels, width));
      for (let pass = 0; pass < 2; pass++) {
        for (let l = 0; l < j; l++) addInto(parts.subarray((r0 + l) * width), removeOwn(l, panels, width));
      }
      const left = lengthsOf(panels, width);
      parts.set(left, (r0 + j) * width);
      for (let e = 0; e < width; e++) {
        if (!isUsual(before[e]!) || !(left[e]! > ENOUGH_LEFT * before[e]!)) isEnough[e] = 0;
      }
      scale(
        left.map((length, e) => (length > NO_DIRECTION * before[e]! ? 1 / length : 0)),
        panels,
      );
      return parts;
    });

  const productOf = (shared: SharedFactors, { keep }: ElementGroup): ProductRows => {
    if (model.groups === undefined) return shuffledShared(model, shared, keep, job.hasSigns);
    const groups = sharedGroupRows(model, shared, keep, job.hasSigns, sharedScope.take);
    return { count: groups.rows.length / n, rows: groups.rows, groups };
  };

  /** Those of the last group, where this one has the same observations: of most blocks all elements have them all. */
  const sharedOf = (group: ElementGroup): SharedParts => {
    if (kept?.key === group.key) return kept;
    sharedScope.giveBack();
    const shared = factoriseShared(model, group.keep, sharedScope.take);
    kept = { key: group.key, shared, product: productOf(shared, group) };
    return kept;
  };

  return function* (block, group) {
    const count = group.members.length;
    const width = panelsOf.columns(count);
    const y = w.packed;
    loader.pack(block, group);
    scope.giveBack();
    const { shared, product } = sharedOf(group);
    f64(regions.basis, r0 * n).set(shared.q);
    panelsOf.writeRows(regions.gathered, shared.q, r0);
    // inner products of lanes are a lane product under the identity; the tile's own labels come later
    const identity = new Int32Array(buffer, regions.labels, n);
    for (let i = 0; i < n; i++) identity[i] = i;
    k.f64SumSquares(n, width, y, w.rawSums);
    const fitted = new Float64Array(rank * width);
    fitted.set(projectShared(y, width));
    const isEnough = new Uint8Array(width).fill(shared.exact === undefined ? 1 : 0);
    const own = orthonormalise(width, isEnough);
    const sizes = model.groups && groupSizes(model.groups, group.keep);
    const factors = { ...createFactors(0, rank), count: rank };
    const designs: (ElementDesign | undefined)[] = [];
    const nObservations = n - group.missing.length;
    for (let e = 0; e < count; e++) {
      if (e % MEMBERS_A_STEP === 0) yield;
      if (isEnough[e] === 0) {
        const exact = exactElementDesign(model, group.keep, loader.readOwn(block, group, e));
        const isTested = exact.verdict === "testable";
        designs.push(isTested ? exact : undefined);
        for (let j = 0; j < c; j++) {
          panelsOf.writeColumn(loader.ownPanel(j), e, (i) => (isTested ? exact.basis[(r0 + j) * n + i]! : 0));
        }
        continue;
      }
      const { r } = factors;
      r.fill(0);
      for (let i = 0; i < r0; i++) for (let j = i; j < r0; j++) r[i * rank + j] = shared.r[i * r0 + j]!;
      for (let j = 0; j < c; j++) for (let i = 0; i <= r0 + j; i++) r[i * rank + r0 + j] = own[j]![i * width + e]!;
      const design = designOfFactors(model, group.keep, factors, { sizes, nObservations });
      designs.push(design.verdict === "testable" ? design : undefined);
    }
    if (designs.every((design) => design === undefined)) return undefined;
    const isTested = Float64Array.from({ length: width }, (_, e) => (designs[e] === undefined ? 0 : 1));
    for (const panels of [y, ...own.map((_, j) => loader.ownPanel(j))]) scale(isTested, panels);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < c; j++) addInto(fitted.subarray((r0 + j) * width), removeOwn(j, y, width));
    }
    const sumSquares = Float64Array.from(f64(w.rawSums, width));
    k.f64SumSquares(n, width, y, w.sums);
    // a residual that is rounding of the data's size becomes exactly zero
    const isResidual = f64(w.sums, width).map((sum, e) => (sum > CONSTANT_COLUMN * sumSquares[e]! ? 1 : 0));
    const sse = f64(w.sums, width).map((sum, e) => isResidual[e]! * sum);
    scale(isResidual, y);
    moments?.place(group, shared, isTested, width, scope.take);
    const fit = { r: rank, fitted, sse, sumSquares };
    const residuals = size.contrastRanks.length > 1 ? Float64Array.from(f64(y, width * n)) : undefined;
    return {
      designs,
      product,
      fill(h) {
        if (residuals !== undefined) f64(y, width * n).set(residuals);
        const { shifts: added } = testedParts(
          designs.map((design) => design?.hypotheses[h]?.tested),
          fit,
          width,
        );
        for (let j = 0; j < r0; j++)
          addScaled(added.subarray(j * width, (j + 1) * width), regions.basis + j * n * 8, 0, y);
        for (let j = 0; j < c; j++) {
          addScaled(added.subarray((r0 + j) * width, (r0 + j + 1) * width), loader.ownPanel(j), 1, y);
        }
      },
    };
  };
}

function addInto(sums: Float64Array, terms: Float64Array): void {
  for (let i = 0; i < terms.length; i++) sums[i]! += terms[i]!;
}
