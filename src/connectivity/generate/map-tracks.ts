// The first pass: streamlines are read in this thread, mapped by the team, and their visits spilled in the order of the file.
import { InputError } from "../../errors.js";
import type { Tracks } from "../../formats/tck/tracks.js";
import type { NumberStream } from "../../formats/text/number-stream.js";
import type { Turns } from "../../turns.js";
import { formatCount } from "../../units.js";
import type { FixelTotals } from "./fixel-totals.js";
import type { MapResult } from "./tasks.js";
import type { Team } from "./team.js";
import { MOST_VOXELS } from "./trace-voxels.js";
import { createVisitsWriter } from "./visits.js";

export interface StreamlineCounts {
  nStreamlines: number;
  /** With at least one fixel. */
  nMapped: number;
  /** Fewer than 2 points. */
  nShort: number;
  /** In no voxel of the image. */
  nOutside: number;
  /** Inside, and nowhere near a fixel's direction. */
  nWithoutFixel: number;
  nVisits: number;
  /** Of weight 0. */
  nWeightless: number;
}

export interface MapTracksInputs {
  readonly tracks: Tracks;
  /** f32, one a streamline; undefined: all count the same. */
  readonly weights: NumberStream | undefined;
  readonly team: Team;
  readonly nFixels: number;
  /** Points of a batch. */
  readonly batchPoints: number;
  /** The file of visits to make. */
  readonly path: string;
  readonly totals: FixelTotals;
  readonly turns: Turns;
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/** Words of the fixels of a batch, at a fixel a point and one more a streamline. */
const batchWords = (batchPoints: number) => batchPoints + batchLines(batchPoints);
const batchLines = (batchPoints: number) => Math.ceil(batchPoints / 8) + 16;
/** Bytes of one batch. */
export const batchBytes = (batchPoints: number): number =>
  12 * batchPoints + 4 * batchLines(batchPoints) + 4 * batchWords(batchPoints);
/** Batches under way together; `size`: of the team. */
export const nBatches = (size: number): number => size + 1;

interface Batch {
  readonly points: Float32Array;
  readonly lengths: Uint32Array;
  readonly out: Uint32Array;
}

const createBatch = (batchPoints: number): Batch => ({
  points: new Float32Array(new SharedArrayBuffer(12 * batchPoints)),
  lengths: new Uint32Array(new SharedArrayBuffer(4 * batchLines(batchPoints))),
  out: new Uint32Array(new SharedArrayBuffer(4 * batchWords(batchPoints))),
});

/** Throws InputError: as Tracks and NumberStream, another number of weights than streamlines, a streamline that runs on for ever. */
export async function mapTracks(inputs: MapTracksInputs): Promise<StreamlineCounts & { bytes: number; crc32: number }> {
  const { tracks, team, batchPoints, turns } = inputs;
  const writer = createVisitsWriter(inputs.path);
  const recorder = createRecorder(inputs, writer.add);
  const underWay: { readonly batch: Batch; readonly first: number; readonly result: Promise<MapResult> }[] = [];
  try {
    const free = Array.from({ length: nBatches(team.size) }, () => createBatch(batchPoints));
    for (;;) {
      const batch = free.pop();
      const read = batch && tracks.readInto(batch.points, batch.lengths);
      if (batch !== undefined && read !== undefined) {
        const result = team.run({ type: "map", ...batch, nStreamlines: read.nStreamlines });
        result.catch(() => {}); // told when its turn comes
        underWay.push({ batch, first: read.first, result });
        if (free.length > 0) continue;
      }
      const oldest = underWay.shift();
      if (oldest === undefined) break;
      recorder.record(oldest.first, await oldest.result, oldest.batch);
      free.push(oldest.batch);
      inputs.onProgress?.(tracks.bytesRead, tracks.dataBytes);
      if (turns.isDue()) await turns.take();
    }
    assertAllWeights(inputs, recorder.counts.nStreamlines);
    return { ...recorder.counts, ...writer.finish() };
  } finally {
    writer.close();
  }
}

function createRecorder(
  { tracks, weights, totals }: MapTracksInputs,
  add: (words: Uint32Array, first: number, count: number) => void,
) {
  const counts: StreamlineCounts = {
    nStreamlines: 0,
    nMapped: 0,
    nShort: 0,
    nOutside: 0,
    nWithoutFixel: 0,
    nVisits: 0,
    nWeightless: 0,
  };
  const head = new Uint32Array(2);
  const weight = new Float32Array(head.buffer, 4, 1);
  return {
    counts,
    record(first: number, result: MapResult, batch: Batch) {
      if (result.endless >= 0) throw endless(tracks.path, first + result.endless);
      const words = result.longer ?? batch.out;
      for (let at = 0; at < result.nWords; ) {
        const nFixels = words[at]!;
        const w = weights === undefined ? 1 : nextWeight(weights, tracks.path, counts.nStreamlines);
        counts.nStreamlines++;
        if (w === 0) counts.nWeightless++;
        if (nFixels > 0) counts.nMapped++;
        if (nFixels > 0 && w > 0) {
          head[0] = nFixels;
          weight[0] = w;
          add(head, 0, weights === undefined ? 1 : 2);
          add(words, at + 1, nFixels);
          totals.add(words, at + 1, nFixels, w);
          counts.nVisits += nFixels;
        }
        at += nFixels + 1;
      }
      counts.nShort += result.nShort;
      counts.nOutside += result.nOutside;
      counts.nWithoutFixel += result.nWithoutFixel;
    },
  };
}

function nextWeight(weights: NumberStream, tracks: string, streamline: number): number {
  const value = weights.next();
  if (value === undefined) {
    throw new InputError(
      `Cannot use -tck_weights_in ${weights.path}: expected a weight for each streamline of ${tracks}, got ${formatCount(weights.nRead, "weights")}, and more streamlines. Give the weights that tcksift2 wrote for these streamlines.`,
      { path: weights.path },
    );
  }
  const weight = Math.fround(value);
  if (weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight;
  throw new InputError(
    `Cannot use -tck_weights_in ${weights.path}: expected weights of 0 or more, got ${value} for streamline ${streamline} (counted from 0). Give the weights that tcksift2 wrote.`,
    { path: weights.path },
  );
}

function assertAllWeights({ weights, tracks }: MapTracksInputs, nStreamlines: number): void {
  if (weights === undefined || weights.next() === undefined) return;
  while (weights.next() !== undefined);
  throw new InputError(
    `Cannot use -tck_weights_in ${weights.path}: expected ${formatCount(nStreamlines, "weights")}, one for each streamline of ${tracks.path}, got ${weights.nRead}. Give the weights that tcksift2 wrote for these streamlines.`,
    { path: weights.path },
  );
}

const endless = (path: string, streamline: number) =>
  new InputError(
    `Cannot map ${path}: expected streamlines through fewer than ${MOST_VOXELS} voxels, got more for streamline ${streamline} (counted from 0). Are its points in millimetres of the scanner, as those of the template? Transform the file, or make it again.`,
    { path },
  );
