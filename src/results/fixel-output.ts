// The directory of results: a fixel directory like the input, with one image a result. Images are gathered in a hidden folder and moved
// in place together at the end, so that a run that dies leaves nothing that looks like a result.
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../errors.js";
import { writeImage } from "../formats/image.js";
import type { HeaderEntries, ImageHeader } from "../formats/image-header.js";
import { writeMatrix } from "../formats/text/write.js";
import { formatBytes } from "../units.js";

export interface FixelTemplate {
  readonly indexPath: string;
  readonly directionsPath: string;
  readonly nFixels: number;
}

export interface FixelOutputInputs {
  /** As typed. */
  readonly path: string;
  readonly template: FixelTemplate;
  /** Names of all images, without ending. */
  readonly images: readonly string[];
  /** Names of all text files, with ending. */
  readonly texts: readonly string[];
  readonly overwrite: boolean;
  /** Ending of the images. */
  readonly ending: ".mif" | ".nii" | ".nii.gz" | ".mif.gz";
  /** Header of the first subject's file: its keys and transform are carried over. */
  readonly header: Pick<ImageHeader, "transform" | "voxelSizes" | "entries">;
  readonly entries: HeaderEntries;
  readonly commandHistory: string;
}

export interface FixelOutput {
  /** values f32 [nElements]; elementOfFixel i32 [nFixels] or undefined: fixels outside the mask become NaN. */
  writeImage(name: string, values: Float32Array, elementOfFixel: Int32Array | undefined): void;
  /** All values on one line, after a comment line with the command. */
  writeLine(name: string, values: Float64Array): void;
  writeText(name: string, write: (path: string) => void): void;
  /** Moves everything in place. */
  publish(): void;
  /** Removes what was not published. Idempotent. */
  discard(): void;
}

/** Everything that can fail is tried here, before the run. Throws InputError: exists already, cannot be written, disk too small. */
export function createFixelOutput(inputs: FixelOutputInputs): FixelOutput {
  const { path, template, ending } = inputs;
  const files = [...inputs.images.map((name) => `${name}${ending}`), ...inputs.texts];
  checkPath(inputs, files);
  const indexName = basename(template.indexPath);
  const directionsName = basename(template.directionsPath);
  const partial = join(path, `.partial-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial);
    checkSpace(path, inputs);
    if (!sameDirectory(path, dirname(template.indexPath))) {
      copyFileSync(template.indexPath, join(partial, indexName));
      copyFileSync(template.directionsPath, join(partial, directionsName));
    }
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (error instanceof InputError) throw error;
    throw new InputError(`Cannot write to ${path}: ${(error as Error).message}.`, { path, cause: error });
  }
  return {
    writeImage(name, values, elementOfFixel) {
      const data = elementOfFixel === undefined ? values : spread(values, elementOfFixel);
      const kept = inputs.header.entries.filter(([key]) => !inputs.entries.some(([own]) => own === key));
      const entries: HeaderEntries = [...kept, ...inputs.entries, ["command_history", inputs.commandHistory]];
      const { transform, voxelSizes } = inputs.header;
      const spec = {
        dimensions: [template.nFixels, 1, 1],
        dataType: "Float32LE" as const,
        transform,
        voxelSizes,
        entries,
      };
      writeImage(join(partial, `${name}${ending}`), spec, data);
    },
    writeLine(name, values) {
      const form = { commandHistory: inputs.commandHistory, significantDigits: 10 };
      writeMatrix(join(partial, name), { values, nRows: 1, nColumns: values.length }, form);
    },
    writeText: (name, write) => write(join(partial, name)),
    publish() {
      for (const name of readdirSync(partial)) renameSync(join(partial, name), join(path, name));
      rmSync(partial, { recursive: true });
    },
    discard: () => rmSync(partial, { recursive: true, force: true }),
  };
}

function checkPath({ path, overwrite }: FixelOutputInputs, files: readonly string[]): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) {
    throw new InputError(`Cannot write results to ${path}: expected a directory or a new name, got a file.`, { path });
  }
  const existing = files.filter((name) => existsSync(join(path, name)));
  if (existing.length === 0 || overwrite) return;
  const more = existing.length > 3 ? ` and ${existing.length - 3} more` : "";
  throw new InputError(
    `Cannot write results to ${path}: ${existing.slice(0, 3).join(", ")}${more} exist already. Give another directory, or -force to overwrite.`,
    { path },
  );
}

function checkSpace(path: string, { template, images }: FixelOutputInputs): void {
  const needed = template.nFixels * 4 * images.length;
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= needed) return;
  throw new InputError(
    `Cannot write results to ${path}: ${images.length} images need ${formatBytes(needed)}, ${formatBytes(bavail * bsize)} are free on that disk.`,
    { path },
  );
}

function sameDirectory(a: string, b: string): boolean {
  return existsSync(a) && realpathSync(a) === realpathSync(b);
}

function spread(values: Float32Array, elementOfFixel: Int32Array): Float32Array {
  const out = new Float32Array(elementOfFixel.length).fill(Number.NaN);
  for (const [fixel, element] of elementOfFixel.entries()) if (element >= 0) out[fixel] = values[element]!;
  return out;
}
