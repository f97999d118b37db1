// Smoothing: the matrix is read once for each group of subjects, and every connection's weight is made once for all of them.
import { openFilter } from "../../engine/filter/filter.js";
import { planFilter } from "../../engine/filter/plan.js";
import { copyFixelPlacesInto } from "../../formats/fixel-places.js";
import { resolveKernelChoice } from "../../kernels/choose-kernels.js";
import { gaussianWeights } from "../../stats/filter/gaussian-weights.js";
import { createTurns } from "../../turns.js";
import type { FilterFigures, FilterWork } from "./source.js";

/** Bytes a fixel: has a connection, keeps its value, is inside the mask; the lane that is taken out. */
const BESIDE_BYTES = 3 + 4;

export async function smooth({ options, source, target, rows, inside }: FilterWork): Promise<FilterFigures> {
  const { onProgress, signal, matrix, nThreads } = options;
  const { nFixels, nSubjects } = source;
  const plan = planFilter({
    ...{ nFixels, nSubjects, nThreads, maxRowConnections: rows.maxRowConnections, hasMask: inside !== undefined },
    rowBytes: BESIDE_BYTES + source.rowBytes + target.rowBytes,
    otherBytes: source.otherBytes + target.otherBytes,
    memoryBytes: options.memoryBytes,
  });
  const runs = await target.open(plan.groupSize);
  const filter = await openFilter({
    ...{ matrix, nFixels, nThreads, plan, inside, signal, kernels: resolveKernelChoice(options.kernels) as "simd" },
    ...gaussianWeights(options.fwhm),
    least: Math.fround(options.minweight),
    fillPlaces: (places) => copyFixelPlacesInto(places, source.template.indexPath),
    keeps: keptFixels(options.like, rows.connected, inside),
  });
  const turns = createTurns(signal);
  const figures = { nFilledIn: 0, nNotFinite: 0 };
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  try {
    const row = new Float32Array(nFixels);
    let done = 0;
    for (const { first, count } of runs) {
      const at = (within: number) => onProgress?.("smooth", (done + within * count) / total);
      filter.begin(count);
      const crcs = await source.read(first, count, (part) => {
        if (part.nRows === 1) filter.setLane(part.firstRow, part.firstFixel, part.values);
        else filter.setLanes(part.firstFixel, part.nFixels, part.values);
      });
      at(0.1);
      await filter.run((share) => at(0.1 + 0.8 * share));
      for (let lane = 0; lane < count; lane++) {
        const counts = filter.copyLaneInto(row, lane);
        figures.nFilledIn += counts.nFilledIn;
        figures.nNotFinite += counts.nNotFinite;
        await target.write(first + lane, row, crcs[lane]!);
        if (turns.isDue()) await turns.take();
      }
      done += count;
      at(0);
    }
  } finally {
    await filter.close();
  }
  return {
    ...figures,
    nResumed: nSubjects - total,
    clusters: [],
    groupSize: plan.groupSize,
    heldBytes: plan.heldBytes,
  };
}

/**
 * Fixels that keep their values where no weight is left: in 3.0.x those inside the mask whose row is empty, in the development version all. Peer:
 * fixel/filter/smooth.cpp.
 */
function keptFixels(like: "3.0" | "dev", connected: Uint8Array, inside: Uint8Array | undefined): Uint8Array {
  if (like === "dev") return new Uint8Array(connected.length).fill(1);
  return connected.map((has, fixel) => (has === 0 && inside?.[fixel] !== 0 ? 1 : 0));
}
