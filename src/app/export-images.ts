// Statistics of a ModelArray file as fixel images, named as ModelArrayIO names them: ANALYSIS_STATISTIC.mif, and 1m.p.value beside each p.value.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { InputError, UsageError } from "../errors.js";
import { openFixelDirectory } from "../formats/fixel-directory.js";
import { readFixelTables, writeFixelTemplate } from "../formats/hdf5/fixel-tables.js";
import { openHdf5 } from "../formats/hdf5/open.js";
import { describeResults, readResults } from "../formats/hdf5/results-matrix.js";
import { readImageHeader, writeImage } from "../formats/image.js";

export interface ExportImagesOptions {
  /** ModelArray file. */
  readonly input: string;
  readonly analysis: string;
  /** Undefined: from /fixels and /voxels. */
  readonly template: string | undefined;
  /** A fixel directory, made. */
  readonly output: string;
  readonly force: boolean;
  readonly memoryBytes: number;
  readonly command: string;
  readonly onProgress?: ((share: number) => void) | undefined;
}

export interface ExportImagesSummary {
  readonly output: string;
  readonly nElements: number;
  /** Written, with ending. */
  readonly images: readonly string[];
}

/** Header keys by which `export` finds its way back: place and name of the statistic; and that an image only repeats another. */
export const STATISTIC_KEY = "modelarray_statistic";
export const DERIVED_KEY = "modelarray_derived_from";

const P_VALUE = "p.value";

/** Throws UsageError (no such analysis, no template), InputError (damaged, another template, images exist). */
export async function exportImages(options: ExportImagesOptions): Promise<ExportImagesSummary> {
  const { input, analysis, output } = options;
  const file = await openHdf5(input);
  const temporary = mkdtempSync(join(tmpdir(), "fixelstream-template-"));
  const partial = join(output, `.partial-${process.pid}`);
  try {
    const results = describeResults(file, analysis);
    const tables = options.template === undefined ? readFixelTables(file) : undefined;
    if (options.template === undefined && tables === undefined) {
      throw new UsageError(
        `Cannot export ${input}: it has no /fixels and /voxels to make index and directions from. Give the fixel directory that it was made with: --template DIRECTORY.`,
      );
    }
    const template =
      tables === undefined
        ? openFixelDirectory(options.template!)
        : { ...writeFixelTemplate(temporary, tables), nFixels: tables.nFixels };
    if (template.nFixels !== results.nElements) {
      throw new InputError(
        `Cannot export ${analysis} of ${input}: expected ${results.nElements} fixels in ${options.template ?? "/fixels"}, got ${template.nFixels}. Give the right fixel directory with --template.`,
        { path: input },
      );
    }
    const names = results.names.map((name) => fileName(analysis, name));
    const images = names.flatMap((name) => (name.includes(P_VALUE) ? [name, complementName(name)] : [name]));
    checkNames(options, images);
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    for (const path of [template.indexPath, template.directionsPath]) copyFileSync(path, join(partial, basename(path)));
    const { transform, voxelSizes } = readImageHeader(template.directionsPath);
    const write = (name: string, values: Float64Array, entries: readonly (readonly [string, string])[]) =>
      writeImage(
        join(partial, name),
        {
          dimensions: [values.length, 1, 1],
          dataType: values.every((value) => Object.is(Math.fround(value), value)) ? "Float32LE" : "Float64LE",
          ...{ transform, voxelSizes },
          entries: [...entries, ["command_history", options.command]],
        },
        values,
      );
    let i = 0;
    const scratchPath = join(partial, "chunk");
    for await (const values of readResults(file, results, { memoryBytes: options.memoryBytes, scratchPath })) {
      const name = names[i]!;
      write(name, values, [[STATISTIC_KEY, `${i} ${results.names[i]}`]]);
      if (name.includes(P_VALUE))
        write(
          complementName(name),
          values.map((value) => 1 - value),
          [[DERIVED_KEY, name]],
        );
      i += 1;
      options.onProgress?.(i / names.length);
    }
    for (const name of readdirSync(partial)) renameSync(join(partial, name), join(output, name));
    return { output, nElements: results.nElements, images };
  } finally {
    file.close();
    for (const path of [temporary, partial]) rmSync(path, { recursive: true, force: true });
  }
}

/** As ModelArrayIO: no blanks, no slashes. */
const fileName = (analysis: string, statistic: string) => `${`${analysis}_${statistic}`.replace(/[ /\\]/g, "_")}.mif`;

const complementName = (name: string) => name.replace(P_VALUE, `1m.${P_VALUE}`);

function checkNames({ output, force, analysis }: ExportImagesOptions, images: readonly string[]): void {
  const twice = images.find((name, i) => images.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new InputError(
      `Cannot export ${analysis}: two of its statistics would be ${twice}. Rename one of them in R.`,
    );
  }
  const existing = images.filter((name) => existsSync(join(output, name)));
  if (existing.length > 0 && !force) {
    throw new InputError(
      `Cannot write to ${output}: ${existing.length} of ${images.length} images exist already, ${existing[0]} the first. Give another directory, or -force to overwrite.`,
      { path: output },
    );
  }
}
