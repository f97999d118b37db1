// A NullState on disk: what a checkpoint, a shard and a finished run keep of their shuffles. FORMAT.md has every byte.
import { closeSync, fstatSync, openSync, readSync, renameSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import type { z as Z } from "zod";
import { InputError, InternalError, isFixelstreamError } from "../errors.js";
import { writeFileInPieces } from "../formats/write-file.js";
import { createPartial, type PartialDirectory, sweepAbandoned } from "../publish/partial-directory.js";
import { publishFile, syncPath } from "../publish/publish.js";
import { thingAt } from "../publish/remove-ours.js";
import { type HypothesisNull, NO_ELEMENT, type NullState } from "../run/null-state.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { VERSION } from "../version.js";
import { zod } from "../zod.js";

/** The newest. A state whose counters count all shuffles is written as version 1, which older releases read. */
export const NULL_STATE_VERSION = 2;
const ALL_COUNTED_VERSION = 1;

/** A byte that no text has, the name, and a newline that a transfer as text would change. */
export const NULL_STATE_MAGIC = Uint8Array.from([0x89, 0x46, 0x58, 0x4e, 0x55, 0x4c, 0x4c, 0x0a]);
/** Magic, version, bytes of the header. */
const START_BYTES = 16;
const CRC_BYTES = 4;
/** Bytes summed and written together: a signal is heard between two. */
const PIECE_BYTES = 2 ** 22;
/** A header of 10,000 hypotheses has 4 MB; more is damage. */
const MOST_HEADER_BYTES = 2 ** 26;

const z = zod();
const array = z.object({
  type: z.enum(["f32", "f64", "u32"]),
  count: z.number().int().nonnegative(),
  /** Bytes from the end of the header. */
  offset: z.number().int().nonnegative(),
});
const arrays = z.object({ maxima: array, elements: array, counters: array, defaults: array });
const headerShape = z.object({
  format: z.literal("fixelstream-null-state"),
  creator: z.string(),
  planHash: z.string(),
  nElements: z.number().int().positive(),
  ranges: z.array(z.object({ first: z.number().int().nonnegative(), end: z.number().int().positive() })),
  uncorrectedShuffles: z.number().int().nonnegative().optional(),
  hypotheses: z.array(arrays),
});
type Header = Z.infer<typeof headerShape>;

const ARRAYS = ["maxima", "elements", "counters", "defaults"] as const;
const CLASS = { f32: Float32Array, f64: Float64Array, u32: Uint32Array } as const;
type ElementType = keyof typeof CLASS;

const sizeOf = ({ type, count }: { type: ElementType; count: number }) => count * CLASS[type].BYTES_PER_ELEMENT;
const roundUp = (bytes: number) => Math.ceil(bytes / 8) * 8;

/** Where every array lies, as it follows from the sizes. */
function layOut(nShuffles: number, nElements: number, defaults: readonly ("f32" | "f64")[]) {
  let end = 0;
  const place = (type: ElementType, count: number) => {
    const offset = end;
    end += roundUp(sizeOf({ type, count }));
    return { type, count, offset };
  };
  const hypotheses = defaults.map((type) => ({
    maxima: place("f64", nShuffles),
    elements: place("u32", nShuffles),
    counters: place("u32", nElements),
    defaults: place(type, nElements),
  }));
  return { hypotheses, dataBytes: end };
}

/**
 * Bytes are on the disk when the promise resolves; a killed, interrupted or failed write leaves what was there before. Memory: a few MiB beside the state
 * itself. Throws InputError when the file exists (unless `overwrite`, which replaces nothing but such a file) or cannot be written, InternalError for a
 * state that disagrees with itself, or the reason of `signal`.
 */
export async function writeNullState(
  path: string,
  state: NullState,
  options: { readonly overwrite?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { overwrite = false, signal } = options;
  const prefix = `${resolve(path)}.partial-`;
  let partial: PartialDirectory | undefined;
  try {
    assertFree(path, overwrite);
    sweepAbandoned(KIND, prefix);
    partial = createPartial({ kind: KIND, prefix, contents: [FILE] });
    const made = join(partial.path, FILE);
    await writeFileInPieces(made, piecesOf(state), { signal, flush: true });
    partial.assertMine(path);
    assertFree(path, overwrite);
    if (thingAt(path) !== undefined) {
      renameSync(made, path);
      syncPath(dirname(resolve(path)));
    } else if (!publishFile(made, path)) throw cannotReplace(path, "one that exists already");
  } catch (cause) {
    throw systemErrorCode(cause) === undefined || isFixelstreamError(cause)
      ? cause
      : cannotReplace(path, describeSystemError(cause), cause);
  } finally {
    partial?.remove();
  }
}

const KIND = "null-state";
const FILE = "state";

/** Throws InputError when something has the name that is not to be replaced. */
function assertFree(path: string, overwrite: boolean): void {
  const thing = thingAt(path);
  if (thing === undefined || (overwrite && thing === "a file" && beginsAsOurs(path))) return;
  throw cannotReplace(path, overwrite ? (thing === "a file" ? "another file" : thing) : "one that exists already");
}

function beginsAsOurs(path: string): boolean {
  const fd = openSync(path, "r");
  try {
    const begin = new Uint8Array(NULL_STATE_MAGIC.length);
    return (
      readSync(fd, begin, 0, begin.length, 0) === begin.length && begin.every((byte, i) => byte === NULL_STATE_MAGIC[i])
    );
  } finally {
    closeSync(fd);
  }
}

function cannotReplace(path: string, got: string, cause?: unknown): InputError {
  const message = `Cannot write ${path}: expected a new file in a writable folder, got ${got}. Choose another name or folder, or allow overwriting.`;
  return new InputError(message, { path, cause });
}

function* piecesOf(state: NullState): Generator<Uint8Array> {
  const { planHash, nElements, ranges, uncorrectedShuffles } = state;
  const nShuffles = countShuffles(ranges);
  const { hypotheses } = layOut(
    nShuffles,
    nElements,
    state.hypotheses.map(({ defaults }) => (defaults instanceof Float32Array ? "f32" : "f64")),
  );
  const creator = `fixelstream ${VERSION}`;
  const header: Header = {
    ...{ format: "fixelstream-null-state", creator, planHash, nElements },
    ranges: ranges.map(({ first, end }) => ({ first, end })),
    ...(uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles }),
    hypotheses,
  };
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(START_BYTES + roundUp(text.byteLength), " ");
  start.set(NULL_STATE_MAGIC);
  start.writeUInt32LE(uncorrectedShuffles === undefined ? ALL_COUNTED_VERSION : NULL_STATE_VERSION, 8);
  start.writeUInt32LE(start.byteLength - START_BYTES, 12);
  start.set(text, START_BYTES);
  let crc = crc32(start);
  yield start;
  for (const [h, found] of state.hypotheses.entries()) {
    for (const name of ARRAYS) {
      const values = found[name];
      const { count, type } = hypotheses[h]![name];
      if (values.length !== count)
        throw new InternalError(`A state of ${nShuffles} shuffles of ${nElements} has ${values.length} ${name}.`);
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const padding = new Uint8Array(roundUp(bytes.byteLength) - sizeOf({ type, count }));
      for (let first = 0; first < bytes.byteLength; first += PIECE_BYTES) {
        const piece = bytes.subarray(first, first + PIECE_BYTES);
        crc = crc32(piece, crc);
        yield piece;
      }
      if (padding.byteLength === 0) continue; // zlib starts anew when it is given nothing
      crc = crc32(padding, crc);
      yield padding;
    }
  }
  const end = Buffer.alloc(CRC_BYTES);
  end.writeUInt32LE(crc);
  yield end;
}

const countShuffles = (ranges: NullState["ranges"]) => ranges.reduce((sum, { first, end }) => sum + end - first, 0);

/**
 * `planHash`: that of the RunPlan the state must belong to; absent: any. Throws InputError: not such a file, of another version, damaged in any byte,
 * or of another plan.
 */
export function readNullState(path: string, { planHash }: { readonly planHash?: string | undefined } = {}): NullState {
  const file = openReader(path);
  try {
    const header = readHeader(file, path);
    if (planHash !== undefined && header.planHash !== planHash) {
      throw new InputError(
        `Cannot use ${path}: expected shuffles of the plan ${planHash.slice(0, 12)}, got some of ${header.planHash.slice(0, 12)}; they were computed from other data, another design or with other options. Give the files of one analysis.`,
        { path },
      );
    }
    const hypotheses = header.hypotheses.map((places): HypothesisNull => {
      const read = <T extends ElementType>(place: { type: T; count: number }) => {
        const values = new CLASS[place.type](place.count);
        file.read(new Uint8Array(values.buffer));
        file.read(new Uint8Array(roundUp(values.byteLength) - values.byteLength));
        return values;
      };
      return {
        maxima: read(places.maxima) as Float64Array,
        elements: read(places.elements) as Uint32Array,
        counters: read(places.counters) as Uint32Array,
        defaults: read(places.defaults) as Float32Array | Float64Array,
      };
    });
    const computed = file.crc;
    const stored = Buffer.alloc(CRC_BYTES);
    file.read(stored);
    if (stored.readUInt32LE() !== computed) throw damaged(path, "the checksum of its bytes", "another");
    const { nElements, ranges, uncorrectedShuffles } = header;
    const counted = uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles };
    const state = { planHash: header.planHash, nElements, ranges, ...counted, hypotheses };
    checkState(state, path);
    return state;
  } finally {
    file.close();
  }
}

