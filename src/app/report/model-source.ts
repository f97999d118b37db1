// The statistics of one analysis of lm, gam or ModelArray, from an .h5, a directory of images or a table, with where their elements are.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createTemplateFolder } from "../../../converters/template-folder.js";
import { InputError, UsageError } from "../../errors.js";
import { openFixelDirectory } from "../../formats/fixel-directory.js";
import { readElementPlaces } from "../../formats/hdf5/element-ids.js";
import { elementsOf } from "../../formats/hdf5/element-kind.js";
import { readFixelTables, writeFixelTemplate } from "../../formats/hdf5/fixel-tables.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { listAnalyses } from "../../formats/hdf5/modelarray-layout.js";
import { type Hdf5File, openHdf5 } from "../../formats/hdf5/open.js";
import { describeResults, ELEMENT_ID, readResults, resultsPath } from "../../formats/hdf5/results-matrix.js";
import { readVoxelTable } from "../../formats/hdf5/voxel-table.js";
import { openImage, readImageHeader } from "../../formats/image.js";
import { entryValues } from "../../formats/image-header.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { readTable } from "../../formats/text/csv.js";
import type { Geometry, Kind, ModelRecord } from "../../report/report-data.js";
import { listNames } from "../../subject-names.js";
import { modelPagePlace } from "./model-page-place.js";
import { geometryOfFixels, gridOf, valuesOf } from "./read-values.js";

export type RecordedFit = ModelRecord & {
  readonly scalar?: string;
  readonly corrections?: readonly string[];
  readonly design?: { readonly columns: readonly string[]; readonly rows: readonly string[] };
  readonly levels?: Readonly<Record<string, readonly [string, string]>>;
  readonly subjects?: readonly string[];
  readonly data?: string;
};

export interface ModelSource {
  readonly analysis: string;
  readonly record: RecordedFit | undefined;
  readonly kind: Kind;
  readonly nElements: number;
  readonly geometry: Geometry | undefined;
  /** In the order of the results. */
  readonly names: readonly string[];
  /** By name, f64 [nElements]; NaN: not fitted. */
  readonly values: ReadonlyMap<string, Float64Array>;
  /** Element i is column i of the data. */
  readonly hasColumns: boolean;
  /** Where a page goes, and what stands in front of its name. */
  readonly directory: string;
  readonly base: string;
}

const RECORD = /^(.*)_model\.json$/;

/** Undefined: no results of a model. Throws UsageError: which analysis; InputError: damaged. */
export async function findModelSource(
  given: string,
  analysis: string | undefined,
  signal?: AbortSignal,
): Promise<ModelSource | undefined> {
  if (isHdf5Path(given) && existsSync(given)) return await inHdf5(given, analysis, signal);
  if (given.toLowerCase().endsWith(".csv") && pathKindOf(given) === "file") return await inTable(given, analysis);
  if (pathKindOf(given) !== "directory") return undefined;
  const files = readdirSync(given);
  const found = files.flatMap((name) => RECORD.exec(name)?.[1] ?? []);
  if (found.length === 0 || (analysis === undefined && files.includes("run.json"))) return undefined;
  const chosen = choose(given, found, analysis);
  const record = JSON.parse(readFileSync(join(given, `${chosen}_model.json`), "utf8")) as RecordedFit;
  if (files.includes(`${chosen}.csv`)) {
    const source = await inTable(join(given, `${chosen}.csv`), chosen);
    return { ...source, record, ...modelPagePlace(given, chosen) };
  }
  return inImages(given, chosen, record);
}

function choose(given: string, found: readonly string[], analysis: string | undefined): string {
  const [only] = found;
  if (analysis === undefined && found.length === 1) return only!;
  if (analysis !== undefined && found.includes(analysis)) return analysis;
  const got = found.length === 0 ? "none" : listNames(found, 12);
  throw new UsageError(
    `Cannot report ${given}: expected ${analysis === undefined ? "one analysis" : `an analysis ${analysis}`}, got ${got}. ${found.length === 0 ? "Give a file that lm or gam wrote." : "Choose one with --analysis."}`,
  );
}

async function inHdf5(path: string, analysis: string | undefined, signal?: AbortSignal): Promise<ModelSource> {
  const file = await openHdf5(path, signal);
  const folder = createTemplateFolder();
  try {
    const chosen = choose(path, await listAnalyses(file), analysis);
    const results = await describeResults(file, chosen);
    const attribute = await file.readAttribute(resultsPath(chosen), "fixelstream_model");
    const places = await placesIn(file, folder.path);
    const nElements = places.nElements ?? results.nElements;
    const isPlaced = places.nElements !== undefined && results.nElements <= nElements;
    const scratchPath = join(folder.path, "chunk");
    const elements = { nElements, what: "elements", where: path, remedy: "Make the analysis again." };
    const { elementOf } = isPlaced
      ? await readElementPlaces(file, results, elements, scratchPath)
      : { elementOf: undefined };
    const values = new Map<string, Float64Array>();
    let i = 0;
    let hasColumns = true;
    for await (const column of readResults(file, results, { memoryBytes: 2 ** 26, scratchPath })) {
      signal?.throwIfAborted();
      const name = results.names[i++]!;
      if (name === ELEMENT_ID && !isPlaced) hasColumns = column.every((id, at) => id === at);
      if (isShown(name)) values.set(name, spread(column, elementOf, nElements));
    }
    return {
      ...{ analysis: chosen, record: recordOf(attribute), kind: places.kind, nElements },
      ...{ geometry: places.geometry, names: results.names, values, hasColumns },
      ...modelPagePlace(path, chosen),
    };
  } finally {
    await file.close();
    folder.remove();
  }
}

