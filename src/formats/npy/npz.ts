// numpy's .npz: a zip archive of .npy arrays, stored or deflated, of any size (zip64). yauzl reads it, loaded only when there is one to read.
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { formatCrc32 } from "../../checksum.js";
import { InputError } from "../../errors.js";
import { describeSystemError } from "../../system-error.js";

export interface NpzArray {
  /** As in the archive, with its .npy. */
  readonly name: string;
  /** Of the array, header and values. */
  readonly sizeBytes: number;
  /**
   * The array's bytes from the first on. The stream fails with InputError where the archive is damaged: bytes that do not unpack, and, when all were read
   * and the end is asked for, another CRC-32 than the archive has.
   */
  openStream(): Promise<Readable>;
  close(): void;
}

/** Looked at: an archive may have millions. */
const MOST_ENTRIES = 1000;

/** The one array of an archive. Throws InputError when it is no zip, or holds another number of arrays. */
export async function openNpzArray(path: string): Promise<NpzArray> {
  const { openPromise } = await import("yauzl");
  let zip: ZipFile;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  } catch (cause) {
    const got = cause instanceof Error && "code" in cause ? describeSystemError(cause) : messageOf(cause);
    throw new InputError(`Cannot read ${path}: expected a .npz archive, got ${got}. Is it the right file?`, {
      path,
      cause,
    });
  }
  try {
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith("/")) entries.push(entry);
      if (entries.length > MOST_ENTRIES) break;
    }
    if (entries.length !== 1) {
      const names = entries.slice(0, 5).map(({ fileName }) => fileName);
      const got =
        entries.length === 0
          ? "none"
          : `${entries.length > MOST_ENTRIES ? `more than ${MOST_ENTRIES}` : entries.length} (${names.join(", ")}${entries.length > 5 ? ", .." : ""})`;
      throw new InputError(
        `Cannot read ${path}: expected one array in it, got ${got}. Save the one that is meant: numpy.savez(path, array).`,
        { path },
      );
    }
    const entry = entries[0]!;
    return {
      name: entry.fileName,
      sizeBytes: entry.uncompressedSize,
      openStream: async () => {
        try {
          const stream = await zip.openReadStreamPromise(entry);
          return Readable.from(checked(stream, entry, path), { objectMode: false });
        } catch (cause) {
          throw damaged(path, cause);
        }
      },
      close: () => zip.close(),
    };
  } catch (cause) {
    zip.close();
    if (cause instanceof InputError) throw cause;
    throw damaged(path, cause);
  }
}

/** yauzl compares sizes, and no checksums. */
async function* checked(stream: Readable, { crc32: expected }: Entry, path: string): AsyncGenerator<Uint8Array> {
  let crc = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (crc === expected) return;
  throw new InputError(
    `Cannot read ${path}: expected an array of CRC-32 ${formatCrc32(expected)}, as the archive says, got ${formatCrc32(crc)}. It is damaged: copy or save it again.`,
    { path },
  );
}

/** Also an archive that is whole, but encrypted or compressed as zip allows and numpy never does. */
function damaged(path: string, cause: unknown): InputError {
  return new InputError(
    `Cannot read ${path}: expected a .npz archive as numpy writes it, got a damaged or another one (${messageOf(cause)}). Save it again: numpy.savez(path, array).`,
    { path, cause },
  );
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
