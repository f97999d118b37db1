// Text files, whole, within what memory allows. They may be pipes (`<(...)`, /dev/stdin): the event loop lives while one is waited for, so a signal ends it.
import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { Socket } from "node:net";
import { isatty, ReadStream as TerminalStream } from "node:tty";
import { BudgetError, InputError, isFixelstreamError } from "../../errors.js";
import { describeSystemError } from "../../system-error.js";
import { formatBytes } from "../../units.js";
import { numpyTextCommand } from "../npy/refused-dtypes.js";

export interface TextOptions {
  /** What may be held of it: text takes BYTES_A_CHARACTER times its size while it is parsed. Default: only LARGEST_TEXT bounds it. */
  readonly memoryBytes?: number | undefined;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Sees the bytes that the text is made of, for a checksum. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined;
}

/** Bytes of memory a byte of text takes while it is parsed: itself, a string of it, and a float64 for every three. */
export const BYTES_A_CHARACTER = 5;
/** Bytes of text that become one string. */
export const LARGEST_TEXT = 2 ** 28;
/** Bytes read at a time; after the first an image of gigabytes given where a text belongs is known. */
const FIRST_BYTES = 4096;
const MORE_BYTES = 2 ** 20;
/** A pipe that nobody writes to is opened all the same, and waited for where it can be left. Windows does not know it. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Throws InputError when the file cannot be read, or is binary (an image given where a text belongs); BudgetError when it is larger than memory allows, as
 * a pipe without an end is; the reason of the signal.
 */
export async function readTextFile(path: string, options: TextOptions = {}): Promise<string> {
  const mostBytes = Math.min(LARGEST_TEXT, Math.floor((options.memoryBytes ?? Infinity) / BYTES_A_CHARACTER));
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of piecesOf(path, mostBytes, options)) {
      pieces.push(piece);
      const isUtf16 = utf16Of(pieces[0]!) !== undefined;
      if (length < FIRST_BYTES && !isUtf16 && piece.subarray(0, FIRST_BYTES - length).includes(0))
        throw binary(path, pieces[0]!);
      length += piece.byteLength;
      if (length > mostBytes) throw tooLarge(path, mostBytes, `more than ${formatBytes(mostBytes)}`, options);
    }
  } catch (cause) {
    if (isFixelstreamError(cause) || options.signal?.aborted) throw cause;
    const message = `Cannot read ${path}: expected a text file, got ${describeSystemError(cause)}. Check the path and its permissions.`;
    throw new InputError(message, { path, cause });
  }
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
  options.onBytes?.(bytes);
  const encoding = utf16Of(bytes);
  return encoding === undefined ? bytes.toString("utf8") : new TextDecoder(encoding).decode(bytes);
}

/** "Unicode text" of spreadsheets, by its byte order mark. */
function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

/** Throws BudgetError before anything is read of a file whose size is known to be too much. */
async function* piecesOf(
  path: string,
  mostBytes: number,
  options: TextOptions,
): AsyncGenerator<Buffer<ArrayBuffer>, void> {
  const { signal } = options;
  signal?.throwIfAborted();
  const descriptor = openSync(path, OPEN_FLAGS);
  let stat: Stats;
  try {
    stat = fstatSync(descriptor);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  if (stat.isFIFO() || isatty(descriptor)) {
    yield* streamOf(
      stat.isFIFO() ? new Socket({ fd: descriptor, writable: false }) : new TerminalStream(descriptor),
      signal,
    );
    return;
  }
  closeSync(descriptor);
  // of a small file, whose size is known, no MiB to see that it has ended
  const moreBytes = stat.isFile() ? Math.max(FIRST_BYTES, Math.min(MORE_BYTES, stat.size)) : MORE_BYTES;
  const file = await open(path, "r");
  try {
    for (let first = true; ; first = false) {
      signal?.throwIfAborted();
      const piece = Buffer.allocUnsafeSlow(first ? FIRST_BYTES : moreBytes);
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, null);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      // after the first piece: an image is said to be one
      if (first && stat.isFile() && stat.size > mostBytes)
        throw tooLarge(path, mostBytes, formatBytes(stat.size), options);
    }
  } finally {
    await file.close();
  }
}

async function* streamOf(stream: Socket, signal: AbortSignal | undefined): AsyncGenerator<Buffer<ArrayBuffer>, void> {
  const stop = () => stream.destroy(signal!.reason);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const piece of stream) yield piece;
  } finally {
    signal?.removeEventListener("abort", stop);
    stream.destroy();
  }
}

function binary(path: string, start: Buffer): InputError {
  const mark = start.toString("latin1", 0, 8);
  const got = mark.startsWith("\x93NUMPY")
    ? `a .npy array. As text: ${numpyTextCommand(path)}`
    : mark.startsWith("PK\x03\x04")
      ? "a zip archive, as .xlsx and .npz are. Save what is in it as text, such as .csv."
      : "binary data. Is it the right file?";
  return new InputError(`Cannot read ${path}: expected a text file, got ${got}`, { path });
}

function tooLarge(path: string, mostBytes: number, got: string, { memoryBytes }: TextOptions): BudgetError {
  const remedy = mostBytes < LARGEST_TEXT ? " If it is, raise --memory." : "";
  return new BudgetError(
    `Cannot read ${path} as text: expected at most ${formatBytes(mostBytes)}, got ${got}. Is it the right file?${remedy}`,
    { neededBytes: (mostBytes + 1) * BYTES_A_CHARACTER, givenBytes: memoryBytes ?? LARGEST_TEXT * BYTES_A_CHARACTER },
  );
}
