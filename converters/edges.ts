// A list of connectomes, symmetric matrices in text or numpy's files -> rows of edges (formats/connectome.ts).
import { InputError } from "../src/errors.js";
import { assertSquare, countEdges, edgesOfConnectome, type SquareMatrix } from "../src/formats/connectome.js";
import { describeForm, readMatrix } from "../src/formats/text/matrix.js";
import { isNumber, TOKEN } from "../src/formats/text/numbers.js";
import { BYTES_A_CHARACTER, type TextOptions } from "../src/formats/text/read-text.js";
import { resolveSubjectFiles } from "../src/formats/text/subject-list.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import { formatCount } from "../src/units.js";
import { openNpy } from "./npy.js";
import { assertUnchanged, describeInput } from "./subject-files.js";
import { allProblems } from "./subject-problems.js";
import { copyExactly, type VectorSource } from "./vector-source.js";

export interface EdgeList extends TextOptions {
  /** As typed. */
  readonly list: string;
  /** What it names. */
  readonly names: readonly string[];
}

export interface EdgeSource extends VectorSource {
  readonly nNodes: number;
}

interface Connectome extends SquareMatrix {
  /** Of its columns, where it has names. */
  readonly nodeNames?: readonly string[] | undefined;
  readonly form?: string | undefined;
  /** Of a numpy array whose integers stand for missing values too. */
  readonly missingInteger?: string | undefined;
}

const isNumpy = (path: string): boolean => /\.np[yz]$/i.test(path);

/**
 * Files are looked for beside the list, then in the working directory. The first is read here, for the number of nodes; all others as they are converted.
 * Throws InputError.
 */
export async function openEdgeList(options: EdgeList): Promise<EdgeSource> {
  const { list, names } = options;
  assertList(list, names);
  const { paths } = resolveSubjectFiles(names, { listPath: list });
  const files = paths.map((typedPath, i) => ({ ...describeInput(names[i]!, typedPath), typedPath }));
  const first = await readConnectome(paths[0]!, options);
  const { nRows: nNodes, form } = first;
  const nElements = countEdges(nNodes);
  const largest = files.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), 0);
  const readOne = async (i: number): Promise<Float64Array> => {
    const { typedPath } = files[i]!;
    const found = await readConnectome(typedPath, options);
    const where = `(subject ${i + 1} of ${names.length}, counting from 1). Every connectome needs the same nodes, in the same order.`;
    const refuse = (expected: string, got: string) =>
      new InputError(`Cannot use ${typedPath}: expected ${expected} as in ${names[0]}, got ${got} ${where}`, {
        path: typedPath,
      });
    if (found.nRows !== nNodes) throw refuse(`${formatCount(nNodes, "nodes")}`, `${found.nRows}`);
    const at = found.nodeNames?.findIndex((name, node) => name !== (first.nodeNames?.[node] ?? name)) ?? -1;
    if (at >= 0) throw refuse(`${first.nodeNames![at]} in column ${at + 1}`, found.nodeNames![at]!);
    return edgesOfConnectome(found, typedPath);
  };
  return {
    path: list,
    kind: "edge",
    nSubjects: names.length,
    nElements,
    nNodes,
    missingInteger: first.missingInteger,
    sources: files.map(({ name, path, sizeBytes, mtimeMs, status }) => ({ name, path, sizeBytes, mtimeMs, status })),
    subjectNames: names,
    notes: form === undefined ? [] : [`${paths[0]} is read as ${form}.`],
    elementTypes: (await mayNeedFloat64(paths)) ? ["f32", "f64"] : ["f32"],
    // one matrix as text and as numbers, and its edges
    readerBytes: largest * BYTES_A_CHARACTER + 16 * nNodes ** 2,
    async openRows() {
      return {
        async readInto(rows, firstRow, count, onRow) {
          const crc32: number[] = [];
          for (let i = firstRow; i < firstRow + count; i++) {
            const file = { ...files[i]!, dataPath: undefined };
            assertUnchanged(file);
            try {
              if (!copyExactly(rows, (i - firstRow) * nElements, await readOne(i))) return undefined;
            } catch (error) {
              throw await allProblems(error, { what: "connectomes", nFiles: files.length, first: i, readOne });
            }
            crc32.push(checksumFile(file.typedPath));
            assertUnchanged(file);
            await onRow(i);
          }
          return crc32;
        },
        close() {},
      };
    },
  };
}

/** Texts may; of arrays the headers say. What is wrong with a file is said when it is read. */
async function mayNeedFloat64(paths: readonly string[]): Promise<boolean> {
  if (!paths.every(isNumpy)) return true;
  for (const path of new Set(paths)) {
    const types = await openNpy(path, { what: "nodes x nodes" }).then(
      ({ elementTypes }) => elementTypes,
      () => ["f64"],
    );
    if (types.includes("f64")) return true;
  }
  return false;
}

/** Throws InputError: no matrix of numbers, not square. */
async function readConnectome(path: string, options: TextOptions): Promise<Connectome> {
  const found = isNumpy(path) ? await readNumpy(path) : await readText(path, options);
  assertSquare(found, path);
  return found;
}

async function readText(path: string, options: TextOptions): Promise<Connectome> {
  const table = await readMatrix(path, options);
  return { ...table, nodeNames: table.columnNames ?? table.rowNames, form: describeForm(table) };
}

async function readNumpy(path: string): Promise<Connectome> {
  const array = await openNpy(path, { what: "nodes x nodes" });
  const { nSubjects: nRows, nElements: nColumns, missingInteger } = array;
  assertSquare({ nRows, nColumns }, path);
  const values = new Float64Array(nRows * nColumns);
  const rows = await array.openRows();
  try {
    await rows.readInto(values, 0, nRows, async () => {});
  } finally {
    rows.close();
  }
  return { nRows, nColumns, values, missingInteger };
}

/** Throws InputError for numbers where names belong: one connectome, or all of them as one matrix. */
function assertList(list: string, names: readonly string[]): void {
  const tokens = names.flatMap((line) => line.match(TOKEN) ?? []);
  if (tokens.length <= names.length || !tokens.every(isNumber)) return;
  throw new InputError(
    `Cannot use ${list} as a list: expected the file of one connectome a line, got numbers. Write the names of the subjects' matrices into a text, and give that.`,
    { path: list },
  );
}

/** Throws InputError: a list is text. */
export function assertNoArray(list: string): void {
  if (!isNumpy(list)) return;
  throw new InputError(
    `Cannot use ${list} as a list: expected a text with the file of one connectome a line, got an array of numpy. Save a matrix of nodes x nodes a subject (numpy.save), and list the files.`,
    { path: list },
  );
}
