// h5wasm reports almost no error: a full disk, a truncated file and a corrupt chunk all pass silently. Everything libhdf5 reads and writes goes
// through the module's FS, and everything it has to say goes to file descriptor 2 of that FS; the latch listens at both and `guard` throws.
// It also keeps libhdf5 to the files that were opened here, where links would lead it to others, and to as many reads as a file can be in need of.
// Leans on Emscripten's internals: h5wasm is pinned to 0.10.3, and test/formats/hdf5/safety.test.ts shows that each failure is seen.
import { resolve } from "node:path";
import { InputError, InternalError } from "../../errors.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import { beginCall, endCall } from "./progress.js";
import { mergeCommand } from "./remedies.js";

/** The part of Emscripten's FS that is listened to. */
export interface ListenedFileSystem {
  readonly ErrnoError: new (errno: number) => Error;
  open(path: string, flags: unknown, mode?: number): OpenStream;
  write(stream: OpenStream, buffer: Uint8Array, offset: number, length: number, position?: number): number;
  read(stream: OpenStream, buffer: Uint8Array, offset: number, length: number, position?: number): number;
}

interface OpenStream {
  readonly fd: number;
  readonly position?: number;
}

/** Where a read went that was caught instead of done. */
export interface CaughtRead {
  readonly byteOffset: number;
  readonly lengthBytes: number;
}

export interface Latch {
  /** `path` may be opened by libhdf5; nothing else may. `fileBytes`: of a file that is read. */
  allow(path: string, fileBytes?: number): void;
  disallow(path: string): void;
  /** Runs `work`; throws InputError "Cannot ACTION: ..." when it throws or when libhdf5 met a failure meanwhile. */
  guard<T>(action: string, path: string, work: () => T): T;
  /** The same while a file is made: libhdf5 then reads behind its end, where it finds zeros. */
  guardMaking<T>(action: string, path: string, work: () => T): T;
  /** As guardMaking, but `work` is allowed to fail inside libhdf5 (said by the caller), only not in writing the file. */
  guardFile<T>(action: string, path: string, work: () => T): T;
  /** Runs `work` until libhdf5 reads `leastBytes` or more at once, and lets that read fail; undefined: it never did. */
  catchRead(leastBytes: number, work: () => void): CaughtRead | undefined;
}

/** libhdf5's stderr, when Emscripten writes it. */
const STDERR = 2;
/** Characters. A stack of errors is some thousand long; only its ends are told. */
const MOST_TEXT = 20_000;

/** Emscripten's O_DIRECTORY. */
const DIRECTORY = 0o200000;
/** Emscripten's ENOENT. */
const NO_SUCH_FILE = 44;
/** Emscripten's EIO. */
const IO_ERROR = 29;
/** Bytes and calls of one request: what is in the file may be read some times over, and its metadata. A damaged file may lead in circles. */
const MOST_READ = { bytes: 2 ** 26, calls: 10 ** 6, timesOver: 8, bytesACall: 128 } as const;

class ReadCaught extends Error {}

