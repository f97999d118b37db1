// Result images of a fixel directory as one analysis of a ModelArray file. A file that exists is never changed in place: a copy gets the analysis and
// takes its name, so that a run killed at any point leaves the file as it was.
import { constants, copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { withHdf5Output } from "../../../converters/hdf5-output.js";
import { InputError, UsageError } from "../../errors.js";
import { type FixelDirectory, openFixelDirectory } from "../../formats/fixel-directory.js";
import { openDraft } from "../../formats/hdf5/draft.js";
import { tablesOfDirectory } from "../../formats/hdf5/fixel-tables.js";
import { assertFinished, COMPLETE_MARKER, WRITING_MARKER } from "../../formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import { addTablesCommand } from "../../formats/hdf5/remedies.js";
import { ELEMENT_ID, writeResults } from "../../formats/hdf5/results-matrix.js";
import { assertRoom } from "../../formats/hdf5/write-at.js";
import { writeFixelTables } from "../../formats/hdf5/write-fixel-tables.js";
import { imageKindOf, openImage, readImageHeader } from "../../formats/image.js";
import { entryValues } from "../../formats/image-header.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { isPlainName } from "../../formats/plain-name.js";
import { beatWhenDue } from "../../publish/heartbeat.js";
import { checkResults } from "../../results/check-results.js";
import { RUN_RECORD_FILE } from "../../results/result-folder.js";
import { shellWord } from "../../shell-word.js";
import { reportingWrites } from "../../store/claim-store.js";
import { creatorName, readProgramVersion } from "../../store/creator.js";
import { formatCount } from "../../units.js";
import { verifyHdf5 } from "../verify/verify-hdf5.js";
import { DERIVED_KEY, STATISTIC_KEY } from "./export-images.js";

export interface ExportHdf5Options {
  /** Fixel directory with result images, as fixelcfestats writes it. */
  readonly results: string;
  /** A new .h5, or one that gets the analysis added. */
  readonly output: string;
  readonly analysis: string;
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Ends the work of libhdf5 with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ExportHdf5Summary {
  readonly output: string;
  readonly analysis: string;
  readonly nElements: number;
  readonly statistics: readonly string[];
  /** Images that are no data of these fixels. */
  readonly skipped: readonly string[];
}

/** Results of vectorstats have no places: they are no fixel directory. Throws UsageError with the command that puts them into the file. */
function refuseTables({ results, output, analysis }: ExportHdf5Options): void {
  const prefix = prefixOfTables(results);
  if (prefix === undefined) return;
  throw new UsageError(
    `Cannot export ${results} into ${output}: expected result images of fixelcfestats, got tables of vectorstats (${prefix}*.csv). h5py puts those with one value an element into a file of the same elements: ${addTablesCommand(prefix, output, analysis)}`,
  );
}

/** `results`: the prefix itself, its folder, or one of its tables. */
function prefixOfTables(results: string): string | undefined {
  if (pathKindOf(results) === undefined) return existsSync(`${results}${RUN_RECORD_FILE}`) ? results : undefined;
  const isFolder = pathKindOf(results) === "directory";
  const folder = isFolder ? results : dirname(results);
  const names = readdirSync(folder);
  if (isFolder && names.some((name) => /^index\./.test(name))) return undefined;
  const prefixes = names
    .filter((name) => name.endsWith(RUN_RECORD_FILE))
    .map((name) => name.slice(0, -RUN_RECORD_FILE.length));
  const found = prefixes.filter((prefix) =>
    isFolder ? names.includes(`${prefix}betas.csv`) : results.endsWith(".csv") && basename(results).startsWith(prefix),
  );
  return found.length === 0 ? undefined : join(folder, found[0]!);
}

interface Statistic {
  readonly name: string;
  /** Undefined: element_id, counted here. */
  readonly path: string | undefined;
  /** In the matrix that the image came out of. */
  readonly place: number;
}

/** Throws UsageError (name of the analysis), InputError (no images, other fixels, analysis exists, disk full). */
export async function exportHdf5(options: ExportHdf5Options): Promise<ExportHdf5Summary> {
  const { results, output, analysis } = options;
  if (!isPlainName(analysis))
    throw new UsageError(`Cannot name an analysis ${JSON.stringify(analysis)}: expected a plain name such as lm_age.`);
  refuseTables(options);
  const directory = openFixelDirectory(results);
  const { statistics, skipped } = findStatistics(directory);
  assertAsWritten(directory, statistics);
  const exists = existsSync(output);
  await withHdf5Output(output, exists ? "add" : "new", async ({ partialPath }) => {
    const isOurs = exists && (await checkTarget(options, directory));
    if (isOurs) await assertWhole(options);
    const copiedBytes = exists ? statSync(output).size : 0;
    assertRoom(output, copiedBytes + directory.nFixels * (8 * statistics.length + 72));
    if (exists) reportingWrites(output, () => copyFileSync(output, partialPath, constants.COPYFILE_FICLONE));
    const draft = await openDraft(partialPath, output, exists ? "add" : "make", options.signal);
    try {
      const creator = creatorName(readProgramVersion());
      if (!exists) {
        await draft.setAttribute("/", WRITING_MARKER, creator);
        await writeFixelTables(draft, tablesOfDirectory(directory));
      }
      const names = statistics.map(({ name }) => name);
      await writeResults(draft, { analysis, names, nElements: directory.nFixels }, (i) => {
        beatWhenDue(); // it holds the event loop
        options.onProgress?.(i / statistics.length);
        return readStatistic(statistics[i]!, directory.nFixels);
      });
      if (!exists) {
        await draft.removeAttribute("/", WRITING_MARKER);
        await draft.setAttribute("/", COMPLETE_MARKER, creator);
      }
    } finally {
      await draft.close();
    }
  });
  return { output, analysis, nElements: directory.nFixels, statistics: statistics.map(({ name }) => name), skipped };
}

/** Where a run left its record, what it wrote must still be that; files that it does not list are the user's. Throws InputError. */
function assertAsWritten(directory: FixelDirectory, statistics: readonly Statistic[]): void {
  if (!existsSync(join(directory.path, RUN_RECORD_FILE))) return;
  const read = new Set([directory.indexPath, directory.directionsPath, ...statistics.map(({ path }) => path)]);
  const { damaged } = checkResults(directory.path, RUN_RECORD_FILE);
  const found = damaged.find(({ file }) => file === RUN_RECORD_FILE || read.has(join(directory.path, file)));
  if (found === undefined) return;
  throw new InputError(
    `Cannot export ${directory.path}: expected ${found.file} as the run wrote it, ${found.expected}, got ${found.got}. It is damaged or was changed: restore it, or, if you changed it on purpose, take ${RUN_RECORD_FILE} away.`,
    { path: join(directory.path, found.file) },
  );
}

/** True for a file that fixelstream made. */
async function checkTarget(
  { output, analysis, results, signal }: ExportHdf5Options,
  { nFixels }: FixelDirectory,
): Promise<boolean> {
  const file = await openHdf5(output, signal);
  try {
    await assertFinished(file);
    if ((await file.kindOf(`/results/${analysis}`)) !== undefined) {
      throw new InputError(
        `Cannot write ${analysis} to ${output}: it has an analysis of that name, and results are never overwritten. Choose another name with --analysis.`,
        { path: output },
      );
    }
    const shape = (await file.kindOf("/fixels")) === "dataset" ? (await file.describe("/fixels")).shape : [nFixels];
    if (shape.includes(nFixels)) return (await file.readAttribute("/", COMPLETE_MARKER)) !== undefined;
    throw new InputError(
      `Cannot write ${results} to ${output}: expected ${formatCount(Math.max(...shape), "fixels")}, as its /fixels has, got ${nFixels}. Give the results of the same template, or a new file.`,
      { path: output },
    );
  } finally {
    await file.close();
  }
}

/** A copy would carry the damage on under a new date. Throws InputError naming what is not as it was written. */
async function assertWhole({ output, signal }: ExportHdf5Options): Promise<void> {
  const { damaged } = await verifyHdf5(output, { signal });
  if (damaged.length === 0) return;
  throw new InputError(
    `Cannot add to ${output}: expected a file as it was written, got a damaged one. ${damaged.join(" ")} fixelstream verify ${shellWord(output)} lists all of it.`,
    { path: output },
  );
}

function findStatistics({ path, nFixels }: FixelDirectory): { statistics: Statistic[]; skipped: string[] } {
  const skipped: string[] = [];
  const found: Statistic[] = [];
  const names = readdirSync(path).filter(
    (name) => imageKindOf(name) !== undefined && !/^(index|directions)\./.test(name),
  );
  for (const file of names.sort()) {
    const header = readImageHeader(join(path, file));
    const [first, ...rest] = header.dimensions;
    if (first !== nFixels || rest.some((size) => size !== 1)) {
      skipped.push(file);
      continue;
    }
    if (entryValues(header, DERIVED_KEY).length > 0) continue;
    const [place, name] = /^(\d+) (.*)$/.exec(entryValues(header, STATISTIC_KEY).at(-1) ?? "")?.slice(1) ?? [];
    found.push({
      name: name ?? file.replace(/\.(mif|mih|nii)(\.gz)?$/i, ""),
      path: join(path, file),
      place: place === undefined ? Number.POSITIVE_INFINITY : Number(place),
    });
  }
  if (found.length === 0) {
    throw new InputError(
      `Cannot export ${path}: expected result images of ${nFixels} fixels, got none. Give the output directory of fixelcfestats.`,
      { path },
    );
  }
  found.sort((a, b) => (a.place === b.place ? 0 : a.place - b.place));
  // counted, not read: the image of a subset has NaN
  const others = found.filter(({ name }) => name !== ELEMENT_ID);
  return { statistics: [{ name: ELEMENT_ID, path: undefined, place: 0 }, ...others], skipped };
}

function readStatistic({ path }: Statistic, nFixels: number): Float64Array {
  if (path === undefined) return Float64Array.from({ length: nFixels }, (_, fixel) => fixel);
  const values = new Float64Array(nFixels);
  const image = openImage(path);
  try {
    image.copyValuesInto(values, 0, nFixels);
  } finally {
    image.close();
  }
  return values;
}
