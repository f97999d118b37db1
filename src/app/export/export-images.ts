// Statistics of a ModelArray file as fixel images, named as ModelArrayIO names them: ANALYSIS_STATISTIC.mif, and 1m.p.value beside each p.value.
import { copyFileSync, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { createTemplateFolder } from "../../../converters/template-folder.js";
import { InputError, isFixelstreamError } from "../../errors.js";
import { readElementPlaces } from "../../formats/hdf5/element-ids.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import { describeResults, readResults } from "../../formats/hdf5/results-matrix.js";
import { readImageHeader, writeImage } from "../../formats/image.js";
import { entryValues } from "../../formats/image-header.js";
import { type FileIdentity, identityOf } from "../../publish/file-identity.js";
import type { HeldLock } from "../../publish/lock.js";
import type { PartialDirectory } from "../../publish/partial-directory.js";
import { publishFiles } from "../../publish/publish-files.js";
import { thingAt } from "../../publish/remove-ours.js";
import { type ClaimedDirectory, claimDirectory } from "../../results/claim-directory.js";
import { gatheredNames, gatherResults, settleResults, underResultsLock } from "../../results/results-partial.js";
import { isSameContent } from "../../results/same-content.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import type { Warning } from "../../warnings.js";
import { findPlaces, type Places } from "./places.js";

export interface ExportImagesOptions {
  /** ModelArray file. */
  readonly input: string;
  readonly analysis: string;
  /** Fixel directory, undefined: from /fixels and /voxels; of a voxel-wise file an image of the same grid. */
  readonly template: string | undefined;
  /** A fixel directory, made. */
  readonly output: string;
  readonly force: boolean;
  readonly memoryBytes: number;
  readonly command: string;
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Ends the work of libhdf5 with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ExportImagesSummary {
  readonly output: string;
  readonly nElements: number;
  /** Several of them: fixels, voxels. */
  readonly elements: string;
  /** Elements that the analysis has no values of: NaN. */
  readonly nAbsent: number;
  /** element_id has another order than the elements, or not all of them. */
  readonly isReordered: boolean;
  /** Written, with ending. */
  readonly images: readonly string[];
  readonly warnings: readonly Warning[];
}

/** Header keys by which `export` finds its way back: place and name of the statistic; and that an image only repeats another. */
export const STATISTIC_KEY = "modelarray_statistic";
export const DERIVED_KEY = "modelarray_derived_from";

const P_VALUE = "p.value";
/** For a chunk of compressed results. */
const SCRATCH = "chunk";

/** Throws UsageError (no such analysis, no template), InputError (damaged, another template, images exist or are not ours). */
export async function exportImages(options: ExportImagesOptions): Promise<ExportImagesSummary> {
  const { input, analysis, output } = options;
  const purpose = `Cannot write to ${output}`;
  const remedy = "Choose another directory.";
  const file = await openHdf5(input, options.signal);
  let temporary: PartialDirectory | undefined;
  let partial: PartialDirectory | undefined;
  let claim: ClaimedDirectory | undefined;
  try {
    const results = await describeResults(file, analysis);
    temporary = createTemplateFolder();
    const { template } = options;
    const places = await findPlaces(file, { input, template, folder: temporary.path });
    const { elementOf, nAbsent } = await readElementPlaces(
      file,
      results,
      places.elements,
      join(temporary.path, SCRATCH),
    );
    const names = results.names.map((name) => fileName(analysis, name, places.ending));
    const images = names.flatMap((name) => (name.includes(P_VALUE) ? [name, complementName(name)] : [name]));
    checkNames(options, images);
    claim = claimDirectory({ path: output, purpose, remedy });
    settleResults(output, purpose);
    const replaceable = findReplaceable(options, images);
    const newTemplateFiles = checkTemplate(options, places.templateFiles);
    const others = [...newTemplateFiles.map((path) => basename(path)), SCRATCH];
    partial = gatherResults({ directory: output, results: images, others, purpose, remedy });
    const gathered = partial.path;
    for (const path of newTemplateFiles) copyFileSync(path, join(gathered, basename(path)));
    const inPlace = spreader(places, elementOf);
    const write = (name: string, values: Float64Array, entries: readonly (readonly [string, string])[]) =>
      writeImage(
        join(gathered, name),
        {
          ...places.spec,
          dataType: values.every((value) => Object.is(Math.fround(value), value)) ? "Float32LE" : "Float64LE",
          entries: [...entries, ["command_history", options.command]],
        },
        values,
      );
    let i = 0;
    const scratchPath = join(gathered, SCRATCH);
    for await (const values of readResults(file, results, { memoryBytes: options.memoryBytes, scratchPath })) {
      const name = names[i]!;
      const placed = inPlace(values);
      write(name, placed, [[STATISTIC_KEY, `${i} ${results.names[i]}`]]);
      if (name.includes(P_VALUE))
        write(
          complementName(name),
          placed.map((value) => 1 - value),
          [[DERIVED_KEY, name]],
        );
      i += 1;
      options.onProgress?.(i / names.length);
    }
    const ifKilled = replaceable.size > 0 ? "finish" : "undo";
    const under = (move: (lock: HeldLock) => void) => underResultsLock(output, purpose, move);
    const moved = gatheredNames(partial, undefined);
    const { isNew } = claim;
    publishFiles(partial, { into: output, names: moved, replaceable, ifKilled, isNew, purpose, under });
    const { nElements, what } = places.elements;
    return {
      output,
      nElements,
      elements: what,
      nAbsent,
      isReordered: elementOf !== undefined,
      images,
      warnings: places.warnings,
    };
  } catch (cause) {
    if (isFixelstreamError(cause) || systemErrorCode(cause) === undefined) throw cause;
    const message = `${purpose}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. Choose another directory.`;
    throw new InputError(message, { path: output, cause });
  } finally {
    await file.close();
    temporary?.remove();
    partial?.remove();
    claim?.release();
  }
}

/** Values as the matrix has them to values as an image has them; NaN where there are none. */
function spreader({ spec, placeOf }: Places, elementOf: Uint32Array | undefined) {
  const size = spec.dimensions.reduce((product, axis) => product * axis, 1);
  return (values: Float64Array): Float64Array => {
    if (placeOf === undefined && elementOf === undefined) return values;
    const image = new Float64Array(size).fill(Number.NaN);
    for (let column = 0; column < values.length; column++) {
      const element = elementOf === undefined ? column : elementOf[column]!;
      image[placeOf === undefined ? element : placeOf[element]!] = values[column]!;
    }
    return image;
  };
}

/** As ModelArrayIO: no blanks, no slashes; nor what a terminal would obey. */
const fileName = (analysis: string, statistic: string, ending: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  `${`${analysis}_${statistic}`.replace(/[ /\\\u0000-\u001f\u007f-\u009f]/g, "_")}${ending}`;

const complementName = (name: string) => name.replace(P_VALUE, `1m.${P_VALUE}`);

function checkNames({ analysis }: ExportImagesOptions, images: readonly string[]): void {
  const twice = images.find((name, i) => images.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new InputError(`Cannot export ${analysis}: two of its statistics would be ${twice}. Rename one of them in R.`);
}

/** Images of an earlier export, with --force. Throws InputError for those that exist without it, and for what no export wrote. */
function findReplaceable({ output, force }: ExportImagesOptions, images: readonly string[]): Map<string, FileIdentity> {
  const existing = images.filter((name) => thingAt(join(output, name)) !== undefined);
  if (existing.length > 0 && !force) {
    throw new InputError(
      `Cannot write to ${output}: ${existing.length} of ${images.length} images exist already, ${existing[0]} the first. Give another directory, or -force to overwrite.`,
      { path: output },
    );
  }
  const foreign = existing.find((name) => !isExported(join(output, name)));
  if (foreign !== undefined) {
    throw new InputError(
      `Cannot write to ${output}: expected ${foreign} to be an image of an earlier export, got ${thingAt(join(output, foreign)) === "a file" ? "another file" : thingAt(join(output, foreign))}. -force replaces only what fixelstream wrote: move it away, or choose another directory.`,
      { path: join(output, foreign) },
    );
  }
  return new Map(existing.map((name) => [name, identityOf(join(output, name))!]));
}

/** By the keys that an export puts into every header. */
function isExported(path: string): boolean {
  if (thingAt(path) !== "a file") return false;
  try {
    const header = readImageHeader(path);
    return [STATISTIC_KEY, DERIVED_KEY].some((key) => entryValues(header, key).length > 0);
  } catch (error) {
    if (isFixelstreamError(error)) return false;
    throw error;
  }
}

/** Files of the template that are not there yet. Throws InputError for those of another template: every image there belongs to them. */
function checkTemplate({ output }: ExportImagesOptions, files: readonly string[]): string[] {
  return files.filter((file) => {
    const target = join(output, basename(file));
    if (thingAt(target) === undefined) return true;
    if (existsSync(target) && isSameContent(file, target)) return false;
    throw new InputError(
      `Cannot write to ${output}: expected an empty directory or one of the same template, got another ${basename(file)} in it. Choose another directory.`,
      { path: target },
    );
  });
}