/** Replaces FS.open, FS.read and FS.write for good; one latch a module. */
export function createLatch(fileSystem: ListenedFileSystem): Latch {
  const read = fileSystem.read.bind(fileSystem);
  const write = fileSystem.write.bind(fileSystem);
  const open = fileSystem.open.bind(fileSystem);
  const allowed = new Map<string, number>();
  let otherFile: string | undefined;
  let nRead = { bytes: 0, calls: 0 };
  const decoder = new TextDecoder();
  let failure: Error | undefined;
  let shortRead: Error | undefined;
  let text = "";
  let trap: { leastBytes: number; caught: CaughtRead | undefined } | undefined;

  fileSystem.open = (path, flags, mode) => {
    if (!allowed.has(resolve(path))) {
      // where it looks for filters that it lacks
      if (!(typeof flags === "number" && flags & DIRECTORY)) otherFile ??= path;
      throw new fileSystem.ErrnoError(NO_SUCH_FILE);
    }
    return open(path, flags, mode);
  };
  fileSystem.write = (stream, buffer, offset, length, position) => {
    if (stream.fd === STDERR) {
      if (text.length < MOST_TEXT) text += decoder.decode(buffer.slice(offset, offset + length));
      return length;
    }
    try {
      const done = transferAll(write, stream, buffer, offset, length, position);
      if (done < length) failure ??= Object.assign(new Error("short write"), { code: "ENOSPC" });
      return done;
    } catch (error) {
      failure ??= error as Error;
      throw error;
    }
  };
  fileSystem.read = (stream, buffer, offset, length, position) => {
    if (trap !== undefined && length >= trap.leastBytes) {
      trap.caught ??= { byteOffset: position ?? stream.position ?? 0, lengthBytes: length };
      throw new ReadCaught();
    }
    nRead.bytes += length;
    nRead.calls += 1;
    const fileBytes = Math.max(0, ...allowed.values());
    if (
      nRead.bytes > MOST_READ.bytes + MOST_READ.timesOver * fileBytes ||
      nRead.calls > MOST_READ.calls + fileBytes / MOST_READ.bytesACall
    ) {
      failure ??= new Error(`libhdf5 goes in circles: it has read ${nRead.bytes} bytes of a file of ${fileBytes}`);
      throw new fileSystem.ErrnoError(IO_ERROR);
    }
    try {
      const done = transferAll(read, stream, buffer, offset, length, position);
      if (stream.fd > STDERR && done < length) {
        shortRead ??= new Error(
          `the file ends too early, expected ${length} bytes at ${position ?? "its position"}, got ${done}`,
        );
      }
      return done;
    } catch (error) {
      failure ??= error as Error;
      throw error;
    }
  };

  function run<T>(
    action: string,
    path: string,
    work: () => T,
    counts: { readonly text: boolean; readonly shortReads: boolean },
  ): T {
    failure = undefined;
    shortRead = undefined;
    otherFile = undefined;
    nRead = { bytes: 0, calls: 0 };
    text = "";
    let result: T | undefined;
    let thrown: unknown;
    try {
      result = work();
    } catch (error) {
      thrown = error;
    }
    const [found, said] = [(failure ?? (counts.shortReads ? shortRead : undefined)) as Error | undefined, text];
    failure = undefined;
    shortRead = undefined;
    text = "";
    if (thrown instanceof InputError || thrown instanceof InternalError) throw thrown;
    if (otherFile !== undefined) {
      throw new InputError(
        `Cannot ${action}: expected everything in the file itself, got a link to another file, ${otherFile}. Copy it into one file: ${mergeCommand(path)}`,
        { path },
      );
    }
    if (thrown === undefined && found === undefined && (said === "" || !counts.text)) return result as T;
    throw new InputError(`Cannot ${action}: ${describeFailure(found, said, thrown)}`, { path, cause: found ?? thrown });
  }

  return {
    allow: (path, fileBytes = 0) => void allowed.set(resolve(path), fileBytes),
    disallow: (path) => void allowed.delete(resolve(path)),
    guard: (action, path, work) => run(action, path, work, { text: true, shortReads: true }),
    guardMaking: (action, path, work) => run(action, path, work, { text: true, shortReads: false }),
    guardFile: (action, path, work) => run(action, path, work, { text: false, shortReads: false }),
    catchRead(leastBytes, work) {
      trap = { leastBytes, caught: undefined };
      try {
        work();
      } catch {
        // the trap's own failure, on its way through libhdf5
      }
      const { caught } = trap;
      trap = undefined;
      failure = undefined;
      text = "";
      return caught;
    },
  };
}

/** The system may move less than it was asked for; libhdf5's files take that for the end. `position` undefined: the stream's own, which moves along. */
function transferAll(
  transfer: ListenedFileSystem["read"],
  stream: OpenStream,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number | undefined,
): number {
  let done = 0;
  for (let got = -1; got !== 0 && done < length; done += got) {
    beginCall();
    try {
      got = transfer(
        stream,
        buffer,
        offset + done,
        length - done,
        position === undefined ? undefined : position + done,
      );
    } finally {
      endCall();
    }
  }
  return done;
}

function describeFailure(failure: Error | undefined, text: string, thrown: unknown): string {
  if (systemErrorCode(failure) === "ENOSPC") return "the disk is full. Make room, or write somewhere else.";
  if (failure !== undefined) {
    return `${describeSystemError(failure)}. It is damaged, or was changed meanwhile: restore it, or make it again.`;
  }
  if (/file is already open for write|consistency flags/.test(text)) {
    return "its writer did not finish, or is still writing. Make it again, or wait until it is done.";
  }
  if (/truncated file/.test(text)) {
    const sizes = /eof = (\d+).*?stored_eof = (\d+)/.exec(text);
    const numbers = sizes === null ? "" : `, expected ${sizes[2]} bytes, got ${sizes[1]}`;
    return `it is truncated${numbers}. Copy it again, or make it again.`;
  }
  if (/file signature not found|bad superblock|unable to find a valid/i.test(text)) {
    return "expected an HDF5 file, got something else. Check the name, or make it again.";
  }
  const reasons = [...text.matchAll(/^\s+#\d+:.*?\): (.*)$/gm)].map((match) => match[1]!);
  const told = [...new Set([reasons[0], reasons.at(-1)])].filter((reason) => reason !== undefined).join(", ");
  const said = told !== "" ? `libhdf5 says: ${told}` : thrown instanceof Error ? thrown.message : "libhdf5 failed";
  return `${said}. It is damaged or not what it should be: restore it, or make it again.`;
}
