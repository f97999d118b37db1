// .mif and .mif.gz as MRtrix3's commands read them.
import { encodeElements } from "../encode.js";
import { canonicalLayout, type ImageData, type ImageSpec } from "../image-header.js";
import { writeFileFromPieces } from "../write-file.js";
import { formatMifHeader } from "./format-header.js";

/**
 * `data`: every element, canonical order (axis 0 fastest). Throws InputError when the file exists (unless spec.overwrite) or cannot be written,
 * InternalError when the data do not fit the dimensions or the type.
 */
export function writeMif(path: string, spec: ImageSpec, data: ImageData): void {
  const { dimensions, dataType, layout = canonicalLayout(dimensions.length) } = spec;
  writeFileFromPieces(path, piecesOf(), { overwrite: spec.overwrite ?? false });

  function* piecesOf(): Generator<Uint8Array> {
    yield formatMifHeader(spec);
    yield* encodeElements(data, { dimensions, layout, dataType });
  }
}
