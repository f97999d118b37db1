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

  /** Moves the connections of the rows that are kept together; the others have none. */
  const leaveOut = (keeps: (element: number) => boolean, starts: Uint32Array, connections: Uint8Array) => {
    let from = starts[0]!;
    let to = 0;
    for (let i = 0; i < nRows; i++) {
      const end = starts[i + 1]!;
      starts[i] = to;
      if (keeps(firstElement + i)) {
        connections.copyWithin(to * 8, from * 8, end * 8);
        to += end - from;
      }
      from = end;
    }
    starts[nRows] = to;
  };

  return {
    load(iWindow, keeps) {
      const { windowBytes } = layout;
      connectivity ??= openConnectivityFiles(cfe.path, { io: cfe.io, windowBytes, onFallback });
      const place = u32(shared.windows + iWindow * 16, 4);
      firstElement = place[0]!;
      nRows = place[1]!;
      if (keeps !== undefined && !anyOf(firstElement, nRows, keeps)) return { firstElement, nRows: 0 };
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
      if (keeps !== undefined) leaveOut(keeps, starts, u8(w.connections, bytes));
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

function anyOf(first: number, count: number, keeps: (element: number) => boolean): boolean {
  for (let i = 0; i < count; i++) if (keeps(first + i)) return true;
  return false;
}
