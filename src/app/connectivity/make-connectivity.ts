// The use case "make a connectivity matrix of streamlines": what the user names is checked before the first streamline is read, the matrix appears whole or not at all.
import { dirname, join } from "node:path";
import { generateMatrix, type MappedVisits } from "../../connectivity/generate/generate-matrix.js";
import { createMatrixWriter } from "../../connectivity/generate/matrix-files.js";
import { type GenerationPlan, planGeneration } from "../../connectivity/generate/plan-generation.js";
import { type GridPlan, planGrid } from "../../connectivity/generate/read-grid.js";
import { assertStep } from "../../connectivity/generate/upsampling.js";
import { type DirectPreparation, prepareDirectly } from "../../connectivity/prepare-directly.js";
import { InputError, isFixelstreamError, UsageError } from "../../errors.js";
import { checkFixelDataHeader } from "../../formats/fixel-directory.js";
import { openImage } from "../../formats/image.js";
import { readMask } from "../../formats/mask-image.js";
import { openTracks } from "../../formats/tck/tracks.js";
import { openNumberStream } from "../../formats/text/number-stream.js";
import { checkDiskRoom, claimDirectory } from "../../results/claim-directory.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import { formatBytes, formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import { DEFAULT_CACHE } from "../cache/default-cache.js";
import { claimMatrix, type MatrixPlace } from "./matrix-place.js";
import { CONNECTIVITY_DEFAULTS, type MakeConnectivityOptions } from "./options.js";
import { keyOfVisits } from "./visits-key.js";

export type { MakeConnectivityOptions };

export interface MakeConnectivitySummary {
  readonly output: string;
  readonly nFixels: number;
  readonly nStreamlines: number;
  /** With a fixel at least. */
  readonly nMapped: number;
  readonly nShort: number;
  readonly nOutside: number;
  readonly nWithoutFixel: number;
  /** Of weight 0. */
  readonly nWeightless: number;
  readonly nVisits: number;
  readonly nConnections: number;
  readonly nFixelsWithoutConnection: number;
  /** Through the visits. */
  readonly nPasses: number;
  /** The visits are those of a run that was stopped. */
  readonly isContinued: boolean;
  /** Of the prepared matrix. */
  readonly prepared: string | undefined;
}

/** Connections of a fixel that room is looked for, where nothing better is known. */
const USUAL_CONNECTIONS = 500;

/** As an analysis whose results lie beside the matrix. */
export const defaultCacheFor = (output: string): string => join(dirname(output), DEFAULT_CACHE);

/** Throws UsageError, InputError, BudgetError, and the reason of the signal: then what was mapped stays, and the same command goes on from there. */
export async function makeConnectivity(options: MakeConnectivityOptions): Promise<MakeConnectivitySummary> {
  const { output, onWarning, onInfo } = options;
  checkRange("angle", options.angle, 90);
  checkRange("threshold", options.threshold, 1);
  const purpose = `Cannot write the matrix to ${output}`;
  const grid = planGrid(options.fixelDirectory);
  for (const warning of grid.warnings) onWarning?.(warning);
  const mask = readTemplateMask(options, grid.nFixels);
  const sizes = lookAtStreamlines(options, grid);
  const plan = planGeneration({ ...options, nFixels: grid.nFixels, gridBytes: grid.bytes });
  const claim = claimDirectory({ path: output, purpose, remedy: "Choose another directory." });
  let place: MatrixPlace | undefined;
  try {
    place = claimMatrix({ ...options, purpose, isNew: claim.isNew, nFixels: grid.nFixels });
    const bytes = { visits: sizes.visitBytes, matrix: 8 * grid.nFixels * Math.min(grid.nFixels, USUAL_CONNECTIONS) };
    onInfo?.(describePlan(plan, bytes, options));
    checkDiskRoom([
      { path: claim.path, bytes: bytes.visits, what: "visits" },
      { path: claim.path, bytes: bytes.matrix, what: "matrix" },
    ]);
    return await generate(options, { grid, mask, plan, place });
  } catch (cause) {
    place?.discard(options.signal?.aborted === true);
    if (isFixelstreamError(cause) || systemErrorCode(cause) === undefined) throw cause;
    throw new InputError(
      `${purpose}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. Make room, or choose another directory.`,
      { path: output, cause },
    );
  } finally {
    place?.release();
    claim.release();
  }
}

