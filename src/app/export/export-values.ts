// Values of an image or a store as NumPy's .npy or as a text table: for programs that read neither .mif nor stores.
import { closeSync, existsSync, openSync } from "node:fs";
import { InputError, UsageError } from "../../errors.js";
import { imageKindOf, openImage, readImageVector } from "../../formats/image.js";
import { writeFileInPieces } from "../../formats/write-file.js";
import { bytesPerValue } from "../../store/element-type.js";
import { openStore, type Store } from "../../store/open-store.js";
import { readRectangle } from "../../store/read-rectangle.js";
import { verifyStore } from "../../store/verify.js";
import { formatCount } from "../../units.js";
import { lookAtArgument } from "../arguments/path-kind.js";

export interface ExportValuesOptions {
  /** Image, or store. */
  readonly input: string;
  /** .npy, .tsv or .csv. */
  readonly output: string;
  /** Of a store; undefined: its only one. */
  readonly scalar?: string | undefined;
  readonly force: boolean;
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExportValuesSummary {
  readonly output: string;
  /** Of the array. Fixel data have one axis; a store has subjects and elements. */
  readonly shape: readonly number[];
  readonly type: "float32" | "float64";
}

type Form = "npy" | "tsv" | "csv";

/** By the ending of the output; undefined: another one. */
export const valuesForm = (output: string): Form | undefined =>
  /\.(npy|tsv|csv)$/i.exec(output)?.[1]?.toLowerCase() as Form | undefined;

/** Throws UsageError (what cannot be put into that form), InputError (damaged, exists). Memory: an image's values; of a store a row. */
export async function exportValues(options: ExportValuesOptions): Promise<ExportValuesSummary> {
  const { input, output, force, signal } = options;
  const form = valuesForm(output)!;
  const found = imageKindOf(input) === undefined ? openStored(options) : await openValues(input, form);
  try {
    if (existsSync(output) && !force) {
      throw new InputError(`Cannot write ${output}: it exists. Give another name, or -force to replace it.`, {
        path: output,
      });
    }
    if (lookAtArgument(output).kind === "directory")
      throw new InputError(`Cannot write ${output}: expected a file, got a directory. Give another name.`, {
        path: output,
      });
    const pieces = form === "npy" ? npyPieces(found) : textPieces(found, form === "tsv" ? "\t" : ",");
    await writeFileInPieces(output, pieces, { overwrite: force, flush: true, signal });
    return { output, shape: found.shape, type: found.type };
  } finally {
    found.close();
  }
}

type Values = Float32Array | Float64Array;

interface ValuesToWrite {
  readonly shape: readonly number[];
  readonly type: "float32" | "float64";
  /** First axis fastest, as images are; else the last, as rows are. */
  readonly isFortran: boolean;
  /** One after the other. */
  rows(): Iterable<Values>;
  /** Of a table: what stands above, and in front of value `i` of row `r`, or of the whole row. */
  readonly columns: readonly string[];
  readonly isWide: boolean;
  labels(r: number, i: number): readonly (string | number)[];
  close(): void;
}

async function openValues(path: string, form: Form): Promise<ValuesToWrite> {
  openImage(path).close();
  const { header, values } = await readImageVector(path);
  const sizes = [...header.dimensions];
  while (sizes.length > 1 && sizes.at(-1) === 1) sizes.pop();
  if (form !== "npy" && sizes.length > 3) {
    throw new UsageError(
      `Cannot export ${path} as text: expected at most three axes, got ${sizes.join(" x ")}. Export it to .npy, or one volume of it.`,
    );
  }
  const [nx, ny] = [sizes[0] ?? 1, sizes[1] ?? 1];
  const isFlat = sizes.length === 1;
  return {
    ...{ shape: sizes, type: values instanceof Float32Array ? "float32" : "float64", isFortran: true },
    rows: () => [values],
    columns: isFlat ? ["index", "value"] : [...["i", "j", "k"].slice(0, sizes.length), "value"],
    isWide: false,
    labels: (_, i) =>
      isFlat ? [i] : [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))].slice(0, sizes.length),
    close() {},
  };
}

