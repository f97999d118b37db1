// .nii and .nii.gz.

import { type ImageFormat, type OpenBytes, openImageFile } from "../image-file.js";
import type { Image } from "../image-header.js";
import { NIFTI_HEADER_BYTES, type NiftiHeader, parseNiftiHeader } from "./header.js";

export interface NiftiImage extends Image {
  readonly header: NiftiHeader;
}

export const NIFTI_FORMAT: ImageFormat = {
  maxHeaderBytes: NIFTI_HEADER_BYTES,
  headerIsComplete: (start) => start.byteLength >= NIFTI_HEADER_BYTES,
  parseHeader: parseNiftiHeader,
};

/** Throws InputError: unreadable, damaged header, truncated data. A .nii.gz is held in memory decompressed; other files are read by position. */
export function openNifti(path: string, openBytes?: OpenBytes): NiftiImage {
  return openImageFile(path, NIFTI_FORMAT, openBytes) as NiftiImage;
}
