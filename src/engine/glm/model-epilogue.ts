// From the products of a tile to statistics: pooled by a kernel, grouped by the function that states them for one element.
import type { TestedDirections } from "../../stats/glm/element-design.js";
import { createGroupedScratch, groupedStatistic } from "../../stats/glm/grouped-variance.js";
import { testedSideBySide } from "../../stats/glm/shuffled-design.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ResidualPanels } from "./residual-preparer.js";

export interface Epilogue {
  /** Once a hypothesis: what its statistics need of the designs. */
  prepare(panels: ResidualPanels, h: number, width: number): void;
  /** Whether what `finish` leaves are squares. */
  readonly isSquared: boolean;
  /** f64 [count][width] into the worker's `statistics` (and `dofs`). */
  finish(panels: ResidualPanels, h: number, count: number, width: number): void;
}

export function createEpilogue(context: Context, modelJob: ModelJob): Epilogue {
  const { nGroups, nElementColumns } = modelJob.size;
  if (nGroups === 1) return pooledEpilogue(context, modelJob);
  return (nElementColumns === 0 ? sharedGroupedEpilogue : groupedEpilogue)(context, modelJob);
}

const signed = ({ kind }: TestedDirections): 0 | 1 => (kind === "t" ? 1 : 0);

function pooledEpilogue({ job, worker, kernels: k, f64 }: Context, { regions, size }: ModelJob): Epilogue {
  const { nElementColumns: c, contrastRanks } = size;
  const isSquared = job.sink.kind === "bins";
  return {
    isSquared,
    prepare({ designs, product }, h, width) {
      const given = designs.map((design) => design?.hypotheses[h]?.tested);
      const tested = testedSideBySide(given, product, { s: contrastRanks[h]!, c, width });
      f64(regions.tested, tested.length).set(tested);
    },
    finish({ designs, product }, h, count, width) {
      const { dof, hypotheses } = designs.find((design) => design !== undefined)!;
      const sizes = [count, designs.length, product.count, c, contrastRanks[h]!] as const;
      const products = [regions.product, regions.ownProduct, width] as const;
      const noShifts = [-1, 0] as const;
      const tested = [regions.tested, 1, worker.sums, dof, signed(hypotheses[h]!)] as const;
      k.f64PooledStatistics(...sizes, ...products, ...noShifts, ...tested, isSquared ? 1 : 0, regions.statistics);
    },
  };
}

/** Under one design for all members: by the kernel. */
function sharedGroupedEpilogue({ kernels: k, f64, i32 }: Context, { regions, size }: ModelJob): Epilogue {
  const { sharedRank: r, nGroups, contrastRanks } = size;
  const { gram, sizes, rnn, toEffect, starts, directions, recovery } = regions;
  const put = (region: number, values: Float64Array) => f64(region, values.length).set(values);
  return {
    isSquared: false,
    prepare({ designs, product }, h) {
      const { groups, hypotheses } = designs[0]!;
      put(gram, groups!.gram);
      put(sizes, groups!.sizes);
      put(rnn, groups!.rnn);
      put(toEffect, hypotheses[h]!.tested);
      i32(starts, nGroups + 1).set(product.groups!.starts);
      put(directions, product.groups!.directions);
      put(recovery, product.groups!.recovery);
    },
    finish({ designs, product }, h, count, width) {
      const counts = [count, designs.length, r, nGroups, contrastRanks[h]!] as const;
      const products = [regions.product, regions.squareProduct, width] as const;
      const rows = [starts, directions, product.groups!.dropped, recovery] as const;
      const design = [gram, sizes, rnn, toEffect, signed(designs[0]!.hypotheses[h]!)] as const;
      const out = [regions.statistics, regions.dofs, regions.scratch] as const;
      k.f64GroupedStatistics(...counts, ...products, ...rows, ...design, ...out);
    },
  };
}

/** Element by element, each with its own design. */
function groupedEpilogue({ f64 }: Context, { regions, size }: ModelJob): Epilogue {
  const { sharedRank: r0, nElementColumns: c, nGroups } = size;
  const r = r0 + c;
  const scratch = createGroupedScratch(r, nGroups);
  const p = new Float64Array(nGroups * r);
  const squares = new Float64Array(nGroups);
  return {
    isSquared: false,
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
