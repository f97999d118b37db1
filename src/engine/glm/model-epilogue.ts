// From the products of a tile to statistics, by the kernel for the variance and the designs of the members.
import type { TestedDirections } from "../../stats/glm/element-design.js";
import type { GroupRows } from "../../stats/glm/group-rows.js";
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
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
  finish(panels: ResidualPanels, h: number, products: TileProducts): void;
}

/** Pointers to [count][..][width] of the precision: rows that elements share, and with variance groups their squares. */
export interface TileProducts {
  readonly count: number;
  readonly width: number;
  readonly product: number;
  readonly squares: number;
}

export function createEpilogue(context: Context, modelJob: ModelJob): Epilogue {
  const { nGroups, nElementColumns } = modelJob.size;
  if (nGroups === 1) return pooledEpilogue(context, modelJob);
  return (nElementColumns === 0 ? sharedGroupedEpilogue : groupedEpilogue)(context, modelJob);
}

const signed = ({ kind }: TestedDirections): 0 | 1 => (kind === "t" ? 1 : 0);

const bytesOf = ({ precision }: Context["job"]): 4 | 8 => (precision === "single" ? 4 : 8);

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
    finish({ designs, product: { count: nRows } }, h, { count, width, product }) {
      const { dof, hypotheses } = designs.find((design) => design !== undefined)!;
      const sizes = [count, designs.length, nRows, c, contrastRanks[h]!] as const;
      const products = [product, regions.ownProduct, bytesOf(job), width] as const;
      const noShifts = [-1, 0] as const;
      const tested = [regions.tested, 1, worker.sums, dof, signed(hypotheses[h]!)] as const;
      k.f64PooledStatistics(
        ...sizes,
        ...products,
        ...noShifts,
        ...tested,
        SSE_ROUNDING,
        isSquared ? 1 : 0,
        regions.statistics,
      );
    },
  };
}

/** Under one design for all members: by the kernel. */
function sharedGroupedEpilogue({ job, kernels: k, f64, i32 }: Context, { regions, size }: ModelJob): Epilogue {
  const { sharedRank: r, nGroups, contrastRanks } = size;
  const { gram, sizes, rnn, toEffect } = regions;
  const put = (region: number, values: Float64Array) => f64(region, values.length).set(values);
  const rowsOf = rowPlacer({ f64, i32 }, regions);
  return {
    isSquared: false,
    prepare({ designs, product }, h) {
      const { groups, hypotheses } = designs[0]!;
      put(gram, groups!.gram);
      put(sizes, groups!.sizes);
      put(rnn, groups!.rnn);
      put(toEffect, hypotheses[h]!.tested);
      rowsOf.place(product.groups!);
    },
    finish({ designs, product: { groups } }, h, { count, width, product, squares }) {
      const counts = [count, designs.length, r, nGroups, contrastRanks[h]!] as const;
      const products = [product, squares, bytesOf(job), width] as const;
      const rows = rowsOf.pointers(groups!);
      const design = [gram, sizes, rnn, toEffect, signed(designs[0]!.hypotheses[h]!)] as const;
      const out = [regions.statistics, regions.dofs, regions.scratch] as const;
      k.f64GroupedStatistics(...counts, ...products, ...rows, ...design, ...out);
    },
  };
}

/** Each element with its own design, side by side; K_g and Rnn_g are there (own-moments.ts). */
function groupedEpilogue({ job, kernels: k, f64, i32 }: Context, { regions, size }: ModelJob): Epilogue {
  const { sharedRank: r0, nElementColumns: c, nGroups, contrastRanks } = size;
  const { gramColumns, sizes, rnnColumns, tested } = regions;
  const rowsOf = rowPlacer({ f64, i32 }, regions);
  return {
    isSquared: false,
    prepare({ designs, product }, h, width) {
      const given = designs.map((design) => design?.hypotheses[h]?.tested);
      const values = testedSideBySide(given, { count: r0 }, { s: contrastRanks[h]!, c, width });
      f64(tested, values.length).set(values);
      rowsOf.place(product.groups!);
    },
    finish({ designs, product: { groups } }, h, { count, width, product, squares }) {
      const { hypotheses } = designs.find((design) => design !== undefined)!;
      const counts = [count, designs.length, r0, c, nGroups, contrastRanks[h]!] as const;
      const products = [
        product,
        regions.ownProduct,
        squares,
        bytesOf(job),
        width,
        ...rowsOf.pointers(groups!),
      ] as const;
      const design = [gramColumns, sizes, rnnColumns, tested, signed(hypotheses[h]!)] as const;
      k.f64GroupedByColumn(...counts, ...products, ...design, regions.statistics, regions.dofs, regions.scratch);
      const [statistics, dofs] = [f64(regions.statistics, count * width), f64(regions.dofs, count * width)];
      for (const [e, own] of designs.entries()) {
        if (own !== undefined) continue;
        for (let to = e; to < count * width; to += width) {
          statistics[to] = Number.NaN;
          dofs[to] = 1;
        }
      }
    },
  };
}

/** What kernels take of the rows of variance groups (group-rows.ts). */
function rowPlacer({ f64, i32 }: Pick<Context, "f64" | "i32">, { starts, directions, recovery }: ModelJob["regions"]) {
  return {
    place(rows: GroupRows) {
      i32(starts, rows.starts.length).set(rows.starts);
      f64(directions, rows.directions.length).set(rows.directions);
      f64(recovery, rows.recovery.length).set(rows.recovery);
    },
    pointers: ({ dropped }: GroupRows) => [starts, directions, dropped, recovery] as const,
  };
}
