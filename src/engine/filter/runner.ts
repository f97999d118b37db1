// One thread's part of a filter: rows of the matrix, a window of connections at a time, weighted once and applied to all lanes.
import { InternalError } from "../../errors.js";
import { type KernelSet, PANELS } from "../../kernels/kernel-set.js";
import type { Runner } from "../seams.js";
import type { EnhanceJob, FilterOrder, FilterReport, FilterSetup, SmoothJob } from "./job.js";
import { PIECE_FIXELS } from "./plan.js";
import { createRowWindow } from "./row-window.js";

const { lanes: LANES } = PANELS;

export function createFilterRunner(
  { job, memory }: FilterSetup,
  iWorker: number,
  kernels: KernelSet,
): Runner<FilterOrder, FilterReport> {
  const { nFixels, plan, matrix } = job;
  const { regions, windowConnections } = plan;
  const worker = regions.workers[iWorker];
  if (worker === undefined) throw new InternalError(`There is no memory for worker ${iWorker}.`);
  const { buffer } = memory;
  // Safety: the memory is never grown, so views stay valid as long as the thread.
  const rowStarts = new Uint32Array(buffer, worker.rowStarts, PIECE_FIXELS + 1);
  const starts = new Uint32Array(buffer, worker.starts, PIECE_FIXELS + 1);
  const connected = new Uint32Array(buffer, worker.connected, windowConnections);
  const connectivity = new Float32Array(buffer, worker.connectivity, windowConnections);
  const elements = new Uint32Array(buffer, worker.pairs, 2 * windowConnections);
  const weights = new Float32Array(buffer, worker.pairs, 2 * windowConnections);
  const inside = regions.inside === undefined ? undefined : new Uint8Array(buffer, regions.inside, nFixels);
  const report: FilterReport = { nConnections: 0, nWeights: 0 };
  const rows = createRowWindow({ matrix, nFixels, rowStarts, connected, connectivity });

  function smoothRows({ scale, decay, least }: SmoothJob, firstRow: number, nRows: number): void {
    const { places, powers, complete, values, filtered } = regions;
    const bad = kernels.f32SmoothingWeights(
      ...([nRows, firstRow, nFixels, worker!.rowStarts, worker!.connected, worker!.connectivity] as const),
      ...([places!, regions.inside ?? 0, scale, decay, least, powers!, worker!.starts, worker!.pairs] as const),
    );
    if (bad >= 0) rows.refuse(firstRow, bad);
    kernels.f32SmoothRows(nRows, firstRow, plan.nLanes, worker!.starts, worker!.pairs, complete!, values!, filtered);
  }

  /** Weights and norms as a prepared connectivity has them (connectivity/FORMAT.md). */
  function weigh({ exponent, normalised }: EnhanceJob, firstRow: number, nRows: number): void {
    const norms = new Float32Array(buffer, worker!.norms!, PIECE_FIXELS);
    let n = 0;
    starts[0] = 0;
    for (let i = 0; i < nRows; i++) {
      const isInside = inside === undefined || inside[firstRow + i] !== 0;
      let sum = 0;
      for (let p = rowStarts[i]!; p < rowStarts[i + 1]!; p++) {
        const [other, value] = [connected[p]!, connectivity[p]!];
        if (!(other < nFixels && value >= 0 && value < Number.POSITIVE_INFINITY)) rows.refuse(firstRow, p);
        if (!isInside || (inside !== undefined && inside[other] === 0)) continue;
        const weight = exponent === 0.5 ? Math.sqrt(value) : value ** exponent;
        elements[2 * n] = other;
        weights[2 * n + 1] = weight;
        sum += weight;
        n++;
      }
      const norm = Math.fround(1 / sum);
      norms[i] = normalised ? (norm < Number.POSITIVE_INFINITY ? norm : 0) : 1;
      starts[i + 1] = n;
    }
  }

  function enhanceRows(job: EnhanceJob, order: FilterOrder, firstRow: number, nRows: number): void {
    weigh(job, firstRow, nRows);
    const enhanced = new Float32Array(buffer, worker!.enhanced!, nRows * LANES);
    const { extentPower } = job;
    for (let tile = 0; tile < plan.nLanes / LANES; tile++) {
      const first = tile * nFixels * LANES;
      kernels.f32EnhanceRows(
        ...([nRows, firstRow, 2, order.nBins, extentPower, worker!.starts, worker!.pairs, worker!.norms!] as const),
        ...([regions.heightPowers!, regions.bins! + 2 * first, worker!.enhanced!, worker!.histogram!] as const),
      );
      const at = regions.filtered + 4 * (first + firstRow * LANES);
      const filtered = new Float32Array(buffer, at, nRows * LANES);
      // what is not finite stays
      for (let i = 0; i < filtered.length; i++) if (filtered[i]! - filtered[i]! === 0) filtered[i] = enhanced[i]!;
    }
  }

  return {
    report,
    begin() {
      Object.assign(report, { nConnections: 0, nWeights: 0 });
    },
    *run(order, piece) {
      for (const { firstRow, nRows } of rows.windows(piece)) {
        if (job.kind === "smooth") smoothRows(job, firstRow, nRows);
        else enhanceRows(job, order, firstRow, nRows);
        report.nConnections += rowStarts[nRows]!;
        report.nWeights += starts[nRows]!;
        yield;
      }
    },
    close: () => rows.close(),
  };
}
