// numpy's .npz: a zip archive of .npy arrays, stored or deflated, of any size (zip64). yauzl reads it, loaded only when there is one to read.
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { formatCrc32 } from "../../checksum.js";
import { InputError } from "../../errors.js";
import { shellWord } from "../../shell-word.js";
import { describeSystemError } from "../../system-error.js";
import { numpyCommand } from "./refused-dtypes.js";

export interface NpzArray {
  /** As in the archive, with its .npy. */
  readonly name: string;
  /** It was chosen out of several. */
  readonly isChosen: boolean;
  /** Of the array, header and values. */
  readonly sizeBytes: number;
  /**
   * The array's bytes from the first on. The stream fails with InputError where the archive is damaged: bytes that do not unpack, and, when all were read
   * and the end is asked for, another CRC-32 than the archive has.
   */
  openStream(): Promise<Readable>;
  close(): void;
}

export interface NpzChoice {
  /** Of several arrays, with .npy or without; undefined: none was named. */
  readonly name: string | undefined;
  /** A user can name one with --scalar. */
  readonly canBeNamed: boolean;
}

/** Looked at: an archive may have millions. */
const MOST_ENTRIES = 1000;
/** By zip's numbers: those that Python's zipfile unpacks too. */
const METHODS: Readonly<Record<number, string>> = { 12: "bzip2", 14: "lzma" };
const STORED = 0;
const DEFLATED = 8;

/** The one array of an archive, or the one named. Throws InputError when it is no zip, or holds no such array, or several and none is named. */
export async function openNpzArray(path: string, choice?: NpzChoice): Promise<NpzArray> {
  // in the bundled program a CommonJS package has its names under `default` alone
  const { openPromise } = (await import("yauzl")).default;
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
    const entry = chooseEntry(entries, path, choice);
    assertReadable(entry, path);
    return {
      name: entry.fileName,
      isChosen: entries.length > 1,
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

const arrayNameOf = (fileName: string): string => fileName.replace(/\.npy$/, "");

function chooseEntry(entries: readonly Entry[], path: string, choice: NpzChoice | undefined): Entry {
  const refuse = (expected: string, got: string) =>
    new InputError(`Cannot read ${path}: expected ${expected}, got ${got}`, { path });
  if (entries.length === 1) return entries[0]!;
  const names = entries.map(({ fileName }) => fileName);
  const listed = `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", .." : ""}`;
  if (names.includes("indptr.npy") && names.includes("format.npy")) {
    const dense = numpyCommand({ path }, "s.load_npz(sys.argv[1]).toarray()", {
      imports: "; import scipy.sparse as s",
    });
    throw refuse("one array in it", `a sparse matrix of scipy (${listed}). With its zeros: ${dense}`);
  }
  const wanted = choice?.name;
  const found = entries.filter(({ fileName }) => fileName === wanted || arrayNameOf(fileName) === wanted);
  if (found.length === 1 && entries.length <= MOST_ENTRIES) return found[0]!;
  if (found.length > 1)
    throw refuse(
      "one array of a name",
      `${found.length} called ${wanted}. Save the one that is meant alone: numpy.savez.`,
    );
  const count = entries.length > MOST_ENTRIES ? `more than ${MOST_ENTRIES}` : `${entries.length}`;
  const got = entries.length === 0 ? "none" : `${count} (${listed})`;
  const remedy =
    entries.length === 0
      ? "Save the one that is meant: numpy.savez(path, array)."
      : choice?.canBeNamed === true && entries.length <= MOST_ENTRIES
        ? `Choose one: --scalar ${shellWord(arrayNameOf(names[0]!))}`
        : `Save the one that is meant, such as the first: ${numpyCommand({ path, member: names[0] }, "a")}`;
  throw refuse(
    wanted === undefined ? "one array in it" : `one array in it, or one called ${wanted}`,
    `${got}. ${remedy}`,
  );
}

/** Throws InputError for what numpy never writes: encrypted, or compressed otherwise. */
function assertReadable(entry: Entry, path: string): void {
  const { fileName, compressionMethod } = entry;
  const refuse = (got: string) =>
    new InputError(`Cannot read ${path}: expected ${fileName} stored or deflated, as numpy writes it, got ${got}`, {
      path,
    });
  if (entry.isEncrypted()) throw refuse("an encrypted one. Unpack it with its password (unzip), and give the .npy.");
  if (compressionMethod === STORED || compressionMethod === DEFLATED) return;
  const method = METHODS[compressionMethod];
  if (method !== undefined)
    throw refuse(`one compressed by ${method}. Save it again: ${numpyCommand({ path, member: fileName }, "a")}`);
  throw refuse(`one compressed by method ${compressionMethod}. Unpack the archive, and give the .npy.`);
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

function damaged(path: string, cause: unknown): InputError {
  return new InputError(
    `Cannot read ${path}: expected a .npz archive as numpy writes it, got a damaged or another one (${messageOf(cause)}). Save it again: numpy.savez(path, array).`,
    { path, cause },
  );
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
