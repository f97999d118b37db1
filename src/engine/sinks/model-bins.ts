// Bins of models whose design varies or whose variance is grouped: statistics of any group of elements -> bins at their places.
import type { BinScale } from "../../stats/glm/bin-scale.js";
import { binOfF, binOfT } from "../../stats/glm/fast-z.js";
import type { Context } from "../context.js";
import type { Batch, ZTable } from "../plan/job.js";
import type { StatisticTile } from "../seams.js";

/** Returns the largest bin. `bins`: pointer to that of the block's first element and the tile's first shuffle. */
export type ModelBinner = (tile: StatisticTile, batch: Batch, bins: number) => number;

export function createModelBinner(context: Context, scale: BinScale): ModelBinner {
  const { modelJob, kernels: k, u32, f64, buffer } = context;
  if (modelJob === undefined) return () => 0;
  const { regions, model } = modelJob;
  const { lanes } = k.panels;

  /** One number of degrees of freedom for all, which has a table. */
  const binByTable = (tile: StatisticTile, { binBytes }: Batch, bins: number, { lookups }: ZTable): number => {
    const { h, members, count, stride } = tile;
    u32(regions.members, members.length).set(members);
    const statistics = [regions.statistics, stride, regions.members] as const;
    return k.f64BinScores(count, members.length, ...statistics, ...lookups[h]!, binBytes, bins);
  };

  /** Without a table: degrees of freedom of each statistic's own, or of few elements. */
  const binByDofs = (
    { h, members, count, stride, isSquared, dof }: StatisticTile,
    { binBytes }: Batch,
    bins: number,
  ): number => {
    const { kind, rank } = model.hypotheses[h]!;
    const statistics = f64(regions.statistics, count * stride);
    const dofs = dof === undefined ? f64(regions.dofs, count * stride) : undefined;
    const span = members.at(-1)! * lanes + count;
    const out = binBytes === 1 ? new Uint8Array(buffer, bins, span) : new Uint16Array(buffer, bins, span);
    let largest = 0;
    for (let b = 0; b < count; b++) {
      for (let i = 0; i < members.length; i++) {
        const found = statistics[b * stride + i]!;
        const x = isSquared ? Math.sign(found) * Math.sqrt(Math.abs(found)) : found;
        const own = dofs === undefined ? dof! : dofs[b * stride + i]!;
        const bin = kind === "t" ? binOfT(x, own, scale) : binOfF(x * x, rank, own, scale);
        if (bin > largest) largest = bin;
        out[members[i]! * lanes + b] = bin;
      }
    }
    return largest;
  };

  return (tile, batch, bins) => {
    const table = batch.tables.find(({ dof }) => dof === tile.dof);
    return table === undefined ? binByDofs(tile, batch, bins) : binByTable(tile, batch, bins, table);
  };
}
