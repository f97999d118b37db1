// Small text files, whole.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { InputError } from "../../errors.js";
import { describeSystemError } from "../../system-error.js";

/** Bytes looked at before the rest is read: an image of gigabytes given where a text belongs must not cost its size. */
const START_BYTES = 4096;

/**
 * `onBytes` sees the bytes that the text is made of, for a checksum. Throws InputError when the file cannot be read, or is binary (an image given
 * where a text belongs).
 */
export function readTextFile(path: string, onBytes?: (bytes: Uint8Array) => void): string {
  let bytes: Buffer | undefined;
  let text: string | undefined;
  try {
    bytes = readUnlessBinary(path);
    text = bytes?.toString("utf8");
  } catch (cause) {
    const message = `Cannot read ${path}: expected a text file, got ${describeSystemError(cause)}. Check the path and its permissions.`;
    throw new InputError(message, { path, cause });
  }
  if (text !== undefined) {
    onBytes?.(bytes!);
    return text;
  }
  throw new InputError(`Cannot read ${path}: expected a text file, got binary data. Is it the right file?`, { path });
}

/** Undefined: a zero byte near the start. Throws the system's error. */
function readUnlessBinary(path: string): Buffer | undefined {
  const descriptor = openSync(path, "r");
  try {
    const start = Buffer.alloc(START_BYTES);
    let length = 0;
    // A pipe may give less than it will.
    for (let got = -1; got !== 0 && length < START_BYTES; length += got) {
      got = readSync(descriptor, start, length, START_BYTES - length, null);
    }
    const head = start.subarray(0, length);
    if (head.includes(0)) return undefined;
    return length < START_BYTES ? head : Buffer.concat([head, readFileSync(descriptor)]);
  } finally {
    closeSync(descriptor);
  }
}
