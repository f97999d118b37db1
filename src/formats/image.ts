// The one door to images: the file name's ending chooses the format.
import { InputError } from "../errors.js";
import { convertCommand } from "./conversion-command.js";
import {
  type CheckHeader,
  type FileLook,
  type ImageFormat,
  type ImageVector,
  lookAtFile,
  type OpenBytes,
  openImageFile,
  readHeaderOfFile,
  readStoredHeaderOfFile,
  readVectorOfFile,
} from "./image-file.js";
import type { Image, ImageData, ImageHeader, ImageSpec } from "./image-header.js";
import { MIF_FORMAT } from "./mif/read.js";
import { mifPieces } from "./mif/write.js";
import { NIFTI_FORMAT } from "./nifti/read.js";
import { niftiPieces } from "./nifti/write.js";
import { writeFileFromPieces, writeFileInPieces } from "./write-file.js";

export type ImageKind = "mif" | "nifti";

/** Endings read and written, as users know them. */
const ENDINGS: readonly (readonly [ending: string, kind: ImageKind])[] = [
  [".mif", "mif"],
  [".mih", "mif"],
  [".mif.gz", "mif"],
  [".nii", "nifti"],
  [".nii.gz", "nifti"],
];

/** Undefined: not a name of an image. */
export function imageKindOf(path: string): ImageKind | undefined {
  return ENDINGS.find(([ending]) => path.toLowerCase().endsWith(ending))?.[1];
}

/** Throws InputError: unknown ending, unreadable, damaged, truncated. Memory: none for uncompressed files beyond small buffers; the whole of compressed ones. */
export function openImage(path: string, openBytes?: OpenBytes): Image {
  return openImageFile(path, formatOf(path), openBytes);
}

/** The header alone; cheap also for compressed files. Throws InputError as openImage, but cannot see that compressed data are truncated. */
export function readImageHeader(path: string): ImageHeader {
  return readHeaderOfFile(path, formatOf(path));
}

/** The same with what the system says of the file. Throws InputError as readImageHeader. */
export function lookAtImage(path: string): FileLook {
  return lookAtFile(path, formatOf(path));
}

/** The same with the axes as the file has them, not turned to the scanner's. Throws InputError as readImageHeader. */
export function readStoredHeader(path: string): ImageHeader {
  return readStoredHeaderOfFile(path, formatOf(path));
}

/** Every value, asynchronously: several can be in flight. `check` sees the header before data are read. Throws InputError, or what `check` throws. */
export async function readImageVector(path: string, check?: CheckHeader): Promise<ImageVector> {
  return readVectorOfFile(path, formatOf(path), check);
}

/**
 * `data`: every element, canonical order. NIfTI drops `entries`. Throws InputError: unknown ending, exists already (unless spec.overwrite), not
 * writable; InternalError when data, dimensions and type disagree.
 */
export function writeImage(path: string, spec: ImageSpec, data: ImageData): void {
  writeFileFromPieces(path, piecesOf(path, spec, data), { overwrite: spec.overwrite ?? false });
}

/** As writeImage, with turns of the event loop between pieces. Rejects with the reason of `signal` too. */
export async function writeImageInPieces(
  path: string,
  spec: ImageSpec,
  data: ImageData,
  signal: AbortSignal | undefined,
): Promise<void> {
  await writeFileInPieces(path, piecesOf(path, spec, data), { overwrite: spec.overwrite ?? false, signal });
}

function piecesOf(path: string, spec: ImageSpec, data: ImageData): Iterable<Uint8Array> {
  const pieces = formatOf(path) === MIF_FORMAT ? mifPieces : niftiPieces;
  if (path.toLowerCase().endsWith(".mih")) {
    throw new InputError(`Cannot write ${path}: expected a name ending in .mif or .nii, got .mih. Write a .mif.`, {
      path,
    });
  }
  return pieces(spec, data);
}

function formatOf(path: string): ImageFormat {
  const kind = imageKindOf(path);
  if (kind !== undefined) return kind === "mif" ? MIF_FORMAT : NIFTI_FORMAT;
  if (/\.(hdr|img)$/i.test(path)) {
    const image = path.replace(/\.hdr$/i, ".img");
    const message = `Cannot open ${path}: expected header and data in one file, got the name of a pair (.hdr and .img). Make one file of it: ${convertCommand(image)}.`;
    throw new InputError(message, { path });
  }
  const endings = ENDINGS.map(([ending]) => ending).join(", ");
  const message = `Cannot open ${path}: expected a name ending in one of ${endings}, got another. Convert it with mrconvert.`;
  throw new InputError(message, { path });
}
