// The small files of an analysis. Each is read once: the bytes that are used are those that run.json has the checksum of, whatever becomes of the file
// while the run goes on.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { InputError } from "../../errors.js";
import { openImage, readImageHeader } from "../../formats/image.js";
import type { Image, ImageHeader } from "../../formats/image-header.js";
import { bytesInMemory } from "../../formats/positional-bytes.js";
import { type IntegerMatrix, parseIntegers } from "../../formats/text/integers.js";
import { type Matrix, parseMatrix } from "../../formats/text/matrix.js";
import { readTextFile } from "../../formats/text/read-text.js";
import { namesOfList } from "../../formats/text/subject-list.js";
import { describeSystemError } from "../../system-error.js";

export interface InputFile {
  /** As typed. */
  readonly path: string;
  /** Of an image of two files (.mih): of its header, then its data. */
  readonly sha256: string;
}

/** `role`: what the file is for, its key in run.json. */
export interface InputFiles {
  /** Throws InputError. */
  text(role: string, path: string): string;
  /** Names, one a line. Throws InputError, also for none. */
  list(role: string, path: string): string[];
  /** Throws InputError as parseMatrix. */
  matrix(role: string, path: string): Matrix;
  /** Throws InputError as parseIntegers. */
  integers(role: string, path: string): IntegerMatrix;
  /**
   * The whole image in memory; `check` sees the header first, so that a wrong file does not cost its own size. Throws InputError as openImage, or what
   * `check` throws.
   */
  image(role: string, path: string, check: (header: ImageHeader) => void): Image;
  /** What was read so far, by role. */
  readonly read: Readonly<Record<string, InputFile>>;
}

export function createInputFiles(): InputFiles {
  const read: Record<string, InputFile> = {};
  const text = (role: string, path: string) =>
    readTextFile(path, (bytes) => {
      read[role] = { path, sha256: createHash("sha256").update(bytes).digest("hex") };
    });
  return {
    read,
    text,
    list: (role, path) => namesOfList(text(role, path), path),
    matrix: (role, path) => parseMatrix(text(role, path), path),
    integers: (role, path) => parseIntegers(text(role, path), path),
    image(role, path, check) {
      check(readImageHeader(path));
      const hash = createHash("sha256");
      const image = openImage(path, (file) => {
        const bytes = readWhole(file);
        hash.update(bytes);
        return bytesInMemory(file, bytes);
      });
      // again: the file may be another by now
      check(image.header);
      read[role] = { path, sha256: hash.digest("hex") };
      return image;
    },
  };
}

function readWhole(path: string): Uint8Array {
  try {
    if (!statSync(path).isFile()) throw Object.assign(new Error("not a file"), { code: "EINVAL" });
    return readFileSync(path);
  } catch (cause) {
    const message = `Cannot read ${path}: expected a readable file, got ${describeSystemError(cause)}. Check the path and its permissions.`;
    throw new InputError(message, { path, cause });
  }
}
