// A compressed file whose contents are the values in order: inflated chunk by chunk into the row, so that neither the file nor its contents are held.
import fs from "node:fs";
import { crc32, createGunzip } from "node:zlib";
import { InputError } from "../src/errors.js";
import { withoutTail } from "../src/formats/gzip-members.js";
import { checkCompressedSize, inflate } from "../src/formats/inflate.js";
import { packedChunkBytes, type SubjectFile } from "./subject-files.js";

/** Bytes accepted behind the values: trailing padding is harmless. */
const SLACK_BYTES = 2 ** 16;

/**
 * Fills `row` with the bytes after `file.dataOffset` of what the file inflates to; returns the CRC-32 of the file as it lies on disk.
 * Throws InputError when it cannot be read, is damaged, or inflates to less or much more than its header promises.
 */
export async function readPackedInto(row: Uint8Array, file: SubjectFile): Promise<number> {
  const expectedBytes = file.dataOffset + row.byteLength;
  const chunkBytes = packedChunkBytes(expectedBytes);
  const packed = fs.createReadStream(file.typedPath, { highWaterMark: chunkBytes });
  const gunzip = createGunzip({ chunkSize: chunkBytes }); // in zlib's own threads
  let crc = 0;
  packed.on("data", (chunk) => {
    crc = crc32(chunk, crc);
  });
  packed.on("error", (error) => gunzip.destroy(error));
  packed.pipe(gunzip);
  let position = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      const skipped = Math.max(0, file.dataOffset - position);
      const start = position + skipped - file.dataOffset;
      if (skipped < chunk.byteLength && start < row.byteLength) {
        row.set(chunk.subarray(skipped, skipped + Math.min(chunk.byteLength - skipped, row.byteLength - start)), start);
      }
      position += chunk.byteLength;
      if (position > expectedBytes + SLACK_BYTES) throw refuse(file, expectedBytes, "more");
    }
  } catch (cause) {
    const found = cause instanceof InputError ? undefined : readWithTail(row, file, expectedBytes, cause);
    if (found !== undefined) return found;
    throw cause instanceof InputError ? cause : refuse(file, expectedBytes, damageOf(cause), cause);
  } finally {
    packed.destroy();
    gunzip.destroy();
  }
  if (position < expectedBytes) throw refuse(file, expectedBytes, `${position}`);
  return crc;
}

/** A file with other bytes behind its last member, which zlib's stream refuses: whole in memory, which its size was found to be fit for. */
function readWithTail(row: Uint8Array, file: SubjectFile, expectedBytes: number, cause: unknown): number | undefined {
  checkCompressedSize(file.sizeBytes, expectedBytes, file.typedPath);
  const packed = fs.readFileSync(file.typedPath);
  const members = withoutTail(packed, cause, expectedBytes + SLACK_BYTES);
  if (members === undefined) return undefined;
  const bytes = inflate(members, expectedBytes, file.typedPath);
  row.set(bytes.subarray(file.dataOffset, expectedBytes));
  return crc32(packed);
}

function damageOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === "Z_BUF_ERROR" ? "a truncated file" : `damaged or other data (${message})`;
}

function refuse(file: SubjectFile, expectedBytes: number, got: string, cause?: unknown): InputError {
  return new InputError(
    `Cannot read ${file.typedPath}: expected ${expectedBytes} bytes of gzip data as its header promises, got ${got}. Copy or make the file again.`,
    { path: file.typedPath, cause },
  );
}
