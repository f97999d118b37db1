// Phase "enhance": one window of connectivity rows over all lanes of the batch; maxima and counters follow at once.
import { type ConnectivityFiles, openConnectivityFiles } from "../connectivity/connectivity-files.js";
import { LANES } from "../kernels/kernel-set.js";
import type { EngineJob, PhaseOrder } from "./job.js";
import type { RunnerContext } from "./runner-context.js";

export interface WindowEnhancer {
  enhanceWindow(iWindow: number, order: Extract<PhaseOrder, { phase: "enhance" }>): void;
  /** Before the first window of a batch: this worker's maxima become 0. */
  clearMaxima(): void;
  close(): void;
}

export function createWindowEnhancer(context: RunnerContext<EngineJob>): WindowEnhancer {
  const { job, kernels: k, at, u8, u32, f32, report } = context;
  const { size, shared, worker: w } = job;
  const m = size.nElements;
  let connectivity: ConnectivityFiles | undefined;

  return {
    enhanceWindow(iWindow, order) {
      connectivity ??= openConnectivityFiles(job.connectivity.path, {
        io: job.connectivity.io,
        windowBytes: job.windowBytes,
      });
      const [firstElement, nRows, low, high] = u32(shared.windows + iWindow * 16, 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const starts = u32(at(w.rowStarts), nRows + 1);
      connectivity.copyCountsInto(starts, firstElement, nRows);
      let nConnections = 0;
      for (let i = 0; i < nRows; i++) {
        const count = starts[i]!;
        starts[i] = nConnections;
        nConnections += count;
      }
      starts[nRows] = nConnections;
      connectivity.copyNormsInto(f32(at(w.norms), nRows), firstElement, nRows);
      if (job.enhancement.normalised === false) f32(at(w.norms), nRows).fill(1);
      const bytes = nConnections * 8;
      connectivity.copyConnectionsInto(u8(at(w.connections), bytes), high * 2 ** 32 + low, nConnections);
      report.bytesRead += bytes + nRows * 8;
      const { binBytes } = order;
      const nBins = binBytes === 1 ? job.enhancement.nBinsNarrow : job.enhancement.nBinsWide;
      const nGroups = job.batchShuffles / LANES;
      for (const [h, regions] of shared.hypotheses.entries()) {
        for (let group = 0; group * LANES < order.lanes; group++) {
          k.f32EnhanceRows(
            nRows,
            firstElement,
            binBytes,
            nBins,
            job.enhancement.extentPower,
            at(w.rowStarts),
            at(w.connections),
            at(w.norms),
            shared.heightPowers,
            regions.bins + group * m * LANES * binBytes,
            at(w.enhanced),
            at(w.histogram),
          );
          if (group === 0 && order.keepDefault) {
            k.f32KeepDefault(nRows, firstElement, at(w.enhanced), regions.defaults);
          }
          const maxima = (h * nGroups + group) * LANES * 4;
          k.f32ReduceEnhanced(
            nRows,
            firstElement,
            group === 0 ? order.firstLane : 0,
            Math.min(LANES, order.lanes - group * LANES),
            at(w.enhanced),
            regions.defaults,
            shared.eligible,
            regions.counters,
            at(w.maxima) + maxima,
            at(w.maximaElements) + maxima,
          );
        }
      }
    },
    clearMaxima() {
      const count = size.hypotheses.length * job.batchShuffles;
      f32(at(w.maxima), count).fill(0);
      u32(at(w.maximaElements), count).fill(0xffffffff);
    },
    close() {
      connectivity?.close();
    },
  };
}