function readHeader(file: Reader, path: string): Header {
  const start = Buffer.alloc(START_BYTES);
  if (file.sizeBytes >= START_BYTES) file.read(start);
  if (NULL_STATE_MAGIC.some((byte, i) => start[i] !== byte)) {
    throw new InputError(
      `Cannot read ${path}: expected a state of shuffles that fixelstream wrote, got something else. Is it the right file?`,
      { path },
    );
  }
  const version = start.readUInt32LE(8);
  if (version !== NULL_STATE_VERSION && version !== ALL_COUNTED_VERSION) {
    throw new InputError(
      `Cannot read ${path}: expected a state of shuffles in format version ${ALL_COUNTED_VERSION} or ${NULL_STATE_VERSION}, got version ${version}. Use the version of fixelstream that wrote it.`,
      { path },
    );
  }
  const headerBytes = start.readUInt32LE(12);
  if (headerBytes > Math.min(MOST_HEADER_BYTES, file.sizeBytes - START_BYTES - CRC_BYTES)) {
    throw damaged(path, "a header that fits the file", `one of ${headerBytes} bytes in a file of ${file.sizeBytes}`);
  }
  const bytes = Buffer.alloc(headerBytes);
  file.read(bytes);
  const header = parseHeader(bytes.toString("utf8"));
  const isCounted = header?.uncorrectedShuffles === undefined;
  if (header === undefined || isCounted !== (version === ALL_COUNTED_VERSION))
    throw damaged(path, "a header as FORMAT.md has it", "another");
  const { nElements, ranges, hypotheses } = header;
  const types = hypotheses.map(({ defaults }) => (defaults.type === "f32" ? "f32" : "f64"));
  const expected = layOut(countShuffles(ranges), nElements, types);
  const sizeBytes = START_BYTES + headerBytes + expected.dataBytes + CRC_BYTES;
  // before any array is made: a damaged size must not cost its own size in memory
  if (sizeBytes !== file.sizeBytes) throw damaged(path, `${sizeBytes} bytes`, `${file.sizeBytes}`);
  if (JSON.stringify(hypotheses) !== JSON.stringify(expected.hypotheses))
    throw damaged(path, "arrays that follow each other", "others");
  return header;
}

