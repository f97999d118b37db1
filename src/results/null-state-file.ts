// A NullState on disk: what a checkpoint, a shard and a finished run keep of their shuffles. FORMAT.md has every byte.
import { closeSync, fstatSync, openSync, readSync, renameSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { InputError, isFixelstreamError } from "../errors.js";
import { writeFileInPieces } from "../formats/write-file.js";
import { createPartial, type PartialDirectory, sweepAbandoned } from "../publish/partial-directory.js";
import { publishFile, syncPath } from "../publish/publish.js";
import { thingAt } from "../publish/remove-ours.js";
import { type HypothesisNull, NO_ELEMENT, type NullState } from "../run/null-state.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import {
  ALL_COUNTED_VERSION,
  CLASS,
  CRC_BYTES,
  countShuffles,
  type ElementType,
  type Header,
  headerShape,
  layOut,
  type Made,
  MOST_HEADER_BYTES,
  NULL_STATE_MAGIC,
  NULL_STATE_VERSION,
  piecesOf,
  roundUp,
  START_BYTES,
  versionOf,
} from "./null-state-layout.js";

export { NULL_STATE_MAGIC, NULL_STATE_VERSION } from "./null-state-layout.js";

/**
 * Bytes are on the disk when the promise resolves; a killed, interrupted or failed write leaves what was there before. Memory: a few MiB beside the state
 * itself. Throws InputError when the file exists (unless `overwrite`, which replaces nothing but such a file) or cannot be written, InternalError for a
 * state that disagrees with itself, or the reason of `signal`.
 */
export async function writeNullState(
  path: string,
  state: NullState,
  options: {
    readonly overwrite?: boolean;
    readonly signal?: AbortSignal | undefined;
    /** Kept in the header. */
    readonly made?: Made | undefined;
  } = {},
): Promise<void> {
  const { overwrite = false, signal, made } = options;
  const prefix = `${resolve(path)}.partial-`;
  let partial: PartialDirectory | undefined;
  try {
    assertFree(path, overwrite);
    sweepAbandoned(KIND, prefix);
    partial = createPartial({ kind: KIND, prefix, contents: [FILE] });
    const file = join(partial.path, FILE);
    await writeFileInPieces(file, piecesOf(state, made), { signal, flush: true });
    partial.assertMine(path);
    assertFree(path, overwrite);
    if (thingAt(path) !== undefined) {
      renameSync(file, path);
      syncPath(dirname(resolve(path)));
    } else if (!publishFile(file, path)) throw cannotReplace(path, "one that exists already");
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
    const { planHash: hash, nElements, ranges, uncorrectedShuffles, defaultsCrc32 } = header;
    const counted = uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles };
    const unfinished = defaultsCrc32 === undefined ? {} : { defaultsCrc32 };
    const state = { planHash: hash, nElements, ranges, ...counted, ...unfinished, hypotheses };
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
  if (version < ALL_COUNTED_VERSION || version > NULL_STATE_VERSION) {
    throw new InputError(
      `Cannot read ${path}: expected a state of shuffles in format version ${ALL_COUNTED_VERSION} to ${NULL_STATE_VERSION}, got version ${version}. Use the version of fixelstream that wrote it.`,
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
  if (header === undefined || versionOf(header) !== version)
    throw damaged(path, "a header as FORMAT.md has it", "another");
  const { nElements, ranges, hypotheses, defaultsCrc32 } = header;
  const types = hypotheses.map(({ defaults }) => (defaults.type === "f32" ? "f32" : "f64"));
  const expected = layOut(
    { nShuffles: countShuffles(ranges), nElements, nDefaults: defaultsCrc32 === undefined ? nElements : 0 },
    types,
  );
  const sizeBytes = START_BYTES + headerBytes + expected.dataBytes + CRC_BYTES;
  // before any array is made: a damaged size must not cost its own size in memory
  if (sizeBytes !== file.sizeBytes) throw damaged(path, `${sizeBytes} bytes`, `${file.sizeBytes}`);
  if (JSON.stringify(hypotheses) !== JSON.stringify(expected.hypotheses))
    throw damaged(path, "arrays that follow each other", "others");
  return header;
}

function parseHeader(text: string): Header | undefined {
  try {
    const parsed = headerShape().safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** What a right checksum does not say: that whoever wrote it wrote a state. */
function checkState({ ranges, hypotheses, nElements, defaultsCrc32 }: NullState, path: string): void {
  const nSums = defaultsCrc32?.length ?? hypotheses.length;
  if (nSums !== hypotheses.length)
    throw damaged(path, `checksums of the defaults of ${hypotheses.length} hypotheses`, `${nSums}`);
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

/** What stands in front of the arrays, which are not read: whether they are as they were written is not known. Throws InputError as readNullState. */
export function readNullStateHeader(path: string): Omit<Header, "hypotheses"> {
  const file = openReader(path);
  try {
    return readHeader(file, path);
  } finally {
    file.close();
  }
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
