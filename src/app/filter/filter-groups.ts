// Filters that take groups of subjects: the matrix is read once for each group, and what a connection weighs is made once for all of them.
import { openFilter } from "../../engine/filter/filter.js";
import type { Enhancement, Smoothing } from "../../engine/filter/inputs.js";
import { MOST_BINS, planFilter } from "../../engine/filter/plan.js";
import { InputError } from "../../errors.js";
import { copyFixelPlacesInto } from "../../formats/fixel-places.js";
import { resolveKernelChoice } from "../../kernels/choose-kernels.js";
import { gaussianWeights } from "../../stats/filter/gaussian-weights.js";
import { createTurns } from "../../turns.js";
import type { FilterFigures, FilterWork } from "./source.js";

/** Bytes a fixel: has a connection, keeps its value, is inside the mask; the lane that is taken out. */
const BESIDE_BYTES = 3 + 4;

export async function smooth(work: FilterWork): Promise<FilterFigures> {
  const { options, source, rows, inside } = work;
  return await filterGroups(work, {
    ...{ kind: "smooth", ...gaussianWeights(options.fwhm), least: Math.fround(options.minweight) },
    fillPlaces: (places) => copyFixelPlacesInto(places, source.template.indexPath),
    keeps: keptFixels(options.like, rows.connected, inside),
  });
}

/** Throws InputError for values of more heights than bins have room for. */
export async function enhance(work: FilterWork): Promise<FilterFigures> {
  const { cfeDh: dh, cfeE: extentPower, cfeH: heightPower, cfeC: exponent, cfeLegacy } = work.options;
  const normalised = !cfeLegacy;
  return await filterGroups(work, { kind: "cfe", dh, extentPower, heightPower, exponent, normalised });
}

async function filterGroups(
  { options, source, target, rows, inside }: FilterWork,
  does: Smoothing | Enhancement,
): Promise<FilterFigures> {
  const { onProgress, signal, matrix, nThreads } = options;
  const { nFixels, nSubjects } = source;
  const plan = planFilter({
    ...{ kind: does.kind, nFixels, nSubjects, nThreads, hasMask: inside !== undefined },
    maxRowConnections: rows.maxRowConnections,
    rowBytes: BESIDE_BYTES + source.rowBytes + target.rowBytes,
    otherBytes: source.otherBytes + target.otherBytes,
    memoryBytes: options.memoryBytes,
  });
  const runs = await target.open(plan.groupSize);
  const kernels = resolveKernelChoice(options.kernels);
  const filter = await openFilter({ matrix, nFixels, nThreads, plan, inside, signal, kernels, does });
  const turns = createTurns(signal);
  const figures = { nFilledIn: 0, nNotFinite: 0 };
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  try {
    const row = new Float32Array(nFixels);
    let done = 0;
    for (const { first, count } of runs) {
      const at = (within: number) => onProgress?.(options.filter, (done + within * count) / total);
      filter.begin(count);
      const crcs = await source.read(first, count, (part) => {
        if (does.kind === "cfe") assertHeights(options.input, does.dh, part.values);
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
  const { groupSize, heldBytes } = plan;
  return { ...figures, nResumed: nSubjects - total, clusters: [], groupSize, heldBytes };
}

/**
 * Fixels that keep their values where no weight is left: in 3.0.x those inside the mask whose row is empty, in the development version all. Peer:
 * fixel/filter/smooth.cpp.
 */
function keptFixels(like: "3.0" | "dev", connected: Uint8Array, inside: Uint8Array | undefined): Uint8Array {
  if (like === "dev") return new Uint8Array(connected.length).fill(1);
  return connected.map((has, fixel) => (has === 0 && inside?.[fixel] !== 0 ? 1 : 0));
}

function assertHeights(path: string, dh: number, values: ArrayLike<number>): void {
  let largest = 0;
  for (let i = 0; i < values.length; i++)
    if (values[i]! > largest && values[i]! < Number.POSITIVE_INFINITY) largest = values[i]!;
  if (largest / dh < MOST_BINS - 2) return;
  throw new InputError(
    `Cannot enhance ${path}: expected values of at most ${MOST_BINS - 2} heights of ${dh}, got one of ${largest}. Enhancement is of Z statistics: give those, or raise -cfe_dh.`,
    { path },
  );
}
