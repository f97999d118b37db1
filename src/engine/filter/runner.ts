// One thread's part of a filter: rows of the matrix, a window of connections at a time, weighted once and applied to all lanes.
import { assertConnection } from "../../connectivity/examine-matrix.js";
import { type MatrixDirectory, openMatrixDirectory } from "../../connectivity/matrix-directory.js";
import { InternalError } from "../../errors.js";
import type { KernelSet } from "../../kernels/kernel-set.js";
import type { Runner } from "../seams.js";
import type { FilterOrder, FilterReport, FilterSetup } from "./job.js";
import { PIECE_FIXELS } from "./plan.js";

export function createFilterRunner(
  { job, memory }: FilterSetup,
  iWorker: number,
  kernels: KernelSet,
): Runner<FilterOrder, FilterReport> {
  const { nFixels, plan } = job;
  const { regions, windowConnections, nLanes } = plan;
  const worker = regions.workers[iWorker];
  if (worker === undefined) throw new InternalError(`There is no memory for worker ${iWorker}.`);
  const { buffer } = memory;
  // Safety: the memory is never grown, so views stay valid as long as the thread.
  const rowStarts = new Uint32Array(buffer, worker.rowStarts, PIECE_FIXELS + 1);
  const starts = new Uint32Array(buffer, worker.starts, PIECE_FIXELS + 1);
  const connected = new Uint32Array(buffer, worker.connected, windowConnections);
  const connectivity = new Float32Array(buffer, worker.connectivity, windowConnections);
  const counts = new Float64Array(PIECE_FIXELS);
  const firsts = new Float64Array(PIECE_FIXELS);
  const report: FilterReport = { nConnections: 0, nWeights: 0 };
  let matrix: MatrixDirectory | undefined;

  /** As many rows from `i` as the window takes, into it; rows that lie one after the other are read together. */
  function load(from: MatrixDirectory, i: number, end: number): number {
    let filled = 0;
    let run = { first: 0, to: 0, count: 0 };
    const read = () => {
      if (run.count === 0) return;
      from.copyConnectedInto(connected.subarray(run.to, run.to + run.count), run.first, run.count);
      from.copyValuesInto(connectivity.subarray(run.to, run.to + run.count), run.first, run.count);
    };
    rowStarts[0] = 0;
    let n = 0;
    for (; i + n < end; n++) {
      const count = counts[i + n]!;
      if (filled + count > windowConnections) break;
      rowStarts[n + 1] = filled + count;
      if (count === 0) continue; // points anywhere
      const first = firsts[i + n]!;
      if (first !== run.first + run.count) {
        read();
        run = { first, to: filled, count: 0 };
      }
      run.count += count;
      filled += count;
    }
    read();
    return n;
  }

  function filterRows(firstRow: number, nRows: number): void {
    const { scale, decay, least } = job;
    const { places, powers, complete, values, filtered } = regions;
    const bad = kernels.f32SmoothingWeights(
      ...([nRows, firstRow, nFixels, worker!.rowStarts, worker!.connected, worker!.connectivity] as const),
      ...([places, regions.inside ?? 0, scale, decay, least, powers, worker!.starts, worker!.pairs] as const),
    );
    if (bad >= 0) refuse(firstRow, bad);
    report.nConnections += rowStarts[nRows]!;
    report.nWeights += starts[nRows]!;
    kernels.f32SmoothRows(nRows, firstRow, nLanes, worker!.starts, worker!.pairs, complete, values, filtered);
  }

  function refuse(firstRow: number, bad: number): never {
    const row = rowStarts.findIndex((start, i) => bad >= start && bad < rowStarts[i + 1]!);
    assertConnection(matrix!, nFixels, firstRow + row, connected[bad]!, connectivity[bad]!);
    throw new InternalError(`Connection ${bad} from row ${firstRow} was refused for nothing.`);
  }

  return {
    report,
    begin() {
      Object.assign(report, { nConnections: 0, nWeights: 0 });
    },
    *run(_order, piece) {
      matrix ??= openMatrixDirectory(job.matrix, nFixels);
      const first = piece * PIECE_FIXELS;
      const count = Math.min(PIECE_FIXELS, nFixels - first);
      matrix.copyRowsInto(counts, firsts, first, count);
      for (let i = 0; i < count; ) {
        const nRows = load(matrix, i, count);
        if (nRows === 0) throw new InternalError(`Row ${first + i} has ${counts[i]} connections.`);
        filterRows(first + i, nRows);
        i += nRows;
        yield;
      }
    },
    close: () => matrix?.close(),
  };
}
