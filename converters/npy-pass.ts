// One pass over the values of a numpy array, in the order of the file: .npy as it lies on the disk, .npz as it unpacks.
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { InputError } from "../src/errors.js";
import type { NumberArray } from "../src/formats/decode.js";
import type { NpyMatrix } from "../src/formats/npy/header.js";
import { type NpzChoice, openNpzArray } from "../src/formats/npy/npz.js";
import { decodeNpy, type NpyProblems } from "../src/formats/npy/values.js";
import { describeSystemError } from "../src/system-error.js";
import { STREAM_CHUNK_BYTES } from "./subject-files.js";

/** Values that are decoded together: 512 KiB of doubles. */
export const PASS_VALUES = 2 ** 16;

/** Bytes in order. */
export interface ByteStream {
  /** Fills `target`; returns how many bytes there were. */
  readInto(target: Uint8Array): Promise<number>;
  close(): void;
}

export interface ArrayFile {
  /** Of the archive's array that is read. */
  readonly member: string | undefined;
  /** Other arrays of the archive were left. */
  readonly isChosen: boolean;
  /** Of the array, its header and values. */
  readonly sizeBytes: number;
  /** Once. Throws InputError: the archive is damaged. */
  open(): Promise<ByteStream>;
  close(): void;
}

/** `wanted`: of several arrays. Throws InputError as openNpzArray. */
export async function openArrayFile(
  path: string,
  sizeBytes: number,
  wanted: NpzChoice | undefined,
): Promise<ArrayFile> {
  if (!path.toLowerCase().endsWith(".npz")) {
    return {
      ...{ member: undefined, isChosen: false, sizeBytes },
      open: async () => streamBytes(createReadStream(path, { highWaterMark: 4 * STREAM_CHUNK_BYTES }), path),
      close() {},
    };
  }
  const array = await openNpzArray(path, wanted);
  return {
    ...{ member: array.name, isChosen: array.isChosen, sizeBytes: array.sizeBytes, close: array.close },
    open: async () => {
      try {
        return streamBytes(await array.openStream(), path);
      } catch (error) {
        array.close();
        throw error;
      }
    },
  };
}

export interface NpyPass {
  /** The next `count` values, at most PASS_VALUES; good until the next call. */
  next(count: number): Promise<NumberArray>;
  /** After the last value: throws InputError where the archive's checksum is another. */
  end(): Promise<void>;
  close(): void;
}

/** `problems` is filled. Throws InputError. */
export async function openNpyPass(
  file: ArrayFile,
  { type, dataOffset }: NpyMatrix,
  path: string,
  problems: NpyProblems,
): Promise<NpyPass> {
  const stream = await file.open();
  await stream.readInto(new Uint8Array(dataOffset));
  const buffer = new ArrayBuffer(PASS_VALUES * type.valueBytes);
  let index = 0;
  return {
    async next(count) {
      const bytes = new Uint8Array(buffer, 0, count * type.valueBytes);
      const got = await stream.readInto(bytes);
      if (got < bytes.byteLength) {
        throw new InputError(
          `Cannot read ${path}: expected ${bytes.byteLength - got} bytes more, got the end of the file. Save it again.`,
          { path },
        );
      }
      const values = decodeNpy(bytes, type, index, problems);
      index += count;
      return values;
    },
    async end() {
      await stream.readInto(new Uint8Array(1));
    },
    close() {
      stream.close();
      file.close();
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
