// The subjects' data files before anything is read: present, of the template's size, and by which way they will be read.
import fs from "node:fs";
import path from "node:path";
import { InputError, isFixelstreamError } from "../src/errors.js";
import { bytesOfElements, fitsFloat32 } from "../src/formats/data-type.js";
import { checkFixelDataHeader } from "../src/formats/fixel-directory.js";
import { headerWarning } from "../src/formats/header-warning.js";
import { lookAtImage } from "../src/formats/image.js";
import type { FileLook } from "../src/formats/image-file.js";
import { countElements, type ImageHeader } from "../src/formats/image-header.js";
import { statusIn, statusOf } from "../src/publish/file-status.js";
import type { InputFile } from "../src/store/build-store.js";
import type { ElementType } from "../src/store/column-source.js";
import { createTurns } from "../src/turns.js";
import type { Warning } from "../src/warnings.js";
import type { RawFile } from "./raw-row.js";

/**
 * `raw`: the bytes are the values, float32 in order; read straight into place. `packed`: the same, compressed; inflated into place.
 * `image`: anything else uncompressed, decoded piece by piece. `compressed`: anything else compressed, inflated as a whole and decoded.
 */
export type ReadingWay = "raw" | "packed" | "image" | "compressed";

export interface SubjectFile extends InputFile {
  /** As it can be opened from here; `path` of InputFile is absolute. */
  readonly typedPath: string;
  /** The file beside the header file (`.mih`), or undefined. Absolute. */
  readonly dataPath: string | undefined;
  readonly way: ReadingWay;
  /** Bytes before the values. */
  readonly dataOffset: number;
  /** False: every value is a float32 whatever it is. */
  readonly mayNeedFloat64: boolean;
  /** What was left out of its header or put in its own place; a phrase each. */
  readonly remarks: readonly string[];
  /** Bytes held beyond its row while this file is read into a store of each type. */
  readonly readerBytes: Readonly<Record<ElementType, number>>;
}

/** Problems written out in one message. */
const LISTED = 100;
/** Bytes. Spans, scaled values and one chunk of doubles of formats' reader, see strided-values.ts: of small images all of it, twice. */
const IMAGE_READER_BYTES = 6 * 2 ** 20;
/** Bytes. What passes through: header and tail of a raw file. */
export const STREAM_CHUNK_BYTES = 2 ** 16;
/** Bytes. What passes through of a packed file, both ways: 64 KiB take 1.4 times the processor time, the whole at once saves no more. */
const PACKED_CHUNK_BYTES = 2 ** 18;
/** Three chunks read ahead, two inflated ahead, zlib's window and state. */
const PACKED_CHUNKS = 8;

/** `unpackedBytes`: of header and values; less is held for small files. */
export function packedChunkBytes(unpackedBytes: number): number {
  return Math.min(PACKED_CHUNK_BYTES, Math.ceil(unpackedBytes / STREAM_CHUNK_BYTES) * STREAM_CHUNK_BYTES);
}

/** Those whose bytes are values of the type, by subject. */
export function rawFilesOf(files: readonly SubjectFile[], elementType: ElementType): (RawFile | undefined)[] {
  return files.map(({ way, typedPath, dataOffset, sizeBytes, mtimeMs }) =>
    way === "raw" && elementType === "f32" ? { typedPath, dataOffset, sizeBytes, mtimeMs } : undefined,
  );
}

export interface CheckEvents {
  readonly onChecked?: ((done: number) => void) | undefined;
  /** Headers that were read otherwise than they stand. */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: of fixels of the template. Throws InputError. */
  readonly check?: ((header: ImageHeader, path: string) => void) | undefined;
}

/**
 * Looks at every header. `names` as listed, `paths` where found, same order. Throws one InputError with ALL problems: missing or damaged files, other
 * numbers of fixels (which subject, expected, got); the reason of the signal.
 */
export async function checkSubjectFiles(
  names: readonly string[],
  paths: readonly string[],
  nFixels: number,
  { onChecked, onWarning, signal, check }: CheckEvents = {},
): Promise<SubjectFile[]> {
  const turns = createTurns(signal);
  const files: SubjectFile[] = [];
  const problems: string[] = [];
  for (const [i, typedPath] of paths.entries()) {
    try {
      const look = lookAtImage(typedPath);
      if (check === undefined) checkFixelDataHeader(look.header, nFixels, typedPath);
      else check(look.header, typedPath);
      files.push(describeFile(names[i]!, typedPath, look));
    } catch (error) {
      if (!isFixelstreamError(error, "InputError")) throw error;
      problems.push(error.message);
    }
    if (turns.isDue()) await turns.take();
    onChecked?.(i + 1);
  }
  if (problems.length === 0) {
    const warning = headerWarning(
      files.map(({ name, remarks }) => ({ name, remarks })),
      "subject files",
    );
    if (warning !== undefined) onWarning?.(warning);
    return files;
  }
  if (problems.length === 1) throw new InputError(problems[0]!);
  const rest = problems.length > LISTED ? [`and ${problems.length - LISTED} more`] : [];
  throw new InputError(
    [`${problems.length} of ${paths.length} subject files cannot be used:`, ...problems.slice(0, LISTED), ...rest].join(
      "\n  ",
    ),
  );
}