function openStored({ input, scalar, onProgress, signal }: ExportValuesOptions): ValuesToWrite {
  const store = openStore(input, { io: "auto" });
  const name = scalar ?? onlyScalar(store, input);
  const spec = store.spec(name);
  const { damagedBlocks, damagedFiles, fileProblems } = verifyStore(input, (done, all) => {
    signal?.throwIfAborted();
    onProgress?.(done / all / 2);
  });
  const nDamages = damagedBlocks.length + damagedFiles.length + fileProblems.length;
  if (nDamages > 0) {
    throw new InputError(
      `Cannot export ${input}: expected it as it was written, got ${formatCount(nDamages, "damages")}. \`fixelstream verify\` names them.`,
      { path: input },
    );
  }
  const { nSubjects, nElements, blockWidth } = store;
  const { elementType } = spec;
  const names = store.subjectNames(name);
  const rowBytes = nElements * bytesPerValue(elementType);
  const fd = openSync(spec.path, "r");
  return {
    ...{ shape: [nSubjects, nElements], type: elementType === "f32" ? "float32" : "float64", isFortran: false },
    *rows() {
      const bytes = new Uint8Array(rowBytes);
      const staging = new Uint8Array(blockWidth * bytesPerValue(elementType));
      const shape = { nSubjects, nElements, blockWidth, elementType };
      for (let firstSubject = 0; firstSubject < nSubjects; firstSubject++) {
        signal?.throwIfAborted();
        const rectangle = { firstSubject, nSubjects: 1, firstElement: 0, nElements };
        if (!readRectangle(fd, shape, rectangle, bytes, staging))
          throw new InputError(`Cannot export ${input}: its data end before their last row.`, { path: input });
        onProgress?.(0.5 + (firstSubject + 1) / nSubjects / 2);
        yield elementType === "f32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
      }
    },
    columns: ["subject", ...Array.from({ length: nElements }, (_, i) => `${i}`)],
    isWide: true,
    labels: (r) => [names[r]!],
    close() {
      closeSync(fd);
      store.close();
    },
  };
}

function onlyScalar({ scalarNames }: Store, input: string): string {
  const [name, ...others] = scalarNames;
  if (name !== undefined && others.length === 0) return name;
  throw new UsageError(
    `Cannot export ${input}: expected --scalar NAME, because it has ${scalarNames.join(", ")}, got none.`,
  );
}

/** NumPy's format 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
function* npyPieces({ shape, type, isFortran, rows }: ValuesToWrite): Iterable<Uint8Array> {
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const descr = type === "float32" ? "<f4" : "<f8";
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${isFortran && shape.length > 1 ? "True" : "False"}, 'shape': ${sizes}, }`;
  const start = 10;
  const length = Math.ceil((start + dictionary.length + 1) / 64) * 64 - start;
  const header = Buffer.from(`\u0000NUMPY\u0000\u0000\u0000\u0000${dictionary.padEnd(length - 1)}\n`, "latin1");
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  yield header;
  for (const values of rows()) yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Characters that are handed on together. */
const PIECE = 2 ** 20;

function* textPieces(found: ValuesToWrite, separator: string): Iterable<Uint8Array> {
  const cell = (text: string | number) =>
    /["\n\r]/.test(`${text}`) || `${text}`.includes(separator) ? `"${`${text}`.replaceAll('"', '""')}"` : `${text}`;
  let text = `${found.columns.map(cell).join(separator)}\n`;
  let r = 0;
  for (const values of found.rows()) {
    if (found.isWide) text += found.labels(r, 0).map(cell).join(separator);
    for (let i = 0; i < values.length; i++) {
      // as many digits as tell the value from its neighbours in its own type
      const value = found.type === "float32" ? shortest(values[i]!) : `${values[i]}`;
      text += found.isWide ? `${separator}${value}` : `${[...found.labels(r, i), value].join(separator)}\n`;
      if (text.length < PIECE) continue;
      yield Buffer.from(text);
      text = "";
    }
    if (found.isWide) text += "\n";
    r++;
  }
  yield Buffer.from(text);
}

/** The shortest decimal that is this float32. */
function shortest(value: number): string {
  if (!Number.isFinite(value)) return `${value}`;
  for (const digits of [6, 7, 8]) {
    const text = `${Number(value.toPrecision(digits))}`;
    if (Math.fround(Number(text)) === value) return text;
  }
  return `${Number(value.toPrecision(9))}`;
}