async function generate(
  options: MakeConnectivityOptions,
  {
    grid,
    mask,
    plan,
    place,
  }: { grid: GridPlan; mask: Uint8Array | undefined; plan: GenerationPlan; place: MatrixPlace },
): Promise<MakeConnectivitySummary> {
  const { output, onWarning, prepareIn } = options;
  const { nFixels } = grid;
  const { angle, threshold } = { ...CONNECTIVITY_DEFAULTS, ...definedOf(options) };
  const visitsKey = keyOfVisits(options, grid, angle);
  const visitsPath = place.visitsFor(visitsKey);
  const counts = new Float32Array(options.count === undefined ? 0 : nFixels);
  const extents = new Float32Array(options.extent === undefined ? 0 : nFixels);
  const writer = createMatrixWriter(place.matrixPath, nFixels, options.command);
  const preparing =
    prepareIn === undefined
      ? undefined
      : prepareDirectly({ cache: prepareIn, directory: output, nFixels, exponent: CONNECTIVITY_DEFAULTS.exponent });
  let nFixelsWithoutConnection = 0;
  try {
    const made = await generateMatrix({
      ...{ grid, mask, plan, angle, threshold: Math.fround(threshold), visitsPath, visitsKey },
      hasExtents: options.extent !== undefined,
      ...{ tracksPath: options.tracks, weightsPath: options.weights, nThreads: options.nThreads },
      onMapped: (mapped) => {
        for (const warning of mapped.warnings) onWarning?.(warning);
        if (mapped.nVisits === 0) throw nothingMapped(options, mapped);
        for (const warning of fateWarnings(options, mapped)) onWarning?.(warning);
      },
      take: (first, nRows, rows, nConnections) => {
        writer.addRows(rows.counts, nRows, rows.columns, rows.values, nConnections);
        preparing?.addRows(rows.counts, nRows, rows.columns, rows.values, nConnections);
        for (let i = 0; i < nRows; i++) {
          if (rows.counts[i] === 0) nFixelsWithoutConnection++;
          if (counts.length > 0) counts[first + i] = rows.counts[i]!;
          if (extents.length > 0) extents[first + i] = rows.extents[i]!;
        }
      },
      ...{ onProgress: options.onProgress, signal: options.signal },
    });
    if (writer.nConnections === 0) throw nothingKept(options, threshold);
    writer.finish();
    writer.close();
    await place.writeExtras({ count: counts, extent: extents });
    place.publish();
    const prepared = await publishPrepared(preparing, options);
    const { nStreamlines, nMapped, nShort, nOutside, nWithoutFixel, nWeightless, nVisits, nPasses } = made;
    return {
      ...{ output, nFixels, nStreamlines, nMapped, nShort, nOutside, nWithoutFixel, nWeightless, nVisits, nPasses },
      ...{ nConnections: writer.nConnections, nFixelsWithoutConnection, isContinued: made.isReused, prepared },
    };
  } finally {
    writer.close();
    preparing?.close();
  }
}

/** The matrix has its name by then, and keeps it. */
async function publishPrepared(
  preparing: DirectPreparation | undefined,
  { output, signal }: MakeConnectivityOptions,
): Promise<string | undefined> {
  try {
    return await preparing?.publish(signal);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(`${cause.message} The matrix is made: ${output}. Analyses prepare it themselves.`, {
      path: output,
      cause,
    });
  }
}

function checkRange(name: string, value: number | undefined, most: number): void {
  if (value === undefined || (value >= 0 && value <= most)) return;
  throw new UsageError(`Cannot use -${name} ${value}: expected a number from 0 to ${most}.`);
}

const definedOf = ({ angle, threshold }: MakeConnectivityOptions) => ({
  ...(angle !== undefined && { angle }),
  ...(threshold !== undefined && { threshold }),
});

