// Smoothing over connections, by the reference implementations: pointers become views. Contract: ../CONTRACTS.md.
import type { KernelSet } from "../kernel-set.js";
import type { MemoryViews } from "./memory-views.js";
import { smoothingWeights, smoothRows } from "./smooth.js";

export function smoothingKernels({ f64, f32, u32, u8, buffer }: MemoryViews) {
  return {
    f32SmoothingWeights(
      nRows,
      firstRow,
      nFixels,
      rowStarts,
      connected,
      connectivity,
      places,
      inside,
      scale,
      decay,
      least,
      powers,
      starts,
      pairs,
    ) {
      const given = u32(rowStarts, nRows + 1);
      const nConnections = given[nRows]!;
      const inputs = {
        ...{ nRows, firstRow, nFixels, rowStarts: given, scale, decay, least },
        connected: u32(connected, nConnections),
        connectivity: f32(connectivity, nConnections),
        places: f32(places, 4 * nFixels),
        inside: inside === 0 ? undefined : u8(inside, nFixels),
        powers: f64(powers, 32),
      };
      const words = 2 * nConnections;
      return smoothingWeights(inputs, {
        starts: u32(starts, nRows + 1),
        elements: u32(pairs, words),
        weights: f32(pairs, words),
      });
    },
    f32SmoothRows(nRows, firstRow, nLanes, starts, pairs, _complete, values, smoothed) {
      const given = u32(starts, nRows + 1);
      const words = 2 * given[nRows]!;
      const inputs = {
        ...{ nRows, firstRow, nLanes, starts: given },
        elements: u32(pairs, words),
        weights: f32(pairs, words),
        values: f32(values, Math.floor((buffer.byteLength - values) / 4)),
      };
      smoothRows(inputs, f32(smoothed, (firstRow + nRows) * nLanes));
    },
  } satisfies Partial<KernelSet>;
}
