// The results of a model: one analysis of a ModelArray file, images beside index and directions, or a table.
import fs, { constants, copyFileSync, existsSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { assertHdf5Free, withHdf5Output } from "../../../converters/hdf5-output.js";
import { InputError, UsageError } from "../../errors.js";
import { openDraft } from "../../formats/hdf5/draft.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { assertFinished, COMPLETE_MARKER, WRITING_MARKER } from "../../formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import { ELEMENT_ID, resultsPath, writeResults } from "../../formats/hdf5/results-matrix.js";
import { assertRoom } from "../../formats/hdf5/write-at.js";
import { writeFixelTables, writeVoxelTable } from "../../formats/hdf5/write-fixel-tables.js";
import { isPlainName } from "../../formats/plain-name.js";
import { beatWhenDue } from "../../publish/heartbeat.js";
import { reportingWrites } from "../../store/claim-store.js";
import { creatorName, readProgramVersion } from "../../store/creator.js";
import { exportImages } from "../export/export-images.js";
import type { DataSet } from "./open-data.js";
import type { ModelOptions } from "./options.js";

/** Statistics and corrections in their order; `columnOf` computes one, f64 [elements]. */
export interface ResultColumns {
  readonly names: readonly string[];
  /** element_id of each. */
  readonly elements: Float64Array;
  columnOf(column: number): Float64Array;
}

export type OutputForm = "hdf5" | "table" | "directory";

export const outputForm = (output: string): OutputForm =>
  isHdf5Path(output) ? "hdf5" : extname(output).toLowerCase() === ".csv" ? "table" : "directory";

/** Everything that can be known before the work. Throws UsageError, InputError. */
export async function assertOutputOpen(options: ModelOptions): Promise<void> {
  const { output, analysis, force, signal, cohort, elements, input } = options;
  if (!isPlainName(analysis))
    throw new UsageError(`Cannot name an analysis ${JSON.stringify(analysis)}: expected a plain name such as lm_age.`);
  const form = outputForm(output);
  const read = [cohort, ...(elements === undefined ? [] : [elements]), ...(form === "hdf5" ? [] : [input])];
  if (read.some((path) => resolve(path) === resolve(output)))
    throw new UsageError(`Cannot write ${output}: it is read by this command. Give the output another name.`);
  if (form === "hdf5") {
    const exists = existsSync(output);
    await assertHdf5Free(output, exists ? "add" : "new");
    if (exists) await assertNewAnalysis(output, analysis, signal);
    return;
  }
  const parent = dirname(resolve(output));
  if (!existsSync(parent))
    throw new InputError(
      `Cannot write ${output}: expected a directory to put it in, got none of that name (${dirname(output)}). Make it first.`,
      {
        path: output,
      },
    );
  if (form === "table") return assertNoFile(output, force);
  if (!existsSync(output)) return assertDirectoryName(output);
  if (!statSync(output).isDirectory())
    throw new InputError(
      `Cannot write ${output}: expected the name of a directory, of a file.h5 or of a table.csv, got a file of another kind. Give another name.`,
      { path: output },
    );
  const taken = fs.readdirSync(output).find((name) => name.startsWith(`${analysis}_`) || name === `${analysis}.csv`);
  if (taken !== undefined && !force)
    throw new InputError(
      `Cannot write ${analysis} to ${output}: ${taken} is there. Choose another name with --analysis, or --force to replace the results.`,
      { path: output },
    );
}

/** A new directory named as a file is a slip. */
function assertDirectoryName(output: string): void {
  const other = /\.(mif|nii|mif\.gz|nii\.gz|mgz|tsv|txt|xlsx|json|fxs|csv\.gz|rds)$/i.exec(output.replace(/\/+$/, ""));
  if (other !== null)
    throw new UsageError(
      `Cannot write ${output}: expected a file.h5, a table.csv, or the name of a directory for images, got one that ends in ${other[0]}. Give another name.`,
    );
}

function assertNoFile(path: string, force: boolean): void {
  if (!existsSync(path) || (force && statSync(path).isFile())) return;
  throw new InputError(`Cannot write ${path}: it exists. Give another name, or --force to replace it.`, { path });
}

async function assertNewAnalysis(output: string, analysis: string, signal: AbortSignal | undefined): Promise<void> {
  const file = await openHdf5(output, signal);
  try {
    await assertFinished(file);
    if ((await file.kindOf(`/results/${analysis}`)) === undefined) return;
    throw new InputError(
      `Cannot write ${analysis} to ${output}: it has an analysis of that name, and results are never overwritten. Choose another name with --analysis.`,
      { path: output },
    );
  } finally {
    await file.close();
  }
}

/** `directory`: of our own, for files needed meanwhile. Resolves to the files or the analysis that was written. Throws InputError. */
export async function writeModel(
  options: ModelOptions,
  columns: ResultColumns,
  data: DataSet,
  directory: string,
  record: string,
): Promise<void> {
  const form = outputForm(options.output);
  if (form === "hdf5") return await addToHdf5(options, columns, data, record);
  if (form === "table") return writeTable(options.output, columns, directory);
  const places = await data.places();
  if (places.tables === undefined && (places.voxels === undefined || options.template === undefined)) {
    fs.mkdirSync(options.output, { recursive: true });
    writeTable(join(options.output, `${options.analysis}.csv`), columns, directory);
  } else {
    const { analysis, output, force, memoryBytes, command, signal, template } = options;
    const path = join(directory, "model.h5");
    fs.rmSync(path, { force: true });
    await fillHdf5(path, output, "make", options, columns, places, record);
    const asked = { input: path, analysis, template, output, force, memoryBytes, command, signal };
    const { warnings } = await exportImages(asked);
    for (const warning of warnings) options.onWarning?.(warning);
    fs.rmSync(path, { force: true });
  }
  const recordPath = join(options.output, `${options.analysis}_model.json`);
  fs.writeFileSync(recordPath, `${record}\n`);
}

async function addToHdf5(options: ModelOptions, columns: ResultColumns, data: DataSet, record: string): Promise<void> {
  const { output, analysis, signal } = options;
  const exists = existsSync(output);
  await withHdf5Output(output, exists ? "add" : "new", async ({ partialPath }) => {
    if (exists) await assertNewAnalysis(output, analysis, signal);
    assertRoom(
      output,
      (exists ? statSync(output).size : 0) + 8 * columns.elements.length * (columns.names.length + 10),
    );
    if (exists) reportingWrites(output, () => copyFileSync(output, partialPath, constants.COPYFILE_FICLONE));
    const places = exists ? {} : await data.places();
    await fillHdf5(partialPath, output, exists ? "add" : "make", options, columns, places, record);
  });
}

async function fillHdf5(
  path: string,
  output: string,
  mode: "make" | "add",
  { analysis, signal, onProgress }: ModelOptions,
  { names, elements, columnOf }: ResultColumns,
  { tables, voxels }: Awaited<ReturnType<DataSet["places"]>>,
  record: string,
): Promise<void> {
  const draft = await openDraft(path, output, mode, signal);
  try {
    const creator = creatorName(readProgramVersion());
    if (mode === "make") {
      await draft.setAttribute("/", WRITING_MARKER, creator);
      if (tables !== undefined) await writeFixelTables(draft, tables);
      else if (voxels !== undefined) await writeVoxelTable(draft, voxels);
    }
    const all = [ELEMENT_ID, ...names];
    await writeResults(draft, { analysis, names: all, nElements: elements.length }, (i) => {
      beatWhenDue(); // it holds the event loop
      onProgress?.("write", i / all.length);
      return i === 0 ? elements : columnOf(i - 1);
    });
    await draft.setAttribute(resultsPath(analysis), "fixelstream_model", record);
    if (mode === "make") {
      await draft.removeAttribute("/", WRITING_MARKER);
      await draft.setAttribute("/", COMPLETE_MARKER, creator);
    }
  } finally {
    await draft.close();
  }
}

/** Rows of elements that are formatted together. */
const ROWS = 4096;
/** Bytes of columns that are in memory together. */
const MOST_BYTES = 2 ** 28;

function writeTable(path: string, { names, elements, columnOf }: ResultColumns, directory: string): void {
  if (8 * elements.length * names.length > MOST_BYTES)
    throw new UsageError(
      `Cannot write ${path}: expected a table of ${MOST_BYTES / 2 ** 20} MiB of numbers at most, got ${elements.length} elements x ${names.length} statistics. Give the name of an .h5, or fewer statistics.`,
    );
  const columns = names.map((_, i) => columnOf(i).slice());
  const draft = join(directory, "results.csv");
  const fd = fs.openSync(draft, "w");
  try {
    fs.writeSync(fd, `${[ELEMENT_ID, ...names].map(quoted).join(",")}\n`);
    for (let first = 0; first < elements.length; first += ROWS) {
      beatWhenDue();
      let text = "";
      for (let i = first; i < Math.min(first + ROWS, elements.length); i++)
        text += `${elements[i]},${columns.map((column) => shown(column[i]!)).join(",")}\n`;
      fs.writeSync(fd, text);
    }
  } finally {
    fs.closeSync(fd);
  }
  reportingWrites(path, () => {
    fs.copyFileSync(draft, `${path}.part`);
    fs.renameSync(`${path}.part`, path);
    fs.rmSync(draft);
  });
}

const shown = (value: number) =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "Inf" : "-Inf";
/** Names such as poly(age, 2)1 have commas. */
const quoted = (name: string) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