function parseHeader(text: string): Header | undefined {
  try {
    const parsed = headerShape.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** What a right checksum does not say: that whoever wrote it wrote a state. */
function checkState({ ranges, hypotheses, nElements }: NullState, path: string): void {
  const disorder = ranges.findIndex(({ first, end }, i) => first >= end || first < (ranges[i - 1]?.end ?? 0));
  if (disorder >= 0) throw damaged(path, "ranges of shuffles in ascending order", `another order in range ${disorder}`);
  for (const [h, { elements }] of hypotheses.entries()) {
    const wrong = elements.find((element) => element >= nElements && element !== NO_ELEMENT);
    if (wrong !== undefined) throw damaged(path, `elements below ${nElements}`, `${wrong} in hypothesis ${h}`);
  }
}

function damaged(path: string, expected: string, got: string): InputError {
  const message = `Cannot read ${path}: expected ${expected}, got ${got}. The file is damaged: copy it again, or compute its shuffles again.`;
  return new InputError(message, { path });
}

interface Reader {
  readonly sizeBytes: number;
  /** Of everything read so far. */
  readonly crc: number;
  /** Fills the target with the bytes that come next. */
  read(target: Uint8Array): void;
  close(): void;
}

function openReader(path: string): Reader {
  const failed = (cause: unknown) =>
    new InputError(
      `Cannot read ${path}: expected a readable file, got ${describeSystemError(cause)}. Check the path and its permissions.`,
      { path, cause },
    );
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (cause) {
    throw failed(cause);
  }
  const { size } = fstatSync(descriptor);
  let crc = 0;
  return {
    sizeBytes: size,
    get crc() {
      return crc;
    },
    read(target) {
      for (let done = 0; done < target.byteLength; ) {
        let got: number;
        try {
          got = readSync(descriptor, target, done, Math.min(target.byteLength - done, 2 ** 30), null);
        } catch (cause) {
          throw failed(cause);
        }
        if (got === 0) throw damaged(path, `${size} bytes`, "fewer");
        done += got;
      }
      if (target.byteLength > 0) crc = crc32(target, crc); // of nothing it is 0, whatever it was
    },
    close: () => closeSync(descriptor),
  };
}
