// The small files of an analysis. Each is read once: the bytes that are used are those that run.json has the checksum of, whatever becomes of the file
// while the run goes on.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { InputError } from "../../errors.js";
import { openImage, readImageHeader } from "../../formats/image.js";
import type { Image, ImageHeader } from "../../formats/image-header.js";
import { bytesInMemory } from "../../formats/positional-bytes.js";
import { asIntegers, type IntegerMatrix } from "../../formats/text/integers.js";
import { describeForm, type NumberTable, parseMatrixInSteps } from "../../formats/text/matrix.js";
import { readTextFile, type TextOptions } from "../../formats/text/read-text.js";
import { namesOfList } from "../../formats/text/subject-list.js";
import { describeSystemError } from "../../system-error.js";
import { createTurns, inTurns } from "../../turns.js";

export interface InputFile {
  /** As typed. */
  readonly path: string;
  /** Of an image of two files (.mih): of its header, then its data. */
  readonly sha256: string;
  /** How a text was read where that is not numbers alone. */
  readonly readAs?: string;
  /** Out of its first row. */
  readonly columnNames?: readonly string[];
  /** Out of its first column, and what stands above them. */
  readonly rowNames?: readonly string[];
  readonly rowNamesTitle?: string;
}

/** `role`: what the file is for, its key in run.json. */
export interface InputFiles {
  /** Throws InputError. */
  text(role: string, path: string): Promise<string>;
  /** Names, one a line. Throws InputError, also for none. */
  list(role: string, path: string): Promise<string[]>;
  /** Throws InputError as parseMatrix. */
  matrix(role: string, path: string): Promise<NumberTable>;
  /** Throws InputError as parseIntegers. */
  integers(role: string, path: string): Promise<IntegerMatrix>;
  /**
   * The whole image in memory; `check` sees the header first, so that a wrong file does not cost its own size. Throws InputError as openImage, or what
   * `check` throws.
   */
  image(role: string, path: string, check: (header: ImageHeader) => void): Image;
  /** What was read so far, by role. */
  readonly read: Readonly<Record<string, InputFile>>;
  /** How texts were read where that is not numbers alone: sentences. */
  readonly notes: readonly string[];
  /** One more of them. */
  addNote(note: string): void;
}

/** Of a run: what a text may take of its memory, and what ends the reading. */
export function createInputFiles(options: Pick<TextOptions, "memoryBytes" | "signal"> = {}): InputFiles {
  const read: Record<string, InputFile> = {};
  const text = (role: string, path: string) =>
    readTextFile(path, {
      ...options,
      onBytes: (bytes) => {
        read[role] = { path, sha256: createHash("sha256").update(bytes).digest("hex") };
      },
    });
  const notes: string[] = [];
  const parse = async (role: string, content: string, path: string): Promise<NumberTable> => {
    const table = await inTurns(parseMatrixInSteps(content, path), createTurns(options.signal));
    const readAs = describeForm(table);
    if (readAs === undefined) return table;
    notes.push(`${path} is read as ${readAs}.`);
    const { columnNames, rowNames, rowNamesTitle } = table;
    read[role] = {
      ...read[role]!,
      readAs,
      ...(columnNames && { columnNames }),
      ...(rowNames && { rowNames, ...(rowNamesTitle && { rowNamesTitle }) }),
    };
    return table;
  };
  return {
    read,
    notes,
    addNote(note) {
      if (!notes.includes(note)) notes.push(note);
    },
    text,
    list: async (role, path) => namesOfList(await text(role, path), path),
    matrix: async (role, path) => await parse(role, await text(role, path), path),
    async integers(role, path) {
      const content = await text(role, path);
      return asIntegers(await parse(role, content, path), content, path);
    },
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