function readTemplateMask({ mask, onWarning }: MakeConnectivityOptions, nFixels: number): Uint8Array | undefined {
  if (mask === undefined) return undefined;
  const image = openImage(mask);
  try {
    checkFixelDataHeader(image.header, nFixels, mask, "Make the mask of the same fixel template.");
    const { inside, warnings } = readMask(image, "-mask");
    for (const warning of warnings) onWarning?.(warning);
    const shared = new Uint8Array(new SharedArrayBuffer(nFixels));
    shared.set(inside);
    return shared;
  } finally {
    image.close();
  }
}

/** Headers alone; and how much the visits will take: a fixel a point, more where points are farther apart than voxels. */
function lookAtStreamlines({ tracks, weights }: MakeConnectivityOptions, grid: GridPlan): { visitBytes: number } {
  if (weights !== undefined) openNumberStream(weights).close();
  const opened = openTracks(tracks);
  opened.close();
  const { bits, stepSize } = opened.header;
  assertStep(stepSize, grid.leastVoxelSize, tracks);
  const nPoints = opened.dataBytes / ((3 * bits) / 8);
  const voxelsAPoint = Math.max(1, (1.5 * (stepSize ?? 0)) / grid.leastVoxelSize);
  return { visitBytes: Math.ceil(4 * nPoints * voxelsAPoint) };
}

function describePlan(
  { plannedBytes, gatherBytes }: GenerationPlan,
  disk: { visits: number; matrix: number },
  { nThreads }: MakeConnectivityOptions,
): string {
  const threads = nThreads === 0 ? "no threads" : formatCount(nThreads, "threads");
  return `planned: ${formatBytes(plannedBytes)} of memory with ${threads}, ${formatBytes(gatherBytes)} of it for streamlines; on the disk about ${formatBytes(disk.visits)} while it runs, and about ${formatBytes(disk.matrix)} for the matrix`;
}

function fateWarnings({ tracks, fixelDirectory }: MakeConnectivityOptions, mapped: MappedVisits): Warning[] {
  const { nOutside, nStreamlines } = mapped;
  if (nOutside === 0 || nOutside === nStreamlines) return [];
  const message = `${nOutside} of ${formatCount(nStreamlines, "streamlines")} of ${tracks} run through no voxel of the image of ${fixelDirectory}. If they were made on another grid, it must be in the same space.`;
  return [{ tag: "streamlines-outside", message }];
}

function nothingMapped({ tracks, fixelDirectory, mask }: MakeConnectivityOptions, mapped: MappedVisits): InputError {
  const { nStreamlines, nShort, nOutside, nWithoutFixel, nWeightless } = mapped;
  const parts = [
    nShort > 0 ? `${nShort} of fewer than 2 points` : "",
    nOutside > 0 ? `${nOutside} outside the image` : "",
    nWithoutFixel > 0 ? `${nWithoutFixel} with no fixel near their direction` : "",
    nWeightless > 0 ? `${nWeightless} of weight 0` : "",
  ].filter((part) => part !== "");
  const got = nStreamlines === 0 ? "no streamline" : `${formatCount(nStreamlines, "streamlines")}, ${parts.join(", ")}`;
  const isNowhereInside = nShort + nOutside === nStreamlines;
  const hint =
    nShort === nStreamlines
      ? "Is it the right file?"
      : nWeightless === nStreamlines
        ? "Are they the right weights?"
        : isNowhereInside
          ? "Are they in the space of the template?"
          : `Are they in the space of the template, is -angle large enough${mask === undefined ? "" : ", and is the mask the right one"}?`;
  return new InputError(
    `Cannot make a matrix of ${tracks}: expected streamlines through fixels of ${fixelDirectory}, got ${got}. ${hint}`,
    { path: tracks },
  );
}

const nothingKept = ({ tracks }: MakeConnectivityOptions, threshold: number) =>
  new InputError(
    `Cannot make a matrix of ${tracks}: expected connections of at least ${threshold} (-threshold), got none. Lower -threshold.`,
    { path: tracks },
  );
