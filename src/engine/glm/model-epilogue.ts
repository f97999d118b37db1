// From the products of a tile to statistics: pooled by a kernel, grouped by the function that states them for one element.
import { createGroupedScratch, groupedStatistic } from "../../stats/glm/grouped-variance.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ResidualPanels } from "./residual-preparer.js";

export interface Epilogue {
  /** Once a hypothesis: what its statistics need of the designs. */
  prepare(panels: ResidualPanels, h: number, width: number): void;
  /** f64 [count][width] into the worker's `statistics` (and `dofs`). */
  finish(panels: ResidualPanels, h: number, count: number, width: number): void;
}

export function createEpilogue(context: Context, { regions, size }: ModelJob): Epilogue {
  if (size.nGroups === 1) return pooledEpilogue(context, { regions, size });
  return (size.nElementColumns === 0 ? sharedGroupedEpilogue : groupedEpilogue)(context, { regions, size });
}

type Sized = Pick<ModelJob, "regions" | "size">;

function pooledEpilogue(context: Context, { regions, size }: Sized): Epilogue {
  const { kernels: k, f64 } = context;
  const { sharedRank: r, nElementColumns: c } = size;
  return {
    prepare({ designs, product: { count: rank, directions } }, h, width) {
      const s = size.contrastRanks[h]!;
      const tested = f64(regions.tested, s * (rank + c) * width).fill(0);
      for (const [e, design] of designs.entries()) {
        if (design === undefined) continue;
        for (let q = 0; q < s; q++) {
          const from = design.hypotheses[h]!.tested.subarray(q * (r + c), (q + 1) * (r + c));
          let to = q * (rank + c) * width + e;
          for (let l = 0; l < rank; l++, to += width) {
            if (directions === undefined) tested[to] = from[l]!;
            else for (let j = 0; j < r; j++) tested[to]! += directions[l * r + j]! * from[j]!;
          }
          for (let j = 0; j < c; j++, to += width) tested[to] = from[r + j]!;
        }
      }
    },
    finish({ designs, product: { count: rank } }, h, count, width) {
      const { dof, hypotheses } = designs.find((design) => design !== undefined)!;
      k.f64PooledStatistics(
        count,
        designs.length,
        rank,
        c,
        size.contrastRanks[h]!,
        regions.product,
        regions.ownProduct,
        width,
        -1,
        0,
        regions.tested,
        1,
        context.worker.sums,
        dof,
        hypotheses[h]!.kind === "t" ? 1 : 0,
        regions.statistics,
      );
    },
  };
}

/** Under one design for all members: by the kernel. */
function sharedGroupedEpilogue(context: Context, { regions, size }: Sized): Epilogue {
  const { kernels: k, f64, buffer } = context;
  const { sharedRank: r, nGroups } = size;
  const gram = regions.moments;
  const sizes = gram + nGroups * r * r * 8;
  const rnn = sizes + nGroups * 8;
  const toEffect = rnn + nGroups * 8;
  const directions = toEffect + Math.max(...size.contrastRanks) * r * 8;
  const recovery = directions + nGroups * r * r * 8;
  const starts = recovery + nGroups * r * 8;
  return {
    prepare({ designs, product: { groups: rows } }, h) {
      const { groups, hypotheses } = designs[0]!;
      f64(directions, rows!.directions.length).set(rows!.directions);
      f64(recovery, rows!.rank).set(rows!.recovery);
      new Int32Array(buffer, starts, nGroups + 1).set(rows!.starts);
      f64(gram, nGroups * r * r).set(groups!.gram);
      f64(sizes, nGroups).set(groups!.sizes);
      f64(rnn, nGroups).set(groups!.rnn);
      f64(toEffect, size.contrastRanks[h]! * r).set(hypotheses[h]!.toEffect);
    },
    finish({ designs, product }, h, count, width) {
      k.f64GroupedStatistics(
        count,
        designs.length,
        r,
        nGroups,
        size.contrastRanks[h]!,
        regions.product,
        regions.squareProduct,
        width,
        starts,
        directions,
        product.groups!.dropped,
        recovery,
        gram,
        sizes,
        rnn,
        toEffect,
        designs[0]!.hypotheses[h]!.kind === "t" ? 1 : 0,
        regions.statistics,
        regions.dofs,
        regions.scratch,
      );
    },
  };
}

/** Element by element, each with its own design. */
function groupedEpilogue(context: Context, { regions, size }: Sized): Epilogue {
  const { f64 } = context;
  const { sharedRank: r0, nElementColumns: c, nGroups } = size;
  const r = r0 + c;
  const scratch = createGroupedScratch(r, nGroups);
  const p = new Float64Array(nGroups * r);
  const squares = new Float64Array(nGroups);
  return {
    prepare() {},
    finish({ designs }, h, count, width) {
      const product = f64(regions.product, count * nGroups * r0 * width);
      const own = f64(regions.ownProduct, count * nGroups * c * width);
      const squareProduct = f64(regions.squareProduct, count * nGroups * width);
      const statistics = f64(regions.statistics, count * width);
      const dofs = f64(regions.dofs, count * width);
      for (const [e, design] of designs.entries()) {
        for (let b = 0; b < count; b++) {
          const to = b * width + e;
          statistics[to] = Number.NaN;
          dofs[to] = 1;
          if (design === undefined) continue;
          for (let g = 0; g < nGroups; g++) {
            squares[g] = squareProduct[(b * nGroups + g) * width + e]!;
            for (let j = 0; j < r0; j++) p[g * r + j] = product[((b * nGroups + g) * r0 + j) * width + e]!;
            for (let j = 0; j < c; j++) p[g * r + r0 + j] = own[((b * nGroups + g) * c + j) * width + e]!;
          }
          const found = groupedStatistic(design, design.hypotheses[h]!, p, squares, scratch);
          statistics[to] = design.hypotheses[h]!.kind === "t" ? found.statistic : Math.sqrt(found.statistic);
          dofs[to] = found.dof;
        }
      }
    },
  };
}
