// Connectivity-based fixel enhancement of one window of connectivity rows, a group of lanes at a time. A piece is a window: rows of a band of elements.
import { type ConnectivityFiles, openConnectivityFiles } from "../../connectivity/connectivity-files.js";
import type { Context } from "../context.js";
import type { CfeJob } from "../plan/job.js";
import type { Enhancer } from "../seams.js";

export function createCfeEnhancer(context: Context, cfe: CfeJob): Enhancer {
  const { job, worker: w, kernels: k, u8, u32, f32, report, onFallback } = context;
  const { size, shared, layout, sink } = job;
  const m = size.nElements;
  const { lanes } = k.panels;
  const [narrow, wide] = sink.kind === "bins" ? [sink.nBinsNarrow, sink.nBinsWide] : [0, 0];
  let connectivity: ConnectivityFiles | undefined;
  let firstElement = 0;
  let nRows = 0;

  return {
    load(iWindow) {
      const { windowBytes } = layout;
      connectivity ??= openConnectivityFiles(cfe.path, { io: cfe.io, windowBytes, onFallback });
      const place = u32(shared.windows + iWindow * 16, 4);
      firstElement = place[0]!;
      nRows = place[1]!;
      const starts = u32(w.rowStarts, nRows + 1);
      connectivity.copyCountsInto(starts, firstElement, nRows);
      let nConnections = 0;
      for (let i = 0; i < nRows; i++) {
        const count = starts[i]!;
        starts[i] = nConnections;
        nConnections += count;
      }
      starts[nRows] = nConnections;
      connectivity.copyNormsInto(f32(w.norms, nRows), firstElement, nRows);
      if (!cfe.normalised) f32(w.norms, nRows).fill(1);
      const bytes = nConnections * 8;
      connectivity.copyConnectionsInto(u8(w.connections, bytes), place[3]! * 2 ** 32 + place[2]!, nConnections);
      report.bytesRead += bytes + nRows * 8;
      return { firstElement, nRows };
    },
    enhance(h, group, { binBytes }) {
      k.f32EnhanceRows(
        nRows,
        firstElement,
        binBytes,
        binBytes === 1 ? narrow : wide,
        cfe.extentPower,
        w.rowStarts,
        w.connections,
        w.norms,
        shared.heightPowers,
        shared.hypotheses[h]!.bins + group * m * lanes * binBytes,
        w.enhanced,
        w.histogram,
      );
    },
    close: () => connectivity?.close(),
  };
}
