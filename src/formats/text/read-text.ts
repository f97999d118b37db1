// Small text files, whole.
import { readFileSync } from "node:fs";
import { InputError } from "../../errors.js";
import { describeSystemError } from "../system-error.js";

/** Throws InputError when the file cannot be read, or is binary (an image given where a text belongs). */
export function readTextFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const message = `Cannot read ${path}: expected a text file, got ${describeSystemError(cause)}. Check the path and its permissions.`;
    throw new InputError(message, { path, cause });
  }
  if (text.slice(0, 4096).includes("\0")) {
    throw new InputError(`Cannot read ${path}: expected a text file, got binary data. Is it the right file?`, { path });
  }
  return text;
}
