// Bins of models whose design varies or whose variance is grouped: statistics of any group of elements -> bins at their places.
import type { BinScale } from "../../stats/glm/bin-scale.js";
import { binOfF, binOfT } from "../../stats/glm/fast-z.js";
import type { Context } from "../context.js";
import type { Batch, ZTable } from "../plan/job.js";
import type { StatisticTile } from "../seams.js";

/** Returns the largest bin. `bins`: pointer to that of the block's first element and the tile's first shuffle; `laneBytes` to those of the next lanes. */
export type ModelBinner = (tile: StatisticTile, batch: Batch, bins: number, laneBytes: number) => number;

export function createModelBinner(context: Context, scale: BinScale): ModelBinner {
  const { modelJob, kernels: k, u32, f64, buffer } = context;
  if (modelJob === undefined) return () => 0;
  const { regions, model } = modelJob;
  const { lanes } = k.panels;

  /** One number of degrees of freedom for all, which has a table. */
  const binByTable = (
    { h, members, count, stride }: StatisticTile,
    { binBytes }: Batch,
    bins: number,
    laneBytes: number,
    { lookups }: ZTable,
  ): number => {
    u32(regions.members, members.length).set(members);
    const lookup = lookups[h]!;
    let largest = 0;
    for (let first = 0; first < count; first += lanes, bins += laneBytes) {
      const statistics = [regions.statistics + first * stride * 8, stride, regions.members] as const;
      const found = k.f64BinScores(
        Math.min(lanes, count - first),
        members.length,
        ...statistics,
        ...lookup,
        binBytes,
        bins,
      );
      largest = Math.max(largest, found);
    }
    return largest;
  };

  /** Without a table: degrees of freedom of each statistic's own, or of few elements. */
  const binByDofs = (
    { h, members, count, stride, isSquared, dof }: StatisticTile,
    { binBytes }: Batch,
    bins: number,
    laneBytes: number,
  ): number => {
    const { kind, rank } = model.hypotheses[h]!;
    const statistics = f64(regions.statistics, count * stride);
    const dofs = dof === undefined ? f64(regions.dofs, count * stride) : undefined;
    const span = Math.floor((count - 1) / lanes) * (laneBytes / binBytes) + (members.at(-1)! + 1) * lanes;
    const out = binBytes === 1 ? new Uint8Array(buffer, bins, span) : new Uint16Array(buffer, bins, span);
    let largest = 0;
    for (let b = 0; b < count; b++) {
      const lane = Math.floor(b / lanes) * (laneBytes / binBytes) + (b % lanes);
      for (let i = 0; i < members.length; i++) {
        const found = statistics[b * stride + i]!;
        const x = isSquared ? Math.sign(found) * Math.sqrt(Math.abs(found)) : found;
        const own = dofs === undefined ? dof! : dofs[b * stride + i]!;
        const bin = kind === "t" ? binOfT(x, own, scale) : binOfF(x * x, rank, own, scale);
        if (bin > largest) largest = bin;
        out[members[i]! * lanes + lane] = bin;
      }
    }
    return largest;
  };

  return (tile, batch, bins, laneBytes) => {
    const table = batch.tables.find(({ dof }) => dof === tile.dof);
    if (table === undefined) return binByDofs(tile, batch, bins, laneBytes);
    return binByTable(tile, batch, bins, laneBytes, table);
  };
}
