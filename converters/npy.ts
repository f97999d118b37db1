// A matrix in .npy or .npz, rows are subjects: read from start to end in pieces, so memory does not grow with the file.
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { InputError } from "../src/errors.js";
import { NPY_HEADER_BYTES, parseNpyHeader } from "../src/formats/npy/header.js";
import { openNpzArray } from "../src/formats/npy/npz.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import { bytesPerValue } from "../src/store/element-type.js";
import { describeSystemError } from "../src/system-error.js";
import { assertUnchanged, describeInput, STREAM_CHUNK_BYTES } from "./subject-files.js";
import { copyExactly, type VectorSource } from "./vector-source.js";

/** Values. 64 Ki x 8 B = 512 KiB of doubles looked at together. */
const CHUNK_VALUES = 2 ** 16;
/** Bytes. Read ahead, inflated ahead, zlib's window, and a chunk of values. */
const READER_BYTES = 2 ** 21;

/** Bytes in order. */
interface ByteStream {
  /** Fills `target`; returns how many bytes there were. */
  readInto(target: Uint8Array): Promise<number>;
  close(): void;
}

interface ArrayFile {
  /** Of the array, its header and values. */
  readonly sizeBytes: number;
  open(): Promise<Readable>;
  close(): void;
}

/** Throws InputError: another dtype, order or rank (see parseNpyHeader), no single array, too short. */
export async function openNpy(path: string): Promise<VectorSource> {
  const input = describeInput(basename(path), path);
  const isArchive = path.toLowerCase().endsWith(".npz");
  const openArray = async (): Promise<ArrayFile> => {
    if (!isArchive)
      return {
        sizeBytes: input.sizeBytes,
        open: async () => createReadStream(path, { highWaterMark: 4 * STREAM_CHUNK_BYTES }),
        close() {},
      };
    const { sizeBytes, openStream, close } = await openNpzArray(path);
    const open = () =>
      openStream().catch((error: unknown) => {
        close();
        throw error;
      });
    return { sizeBytes, open, close };
  };
  const array = await openArray();
  const start = new Uint8Array(NPY_HEADER_BYTES);
  const bytes = streamBytes(await array.open(), path);
  const nStart = await bytes.readInto(start).finally(() => bytes.close());
  array.close();
  const { elementType, nRows, nColumns, dataOffset } = parseNpyHeader(start.subarray(0, nStart), path);
  const expectedBytes = dataOffset + nRows * nColumns * bytesPerValue(elementType);
  if (array.sizeBytes !== expectedBytes) {
    throw new InputError(
      `Cannot read ${path}: expected ${expectedBytes} bytes for ${nRows} x ${nColumns} values of ${elementType}, got ${array.sizeBytes}. It is truncated or damaged: save or copy it again.`,
      { path },
    );
  }
  return {
    path,
    nSubjects: nRows,
    nElements: nColumns,
    sources: Array.from({ length: nRows }, (_, i) => ({ ...input, name: `${input.name}[${i}]` })),
    elementTypes: elementType === "f32" ? ["f32"] : ["f32", "f64"],
    readerBytes: READER_BYTES,
    async openRows() {
      const crc = checksumFile(path);
      const open = await openArray();
      const stream = streamBytes(await open.open(), path);
      await stream.readInto(new Uint8Array(dataOffset));
      const chunk = new Float64Array(CHUNK_VALUES);
      let row = 0;
      const readValues = async (rows: Float32Array | Float64Array, from: number, count: number): Promise<boolean> => {
        if (elementType === "f32" && rows instanceof Float32Array) {
          await readFully(stream, rows.subarray(from, from + count), path);
          return true;
        }
        let exact = true;
        for (let done = 0; done < count; done += chunk.length) {
          const piece = chunk.subarray(0, Math.min(chunk.length, count - done));
          await readFully(stream, piece, path);
          exact = copyExactly(rows, from + done, piece) && exact;
        }
        return exact;
      };
      return {
        async readInto(rows, first, count) {
          // rows that an earlier, killed run has written
          for (; row < first; row++) await readValues(rows, 0, nColumns);
          const exact = await readValues(rows, 0, count * nColumns);
          row += count;
          // the end of an archive's stream is where its checksum is compared
          if (row === nRows) await stream.readInto(new Uint8Array(1));
          assertUnchanged({ ...input, typedPath: path, dataPath: undefined });
          return exact ? new Array<number>(count).fill(crc) : undefined;
        },
        close() {
          stream.close();
          open.close();
        },
      };
    },
  };
}

function streamBytes(stream: Readable, path: string): ByteStream {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let rest = new Uint8Array(0);
  return {
    async readInto(target) {
      let done = 0;
      try {
        while (done < target.byteLength) {
          if (rest.byteLength === 0) {
            const next = await chunks.next();
            if (next.done) break;
            rest = next.value as Uint8Array<ArrayBuffer>;
          }
          const count = Math.min(rest.byteLength, target.byteLength - done);
          target.set(rest.subarray(0, count), done);
          rest = rest.subarray(count);
          done += count;
        }
      } catch (cause) {
        if (cause instanceof InputError) throw cause;
        const message = `Cannot read ${path}: expected an array, got ${describeSystemError(cause)}. The file is damaged or cannot be read; copy or save it again.`;
        throw new InputError(message, { path, cause });
      }
      return done;
    },
    close: () => stream.destroy(),
  };
}

async function readFully(stream: ByteStream, values: Float32Array | Float64Array, path: string): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const got = await stream.readInto(bytes);
  if (got === bytes.byteLength) return;
  throw new InputError(
    `Cannot read ${path}: expected ${bytes.byteLength - got} bytes more, got the end of the file. Save it again.`,
    {
      path,
    },
  );
}