/** Size and modification time as they are now: what a store remembers of a source. */
export function describeInput(name: string, file: string, dataPath?: string): InputFile {
  return {
    ...{ name, path: path.resolve(file), ...measure(file, dataPath) },
    status: statusOf(...[file, dataPath].filter((path) => path !== undefined)),
  };
}

const SECOND_NS = 1_000_000_000n;

/** The very numbers of `fs.Stats`, which rounds seconds and the rest of them apart. */
function sizeAndTime({ size, mtimeNs }: fs.BigIntStats): Pick<InputFile, "sizeBytes" | "mtimeMs"> {
  const beyond = ((mtimeNs % SECOND_NS) + SECOND_NS) % SECOND_NS; // before 1970 too
  const seconds = (mtimeNs - beyond) / SECOND_NS;
  return { sizeBytes: Number(size), mtimeMs: Number(seconds) * 1000 + Number(beyond) / 1e6 };
}

function measure(file: string, dataPath: string | undefined): Pick<InputFile, "sizeBytes" | "mtimeMs"> {
  const header = statFile(file);
  const data = dataPath === undefined ? undefined : statFile(dataPath);
  return { sizeBytes: header.size + (data?.size ?? 0), mtimeMs: Math.max(header.mtimeMs, data?.mtimeMs ?? 0) };
}

/** Throws InputError when the file is no longer the one that was checked. */
export function assertUnchanged(file: InputFile & Pick<SubjectFile, "typedPath" | "dataPath">): void {
  const now = measure(file.typedPath, file.dataPath);
  if (now.sizeBytes === file.sizeBytes && now.mtimeMs === file.mtimeMs) return;
  throw new InputError(
    `Cannot convert ${file.typedPath}: it was changed during the conversion, expected ${describe(file)}, got ${describe(now)}. ` +
      "Make sure that nothing writes to the inputs, and run the command again.",
    { path: file.typedPath },
  );
}

function describeFile(name: string, typedPath: string, { header, isPacked, stat }: FileLook): SubjectFile {
  const dataPath = header.dataFile === "." ? undefined : path.resolve(path.dirname(typedPath), header.dataFile);
  const way = wayOf(header, isPacked);
  const input: InputFile =
    dataPath === undefined
      ? { name, path: path.resolve(typedPath), ...sizeAndTime(stat), status: statusIn(stat) }
      : describeInput(name, typedPath, dataPath);
  const nElements = countElements(header.dimensions);
  const stored = bytesOfElements(header.dataType, nElements);
  const decoding = isPacked
    ? input.sizeBytes + 2 * (header.dataOffset + stored) + nElements * 8 // the file, zlib's pieces and their concatenation, the decoded values
    : Math.min(IMAGE_READER_BYTES, STREAM_CHUNK_BYTES + 2 * (stored + nElements * 8));
  const inPlace = {
    raw: STREAM_CHUNK_BYTES,
    packed: PACKED_CHUNKS * packedChunkBytes(header.dataOffset + stored),
    image: decoding,
    compressed: decoding,
  }[way];
  const readerBytes = { f32: inPlace, f64: decoding };
  const mayNeedFloat64 = !fitsFloat32(header.dataType) || !isUnscaled(header);
  const remarks = header.remarks ?? [];
  return { ...input, typedPath, dataPath, way, dataOffset: header.dataOffset, mayNeedFloat64, remarks, readerBytes };
}

function wayOf(header: ImageHeader, isPacked: boolean): ReadingWay {
  const { dataType, layout, dataFile } = header;
  // Only the first axis has more than one element, so its direction is all of the order.
  const inOrder = layout[0]?.reversed === false;
  const inPlace = dataType === "Float32LE" && isUnscaled(header) && inOrder && dataFile === ".";
  if (isPacked) return inPlace ? "packed" : "compressed";
  return inPlace ? "raw" : "image";
}

function isUnscaled({ scaling }: ImageHeader): boolean {
  return scaling.offset === 0 && scaling.scale === 1;
}

function statFile(file: string): fs.Stats {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat !== undefined) return stat;
  throw new InputError(`Cannot convert ${file}: it is no longer there. Restore it, and run the command again.`, {
    path: file,
  });
}

function describe(input: Pick<InputFile, "sizeBytes" | "mtimeMs">): string {
  return `${input.sizeBytes} bytes of ${new Date(input.mtimeMs).toISOString()}`;
}