function recordOf(attribute: readonly unknown[] | undefined): RecordedFit | undefined {
  if (attribute === undefined) return undefined;
  try {
    return JSON.parse(String(attribute[0])) as RecordedFit;
  } catch {
    return undefined; // somebody else's attribute of that name
  }
}

function spread(column: Float64Array, elementOf: Uint32Array | undefined, nElements: number): Float64Array {
  if (elementOf === undefined) return column;
  const out = new Float64Array(nElements).fill(Number.NaN);
  for (const [i, value] of column.entries()) out[elementOf[i]!] = value;
  return out;
}

interface PlacesIn {
  readonly kind: Kind;
  /** Undefined: the file does not say how many there are. */
  readonly nElements?: number;
  readonly geometry?: Geometry;
}

async function placesIn(file: Hdf5File, folder: string): Promise<PlacesIn> {
  const kind = await elementsOf(file);
  if (kind === "fixels") {
    const tables = await readFixelTables(file);
    if (tables === undefined) return { kind: "fixel" };
    const { indexPath, directionsPath } = writeFixelTemplate(folder, tables);
    return {
      kind: "fixel",
      nElements: tables.nFixels,
      geometry: geometryOfFixels(indexPath, directionsPath, tables.nFixels),
    };
  }
  if (kind !== "voxels") return { kind: "vector" };
  const table = await readVoxelTable(file);
  if (table?.geometry === undefined) return { kind: "voxel" };
  const { voxels, geometry } = table;
  const nVoxels = voxels.length / 3;
  const [nx, ny, nz] = geometry.dimensions as [number, number, number];
  const voxelOf = Uint32Array.from(
    { length: nVoxels },
    (_, i) => voxels[i]! + nx * (voxels[nVoxels + i]! + ny * voxels[2 * nVoxels + i]!),
  );
  const { voxelSizes, transform } = geometry;
  const grid = gridOf({ dimensions: [nx, ny, nz], voxelSizes, transform });
  return { kind: "voxel", nElements: nVoxels, geometry: { ...grid, voxelOf, directions: undefined } };
}

/** Of terms everything but standard errors; more is never held. */
const isShown = (name: string): boolean => name !== ELEMENT_ID && !name.endsWith(".std.error");

async function inTable(path: string, analysis: string | undefined): Promise<ModelSource> {
  const { columns, rows } = await readTable(path);
  if (columns[0] !== ELEMENT_ID)
    throw new InputError(
      `Cannot report ${path}: expected a table of lm or gam, whose first column is ${ELEMENT_ID}, got ${columns[0]}. Give the output of one of them.`,
      { path },
    );
  const values = new Map<string, Float64Array>();
  for (const [j, name] of columns.entries())
    if (isShown(name))
      values.set(
        name,
        Float64Array.from(rows, (row) => numberOf(row[j]!)),
      );
  const stem = basename(path).replace(/\.csv$/i, "");
  return {
    ...{ analysis: analysis ?? stem, record: undefined, kind: "vector", nElements: rows.length, geometry: undefined },
    hasColumns: rows.every((row, i) => Number(row[0]) === i),
    ...{ names: columns, values, ...modelPagePlace(path, stem) },
  };
}

const numberOf = (text: string): number =>
  text === "Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);

/** Statistics are known by a key of their headers; images that repeat another have another key. */
const STATISTIC_KEY = "modelarray_statistic";

function inImages(directory: string, analysis: string, record: RecordedFit): ModelSource {
  const named = readdirSync(directory)
    .filter((name) => name.startsWith(`${analysis}_`) && /\.(mif|nii|nii\.gz)$/.test(name))
    .flatMap((name) => {
      const [entry] = entryValues(readImageHeader(join(directory, name)), STATISTIC_KEY);
      const found = /^(\d+) (.*)$/s.exec(entry ?? "");
      return found === null ? [] : [{ path: join(directory, name), order: Number(found[1]), name: found[2]! }];
    })
    .sort((a, b) => a.order - b.order);
  if (named.length === 0)
    throw new InputError(
      `Cannot report ${directory}: expected images of ${analysis} as lm and gam write them, got none. Run the command again.`,
      { path: directory },
    );
  const isFixels = existsSync(join(directory, "index.mif")) || existsSync(join(directory, "index.nii"));
  const places = isFixels ? fixelsIn(directory) : voxelsIn(named[0]!.path);
  const values = new Map<string, Float64Array>();
  for (const { path, name } of named) {
    if (!isShown(name)) continue;
    const image = openImage(path);
    try {
      const all = new Float64Array(image.nElements);
      image.copyValuesInto(all, 0, all.length);
      values.set(name, isFixels ? all : Float64Array.from(places.geometry.voxelOf, (place) => all[place]!));
    } finally {
      image.close();
    }
  }
  return {
    // of voxels an image has the order of its grid
    hasColumns: isFixels,
    ...{ analysis, record, ...places, names: named.map(({ name }) => name), values },
    ...modelPagePlace(directory, analysis),
  };
}

function fixelsIn(directory: string) {
  const { nFixels, indexPath, directionsPath } = openFixelDirectory(directory);
  const geometry = geometryOfFixels(indexPath, directionsPath, nFixels);
  return { kind: "fixel" as const, nElements: nFixels, geometry };
}

/** Where an image has a number; NaN is where there is no voxel, or where it was not fitted. */
function voxelsIn(path: string) {
  const all = valuesOf(path);
  const places: number[] = [];
  for (const [place, value] of all.entries()) if (!Number.isNaN(value)) places.push(place);
  const geometry: Geometry = {
    ...gridOf(readImageHeader(path)),
    voxelOf: Uint32Array.from(places),
    directions: undefined,
  };
  return { kind: "voxel" as const, nElements: places.length, geometry };
}
