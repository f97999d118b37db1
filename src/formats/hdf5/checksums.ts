// What files of ours carry to be compared by: of every row of values (the dataset row_crc32), and of what libhdf5 keeps without a checksum of its own:
// subjects' names, fixels and voxels, results (the attribute fixelstream_crc32 of the object that they belong to).
import { crc32 } from "node:zlib";
import { formatCrc32 } from "../../checksum.js";
import { InputError } from "../../errors.js";
import type { Hdf5Draft } from "./draft.js";
import type { Hdf5File } from "./open.js";

/** What is said of a scalar (modelarray-layout.ts). */
interface NamedRows {
  readonly name: string;
  readonly nSubjects: number;
  readonly subjectNames: readonly string[];
  readonly values: { readonly objectPath: string };
}

/** Of a matrix (matrix-reader.ts): [nSubjects][nElements] of the rectangle. */
interface Part {
  readonly rectangle: { readonly firstSubject: number; readonly nSubjects: number; readonly nElements: number };
  readonly values: Float32Array | Float64Array;
}

/** CRC-32 of each row's bytes, u32 [nSubjects]: a file of ours knows when its values were changed. */
export const checksumsPath = (scalar: string): string => `/scalars/${scalar}/row_crc32`;

/** Of an object: int32 with the bits of the CRC-32; it lies in the object's header, which libhdf5 checks itself. */
const ATTRIBUTE = "fixelstream_crc32";

/** Of the rows' bytes; undefined: the file has none. */
export async function readRowChecksums(
  file: Hdf5File,
  { name, nSubjects }: NamedRows,
): Promise<Uint32Array | undefined> {
  const objectPath = checksumsPath(name);
  if ((await file.kindOf(objectPath)) !== "dataset") return undefined;
  const description = await file.describe(objectPath);
  if (description.shape.length !== 1 || description.shape[0] !== nSubjects) return undefined;
  return Uint32Array.from(await file.readRectangle(description, [0], [nSubjects]), Number);
}

/** Sums the rows of a matrix that comes in parts, of each subject in the order of its elements. */
export function createRowSums(nSubjects: number) {
  const sums = new Uint32Array(nSubjects);
  return {
    sums,
    add({ rectangle, values }: Part): void {
      const { firstSubject, nElements } = rectangle;
      for (let i = 0; i < rectangle.nSubjects; i++) {
        const row = values.subarray(i * nElements, (i + 1) * nElements);
        const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
        sums[firstSubject + i] = crc32(bytes, sums[firstSubject + i]);
      }
    },
  };
}

/** Throws InputError naming the first subject whose values are not as they were written. `input`: as typed. */
export function assertRows(
  input: string,
  { name, values, subjectNames }: NamedRows,
  expected: ArrayLike<number>,
  got: ArrayLike<number>,
): void {
  for (let row = 0; row < expected.length; row++) {
    if (expected[row] === got[row]) continue;
    throw new InputError(
      `Cannot use ${values.objectPath} of ${input}: expected subject ${row} (${subjectNames[row]}, counted from 0) as fixelstream wrote it, got values with another checksum. The file is damaged or was changed: convert it again, or, if you changed it, delete ${checksumsPath(name)} in it.`,
      { path: input },
    );
  }
}

export const sumTexts = (texts: readonly string[], start = 0): number => crc32(JSON.stringify(texts), start);

export async function writeChecksum(draft: Hdf5Draft, objectPath: string, sum: number): Promise<void> {
  await draft.setAttribute(objectPath, ATTRIBUTE, Int32Array.of(sum));
}

/** Undefined: the object has none. */
export async function readChecksum(file: Hdf5File, objectPath: string): Promise<number | undefined> {
  const found = await file.readAttribute(objectPath, ATTRIBUTE);
  return found?.length === 1 ? Number(found[0]) >>> 0 : undefined;
}

/** `what`: what belongs to the object. Throws InputError unless it is as it was written; nothing where the object has no checksum. */
export async function assertChecksum(file: Hdf5File, objectPath: string, what: string, got: number): Promise<void> {
  const expected = await readChecksum(file, objectPath);
  if (expected === undefined || expected === got) return;
  throw new InputError(
    `Cannot use ${what} of ${file.path}: expected CRC-32 ${formatCrc32(expected)}, as fixelstream wrote it, got ${formatCrc32(got)}. The file is damaged or was changed: make it again, or, if you changed it, delete the attribute ${ATTRIBUTE} of ${objectPath}.`,
    { path: file.path },
  );
}
