// Results of fixels: a fixel directory like the input, with one image a result, and texts.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { InputError } from "../errors.js";
import { writeImageInPieces } from "../formats/image.js";
import type { HeaderEntries } from "../formats/image-header.js";
import { pathKindOf } from "../formats/path-kind.js";
import { removeFile, thingAt } from "../publish/remove-ours.js";
import { copyHashed } from "./copy-hashed.js";
import type { CarriedHeader, ResultFiles } from "./result-files.js";
import { openResultFolder, type ResultFolder } from "./result-folder.js";
import { listResults, type Result, type ResultSpec, type ResultValues } from "./result-list.js";
import { isSameContent } from "./same-content.js";
import { ROW_DIGITS, writeNumbers } from "./write-numbers.js";

export interface FixelResultInputs {
  /** As typed. */
  readonly path: string;
  readonly template: { readonly indexPath: string; readonly directionsPath: string };
  readonly nFixels: number;
  /** i32 [nFixels], -1 outside the mask; undefined without a mask. */
  readonly elementOfFixel: Int32Array | undefined;
  readonly results: ResultSpec;
  /** Of the images. */
  readonly ending: ".mif" | ".nii";
  /** Keys that every image gets. */
  readonly entries: HeaderEntries;
  readonly commandHistory: string;
  readonly overwrite: boolean;
  /** As ResultFolderInputs. */
  readonly rehearse: boolean;
}

/** Keys that describe the program that wrote the first subject's file, not ours. */
const NOT_CARRIED = new Set(["mrtrix_version", "nonstationarity_adjustment"]);
const NO_TRANSFORM = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];
/** Images that depend on the statistic say whether it was adjusted, as the peer's do. */
const adjustmentOf = ({ empirical }: ResultSpec): HeaderEntries => [
  ["nonstationarity_adjustment", empirical === undefined ? "0" : "1"],
];

/** Throws InputError: exists already, of another template, cannot be written, disk too small. */
export function openFixelResults(inputs: FixelResultInputs): ResultFiles {
  const { path, results, nFixels } = inputs;
  const all = listResults(results);
  const nImages = all.reduce((sum, { role, count }) => sum + (role === "null" ? 0 : count), 0);
  const bytes = nFixels * 4 * nImages;
  const purpose = `Cannot write results to ${path}`;
  if (pathKindOf(path) === "file") {
    throw new InputError(
      `${purpose}: expected a directory or a new name, got a file. Choose another directory for the results.`,
      { path },
    );
  }
  const folder = openResultFolder({
    ...{ directory: path, path, purpose, bytes, base: "", overwrite: inputs.overwrite, rehearse: inputs.rehearse },
    files: all.flatMap((result) => filesOf(result, inputs.ending)),
    companions: [basename(inputs.template.indexPath), basename(inputs.template.directionsPath)],
    remedy: "Choose another directory for the results.",
    existing: "exist already. Give another directory, or -force to overwrite.",
  });
  let copied: ResultFiles["copied"];
  try {
    copied = copyTemplate(inputs, folder);
  } catch (error) {
    folder.discard();
    return folder.fail(error);
  }
  let header: CarriedHeader = { transform: undefined, voxelSizes: [1, 1, 1], entries: [] };
  return {
    directory: path,
    earlier: folder.earlier,
    bytes,
    copied,
    describeInput(found) {
      header = found;
    },
    async write(result, images, signal) {
      for (const [i, name] of filesOf(result, inputs.ending).entries()) {
        if (result.role === "null") await writeNull(folder.pathOf(name), images[i]!, inputs, signal);
        else await writeFixels(folder.pathOf(name), { result, header, inputs }, images[i]!, signal);
      }
    },
    publish: folder.publish,
    discard: folder.discard,
  };
}

function filesOf({ role, name, count, grouped }: Result, ending: string): string[] {
  if (role === "null") return [`${name}.txt`];
  if (role === "factor" || grouped) return Array.from({ length: count }, (_, i) => `${name}${i}${ending}`);
  return [`${name}${ending}`];
}

async function writeNull(
  path: string,
  values: ResultValues,
  { commandHistory }: FixelResultInputs,
  signal: AbortSignal | undefined,
): Promise<void> {
  await writeNumbers(path, [values], { digits: ROW_DIGITS, separator: " ", commandHistory }, signal);
}

async function writeFixels(
  path: string,
  { result, header, inputs }: { result: Result; header: CarriedHeader; inputs: FixelResultInputs },
  values: ResultValues,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { nFixels, elementOfFixel, results } = inputs;
  const own = [
    ...inputs.entries,
    ...(result.role === "statistic" || result.role === "tested" ? adjustmentOf(inputs.results) : []),
  ];
  const carried = header.entries.filter(([key]) => !NOT_CARRIED.has(key) && !own.some(([other]) => other === key));
  const spec = {
    dimensions: [nFixels, 1, 1],
    dataType: "Float32LE" as const,
    // MRtrix3 warns about an image without one.
    transform: header.transform ?? NO_TRANSFORM,
    voxelSizes: header.voxelSizes,
    entries: [...carried, ...own, ["command_history", inputs.commandHistory.replace(/\s*\n\s*/g, " ")] as const],
  };
  const eligible = result.role === "tested" ? results.eligible : undefined;
  const isWhole = elementOfFixel === undefined && eligible === undefined && values instanceof Float32Array;
  const data = isWhole ? values : spread(values, nFixels, elementOfFixel, eligible);
  await writeImageInPieces(path, spec, data, signal);
}

/** f32 [nFixels]: NaN outside the mask and for elements that are not eligible. */
function spread(
  values: ResultValues,
  nFixels: number,
  elementOfFixel: Int32Array | undefined,
  eligible: Uint8Array | undefined,
): Float32Array {
  const out = new Float32Array(nFixels);
  for (let fixel = 0; fixel < nFixels; fixel++) {
    const element = elementOfFixel === undefined ? fixel : elementOfFixel[fixel]!;
    const isGiven = element >= 0 && (eligible === undefined || eligible[element] !== 0);
    out[fixel] = isGiven ? values[element]! : Number.NaN;
  }
  return out;
}

/** Index and directions make the results a fixel directory. Throws InputError for those of another template that are not to be replaced. */
function copyTemplate({ path, template, overwrite }: FixelResultInputs, folder: ResultFolder): ResultFiles["copied"] {
  const copies = Object.entries({ index: template.indexPath, directions: template.directionsPath });
  const copied: Record<string, { path: string; sha256: string }> = {};
  for (const [what, file] of copies) {
    const name = basename(file);
    const copy = folder.partial === undefined ? undefined : join(folder.partial, name);
    if (copy !== undefined) copied[what] = { path: file, sha256: copyHashed(file, copy) };
    const target = join(path, name);
    if (thingAt(target) === undefined) continue;
    // what is there already stays as it is
    if (existsSync(target) && isSameContent(copy ?? file, target)) {
      if (copy !== undefined) removeFile(copy);
    } else if (overwrite) folder.replaceCompanion(name);
    else {
      throw new InputError(
        `Cannot write results to ${path}: expected an empty directory or one of the same template, got another ${name} in it. Give another directory, or -force to overwrite.`,
        { path },
      );
    }
  }
  return copied;
}
