// A matrix from streamlines and fixels: mapped and spilled, then counted block by block. Memory is bounded whatever the number of streamlines and fixels; the bytes do
// not depend on it, nor on the threads.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../errors.js";
import { openTracks } from "../../formats/tck/tracks.js";
import { openNumberStream } from "../../formats/text/number-stream.js";
import { compileSimdModule, resolveKernelChoice } from "../../kernels/choose-kernels.js";
import { createSharedMemory } from "../../shared-memory.js";
import { createTurns, type Turns } from "../../turns.js";
import type { Warning } from "../../warnings.js";
import { countMatrix, type TakeRows } from "./count-matrix.js";
import { createFixelTotals, type FixelTotals } from "./fixel-totals.js";
import { mapTracks, type StreamlineCounts } from "./map-tracks.js";
import { type GenerationPlan, mostFixelsOf } from "./plan-generation.js";
import { type GridPlan, readGrid } from "./read-grid.js";
import { openTeam } from "./team.js";
import { tracerBytes } from "./trace-voxels.js";
import { openVisits } from "./visits.js";

export type { StreamlineCounts };

export const VISITS_FILE = "visits.bin";
export const VISITS_RECORD = "visits.json";

export interface GenerateInputs {
  readonly grid: GridPlan;
  /** u8 [nFixels], shared; undefined: all. */
  readonly mask: Uint8Array | undefined;
  readonly tracksPath: string;
  readonly weightsPath: string | undefined;
  /** Degrees. */
  readonly angle: number;
  /** As float32, what a kept value is at least. */
  readonly threshold: number;
  /** Whether extents are wanted. */
  readonly hasExtents: boolean;
  readonly plan: GenerationPlan;
  readonly nThreads: number;
  /** Directory of the visits. */
  readonly visitsPath: string;
  /** Names what the visits depend on: those of another run are used again if theirs is the same. */
  readonly visitsKey: string;
  /** Once, before the first row. */
  readonly onMapped: (mapped: MappedVisits) => void;
  readonly take: TakeRows;
  readonly onProgress?: ((phase: "map" | "count", share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MappedVisits extends StreamlineCounts {
  readonly warnings: readonly Warning[];
  /** By a run that was stopped. */
  readonly isReused: boolean;
}

interface VisitsRecord {
  readonly key: string;
  readonly bytes: number;
  readonly crc32: number;
  readonly counts: StreamlineCounts;
  readonly warnings: readonly Warning[];
}

export async function generateMatrix(inputs: GenerateInputs): Promise<MappedVisits & { readonly nPasses: number }> {
  const { grid, plan, weightsPath, threshold, hasExtents, onProgress, signal } = inputs;
  const { nFixels } = grid;
  const isWeighted = weightsPath !== undefined;
  const turns = createTurns(signal);
  const team = openTeam(inputs.nThreads, turns, signal);
  try {
    const found = await readAgain(inputs, turns);
    const totals = found?.totals ?? createFixelTotals(nFixels, isWeighted);
    const record = found?.record ?? (await mapAll(inputs, { team, totals, turns }));
    assertSums(totals, weightsPath);
    const mapped = { ...record.counts, warnings: record.warnings, isReused: found !== undefined };
    inputs.onMapped(mapped);
    const reader = openVisits(join(inputs.visitsPath, VISITS_FILE), isWeighted, mostFixelsOf(nFixels));
    try {
      const { nPasses } = await countMatrix({
        ...{ nFixels, isWeighted, threshold, hasExtents, reader, totals, team, turns },
        ...{ nVisits: record.counts.nVisits, gatherBytes: plan.gatherBytes },
        ...{ outputConnections: plan.outputConnections, take: inputs.take },
        onProgress: (done, all) => onProgress?.("count", all === 0 ? 1 : done / all),
      });
      return { ...mapped, nPasses };
    } finally {
      reader.close();
    }
  } finally {
    await team.close();
  }
}

/** Values are shares of such a sum, in float32: of others nothing but infinities would come. */
function assertSums(totals: FixelTotals, path: string | undefined): void {
  const odd = totals.oddSum();
  if (odd === undefined || path === undefined) return;
  throw new InputError(
    `Cannot use -tck_weights_in ${path}: expected weights whose sum over the streamlines of a fixel lies between 1.2e-38 and 8.5e37, as the numbers of a matrix (float32) need, got ${odd.sum.toPrecision(3)} for fixel ${odd.fixel} (counted from 0). Multiply all weights by one factor: the matrix does not depend on it.`,
    { path },
  );
}

/** Undefined: there are none, of other inputs, or damaged. */
async function readAgain(
  { visitsPath, visitsKey, grid, weightsPath }: GenerateInputs,
  turns: Turns,
): Promise<{ readonly record: VisitsRecord; readonly totals: FixelTotals } | undefined> {
  const record = readVisitsRecord(visitsPath);
  if (record?.key !== visitsKey) return undefined;
  const isWeighted = weightsPath !== undefined;
  const totals = createFixelTotals(grid.nFixels, isWeighted);
  const reader = openVisits(join(visitsPath, VISITS_FILE), isWeighted, mostFixelsOf(grid.nFixels));
  try {
    const weight = new Float32Array(1);
    const bits = new Uint32Array(weight.buffer);
    weight[0] = 1;
    let bytes = 0;
    await reader.forEach((words, first, count) => {
      bytes += 4 * count;
      if (isWeighted) bits[0] = words[first + 1]!;
      const head = isWeighted ? 2 : 1;
      totals.add(words, first + head, count - head, weight[0]!);
    }, turns);
    return bytes === record.bytes && reader.crc32 === record.crc32 ? { record, totals } : undefined;
  } finally {
    reader.close();
  }
}

/** Undefined: none, or nothing that can be read. */
export function readVisitsRecord(visitsPath: string): VisitsRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(visitsPath, VISITS_RECORD), "utf8")) as VisitsRecord;
  } catch {
    return undefined;
  }
}

async function mapAll(
  inputs: GenerateInputs,
  { team, totals, turns }: { team: ReturnType<typeof openTeam>; totals: FixelTotals; turns: Turns },
): Promise<VisitsRecord> {
  const { grid, mask, plan, angle, weightsPath, visitsPath, onProgress } = inputs;
  const tracks = openTracks(inputs.tracksPath);
  const weights = weightsPath === undefined ? undefined : openNumberStream(weightsPath);
  try {
    const { batchPoints } = plan;
    const options = { grid: readGrid(grid, mask), angle, stepSize: tracks.header.stepSize };
    const bytes = tracerBytes(batchPoints);
    const memory = createSharedMemory(team.size * bytes);
    const module = resolveKernelChoice("auto") === "simd" ? compileSimdModule() : undefined;
    await team.begin((thread) => {
      const place = { memory, firstByte: thread * bytes, module, mostPoints: batchPoints };
      return { type: "map", options: { ...options, place } };
    });
    const {
      bytes: visitBytes,
      crc32,
      ...counts
    } = await mapTracks({
      ...{ tracks, weights, team, totals, turns, nFixels: grid.nFixels, batchPoints },
      path: join(visitsPath, VISITS_FILE),
      onProgress: (done, all) => onProgress?.("map", all === 0 ? 1 : done / all),
    });
    const record = { key: inputs.visitsKey, bytes: visitBytes, crc32, counts, warnings: tracks.warnings() };
    // the record says that the visits are whole
    writeFileSync(join(visitsPath, VISITS_RECORD), `${JSON.stringify(record)}\n`, { flush: true });
    return record;
  } finally {
    tracks.close();
    weights?.close();
  }
}
