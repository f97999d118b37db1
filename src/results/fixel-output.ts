// The directory of results: a fixel directory like the input, with one image a result. Images are gathered in a hidden folder and moved
// in place together at the end, so that a run that dies leaves nothing that looks like a result.
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { InputError } from "../errors.js";
import { writeImage } from "../formats/image.js";
import type { HeaderEntries, ImageHeader } from "../formats/image-header.js";
import { pathKindOf } from "../formats/path-kind.js";
import { writeMatrix } from "../formats/text/write.js";
import { describeSystemError } from "../system-error.js";
import { type ClaimedDirectory, checkDiskRoom, claimDirectory } from "./claim-directory.js";
import { isSameContent } from "./same-content.js";

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
  /** Names of all text files, with ending. The last is moved in place after everything else. */
  readonly texts: readonly string[];
  readonly overwrite: boolean;
  /** Ending of the images. */
  readonly ending: ".mif" | ".nii" | ".nii.gz" | ".mif.gz";
  /** Header of the first subject's file: its keys and transform are carried over. */
  readonly header: Pick<ImageHeader, "transform" | "voxelSizes" | "entries">;
  /** Keys that every image gets. */
  readonly entries: HeaderEntries;
  readonly commandHistory: string;
}

export interface FixelOutput {
  /** Results of an earlier run that will be replaced; only with `overwrite`. */
  readonly replaced: readonly string[];
  /** values f32 [nElements]; elementOfFixel i32 [nFixels] or undefined: fixels outside the mask become NaN. `entries`: further keys of this image. */
  writeImage(name: string, values: Float32Array, elementOfFixel: Int32Array | undefined, entries?: HeaderEntries): void;
  /** All values on one line, after a comment line with the command. */
  writeLine(name: string, values: Float64Array): void;
  writeText(name: string, write: (path: string) => void): void;
  /** Moves everything in place. */
  publish(): void;
  /** Removes what was not published, and directories made for it. Idempotent. */
  discard(): void;
}

/** Where results are gathered until they are whole. A killed run leaves its folder; the next run of this machine removes it. */
const PARTIAL = /^\.partial-(\d+)-(.*)$/;
/** Keys that describe the program that wrote the first subject's file, not ours. */
const NOT_CARRIED = new Set(["mrtrix_version", "nonstationarity_adjustment"]);
const NO_TRANSFORM = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

/** Everything that can fail is tried here, before the run. Throws InputError: exists already, cannot be written, disk too small. */
export function createFixelOutput(inputs: FixelOutputInputs): FixelOutput {
  const { path, template, ending } = inputs;
  const replaced = checkExisting(inputs, [...inputs.images.map((name) => `${name}${ending}`), ...inputs.texts]);
  const remedy = "Choose another directory for the results.";
  const claim = claimDirectory({ path, purpose: `Cannot write results to ${path}`, remedy });
  const partial = join(path, `.partial-${process.pid}-${hostname()}`);
  const discard = () => {
    rmSync(partial, { recursive: true, force: true });
    claim.release();
  };
  try {
    removeAbandoned(path);
    checkDiskRoom([{ path, bytes: template.nFixels * 4 * inputs.images.length, what: "results" }]);
    mkdirSync(partial);
    for (const file of [template.indexPath, template.directionsPath]) {
      const target = join(path, basename(file));
      if (!existsSync(target) || !isSameContent(file, target)) copyFileSync(file, join(partial, basename(file)));
    }
  } catch (error) {
    discard();
    throw asInputError(error, path);
  }
  return {
    replaced,
    writeImage(name, values, elementOfFixel, entries = []) {
      const data = elementOfFixel === undefined ? values : spread(values, elementOfFixel);
      const own: HeaderEntries = [...inputs.entries, ...entries];
      const carried = inputs.header.entries.filter(
        ([key]) => !NOT_CARRIED.has(key) && !own.some(([other]) => other === key),
      );
      const spec = {
        dimensions: [template.nFixels, 1, 1],
        dataType: "Float32LE" as const,
        // MRtrix3 warns about an image without one.
        transform: inputs.header.transform ?? NO_TRANSFORM,
        voxelSizes: inputs.header.voxelSizes,
        entries: [...carried, ...own, ["command_history", inputs.commandHistory.replace(/\s*\n\s*/g, " ")] as const],
      };
      writeImage(join(partial, `${name}${ending}`), spec, data);
    },
    writeLine(name, values) {
      const form = { commandHistory: inputs.commandHistory, significantDigits: 10 };
      writeMatrix(join(partial, name), { values, nRows: 1, nColumns: values.length }, form);
    },
    writeText(name, write) {
      try {
        write(join(partial, name));
      } catch (error) {
        throw asInputError(error, path);
      }
    },
    publish: () => publish(path, partial, inputs.texts.at(-1), claim),
    discard,
  };
}

/** The last text goes last: where it is, everything else is. */
function publish(path: string, partial: string, last: string | undefined, claim: ClaimedDirectory): void {
  try {
    if (last !== undefined) rmSync(join(path, last), { force: true });
    const names = readdirSync(partial).filter((name) => name !== last);
    for (const name of [...names, ...(last === undefined ? [] : [last])])
      renameSync(join(partial, name), join(path, name));
    rmSync(partial, { recursive: true });
  } catch (error) {
    throw asInputError(error, path);
  }
  claim.release(); // removes nothing: the directories are in use
}

/** Throws InputError for results that exist and are not to be overwritten, and for the index of another template. Returns the files in the way. */
function checkExisting({ path, overwrite, template }: FixelOutputInputs, files: readonly string[]): string[] {
  const kind = pathKindOf(path);
  if (kind === undefined) return [];
  if (kind === "file") {
    throw new InputError(
      `Cannot write results to ${path}: expected a directory or a new name, got a file. Choose another directory for the results.`,
      { path },
    );
  }
  const existing = files.filter((name) => existsSync(join(path, name)));
  if (overwrite) return existing;
  if (existing.length > 0) {
    const more = existing.length > 3 ? ` and ${existing.length - 3} more` : "";
    throw new InputError(
      `Cannot write results to ${path}: ${existing.slice(0, 3).join(", ")}${more} exist already. Give another directory, or -force to overwrite.`,
      { path },
    );
  }
  for (const file of [template.indexPath, template.directionsPath]) {
    const name = basename(file);
    if (!existsSync(join(path, name)) || isSameContent(file, join(path, name))) continue;
    throw new InputError(
      `Cannot write results to ${path}: expected an empty directory or one of the same template, got another ${name} in it. Give another directory, or -force to overwrite.`,
      { path },
    );
  }
  return [];
}

function removeAbandoned(path: string): void {
  for (const name of readdirSync(path)) {
    const [, pid, host] = PARTIAL.exec(name) ?? [];
    if (host !== hostname() || isAlive(Number(pid))) continue;
    rmSync(join(path, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false; // our own number, given anew
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function asInputError(error: unknown, path: string): unknown {
  const system = error instanceof Error && "syscall" in error;
  if (!system) return error;
  const message = `Cannot write results to ${path}: expected a disk with room and a directory that can be written, got ${describeSystemError(error)}. Choose another directory for the results.`;
  return new InputError(message, { path, cause: error });
}

function spread(values: Float32Array, elementOfFixel: Int32Array): Float32Array {
  const out = new Float32Array(elementOfFixel.length).fill(Number.NaN);
  for (const [fixel, element] of elementOfFixel.entries()) if (element >= 0) out[fixel] = values[element]!;
  return out;
}
