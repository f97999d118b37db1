// .mif, .mih with its data file, and .mif.gz.

import { type ImageFormat, type ImageVector, type OpenBytes, openImageFile, readVectorOfFile } from "../image-file.js";
import type { Image } from "../image-header.js";
import { findMifHeaderEnd, MAX_MIF_HEADER_BYTES, type MifHeader, parseMifHeader } from "./header.js";

export interface MifImage extends Image {
  readonly header: MifHeader;
}

export const MIF_FORMAT: ImageFormat = {
  maxHeaderBytes: MAX_MIF_HEADER_BYTES,
  headerIsComplete: (start) => !startsLikeMif(start) || findMifHeaderEnd(start) !== undefined,
  parseHeader: parseMifHeader,
};

/** Anything else is refused by the parser; there is no point in searching it for END. */
function startsLikeMif(start: Uint8Array): boolean {
  return (
    Buffer.from(start.buffer, start.byteOffset, Math.min(12, start.byteLength)).toString("latin1") === "mrtrix image"
  );
}

/** Throws InputError: unreadable, damaged header, truncated data. A .mif.gz is held in memory decompressed; other files are read by position. */
export function openMif(path: string, openBytes?: OpenBytes): MifImage {
  return openImageFile(path, MIF_FORMAT, openBytes) as MifImage;
}

/** All values, asynchronously. Throws InputError as openMif does. */
export function readMifVector(path: string): Promise<ImageVector> {
  return readVectorOfFile(path, MIF_FORMAT);
}
