// Variance groups of elements that bring columns of their own: the rows of those columns in each group, and K_g, n_g and Rnn_g of mathematics M9 of all
// elements at once. K_g has blocks: shared rows among each other, which are the same for all; shared rows with own columns, a product; own columns, lane by lane.
import type { Allocate } from "../../stats/design/column-factors.js";
import type { SharedFactors } from "../../stats/glm/element-design.js";
import { type GroupMoments, groupMoments, residualSize } from "../../stats/glm/group-moments.js";
import { splitByGroup } from "../../stats/glm/group-rows.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import { rowsOfGroups } from "./group-shuffle.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createPanels } from "./panels.js";

export interface OwnMoments {
  /** Pointer to the rows of group g of own column j, [W/4][rows of the group][4]. */
  groupPanel(g: number, j: number, width: number): number;
  /** When the own columns are orthonormal: their rows of each group into place, and `gramColumns`, `rnnColumns` and `sizes`; zeros where `isTested` is 0. */
  place(group: ElementGroup, shared: SharedFactors, isTested: Float64Array, width: number, allocate: Allocate): void;
}

export function createOwnMoments(context: Context, modelJob: ModelJob, loader: ModelLoader): OwnMoments {
  const { job, worker: w, kernels: k, f64, i32 } = context;
  const { regions, size, model } = modelJob;
  const { sharedRank: r0, nElementColumns: c, nGroups } = size;
  const n = job.size.nSubjects;
  const r = r0 + c;
  const panels = createPanels(context);
  const wide = k.panels.f64;
  const ofGroups = rowsOfGroups(modelJob);
  const firstOf = ofGroups.map((_, g) => ofGroups.slice(0, g).reduce((sum, rows) => sum + rows.length, 0));
  const groupPanel = (g: number, j: number, width: number) => loader.ownPanel(c + j) + firstOf[g]! * width * 8;

  /** Of the last group of elements; most have the same observations as the next. */
  let last: ({ readonly shared: SharedFactors } & GroupMoments) | undefined;

  const splitPanels = (j: number, width: number) => {
    const all = f64(loader.ownPanel(j), n * width);
    for (const [g, rows] of ofGroups.entries()) {
      const part = f64(groupPanel(g, j, width), rows.length * width);
      let to = 0;
      for (let panel = 0; panel < n * width; panel += n * wide) {
        for (const row of rows) for (let l = 0; l < wide; l++) part[to++] = all[panel + row * wide + l]!;
      }
    }
  };

  /** Inner products of the lanes of own columns i and j over the rows of a group, f64 [width]. */
  const laneProducts = (g: number, i: number, j: number, width: number): Float64Array => {
    const rows = ofGroups[g]!;
    i32(regions.groupLabels, rows.length).set(rows);
    const shuffle = [rows.length, n, 1, width, regions.groupLabels, 0] as const;
    k.f64LaneProduct(...shuffle, groupPanel(g, i, width), loader.ownPanel(j), w.sums, 1, width);
    return f64(w.sums, width);
  };

  return {
    groupPanel,
    place({ keep }, shared, isTested, width, allocate) {
      if (last?.shared !== shared) last = { shared, ...groupMoments(model, keep, shared.q, r0)! };
      const { gram, sizes } = last;
      const columns = f64(regions.gramColumns, nGroups * r * r * width);
      const put = (g: number, a: number, b: number, values: ArrayLike<number>, from: number) => {
        const [to, mirrored] = [((g * r + a) * r + b) * width, ((g * r + b) * r + a) * width];
        for (let e = 0; e < width; e++) columns[mirrored + e] = columns[to + e] = values[from + e]!;
      };
      for (let g = 0; g < nGroups; g++) {
        for (let a = 0; a < r0; a++) {
          for (let b = 0; b < r0; b++) {
            const value = gram[(g * r0 + a) * r0 + b]!;
            const to = ((g * r + a) * r + b) * width;
            for (let e = 0; e < width; e++) columns[to + e] = value * isTested[e]!;
          }
        }
      }
      const nRows = nGroups * r0;
      panels.writeRows(regions.gathered, splitByGroup(shared.q, model.groups!, allocate), nRows);
      for (let j = 0; j < c; j++) {
        splitPanels(j, width);
        const own = loader.ownPanel(j);
        k.product.f64(panels.rows(nRows), n, width, regions.gathered, own, regions.product, width);
        const along = f64(regions.product, nRows * width);
        for (let g = 0; g < nGroups; g++) {
          for (let a = 0; a < r0; a++) put(g, a, r0 + j, along, (g * r0 + a) * width);
          for (let i = 0; i <= j; i++) put(g, r0 + i, r0 + j, laneProducts(g, i, j, width), 0);
        }
      }
      const rnn = f64(regions.rnnColumns, nGroups * width);
      for (let g = 0; g < nGroups; g++) {
        for (let e = 0; e < width; e++) {
          let trace = 0;
          for (let a = 0; a < r; a++) trace += columns[((g * r + a) * r + a) * width + e]!;
          rnn[g * width + e] = isTested[e]! * residualSize(sizes[g]!, trace);
        }
      }
      f64(regions.sizes, nGroups).set(sizes);
    },
  };
}
