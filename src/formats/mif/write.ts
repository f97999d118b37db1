// .mif and .mif.gz as MRtrix3's commands read them.
import { encodeElements } from "../encode.js";
import { canonicalLayout, type ImageData, type ImageSpec } from "../image-header.js";
import { formatMifHeader } from "./format-header.js";

/**
 * The bytes of the file, front to back; a piece is valid until the next one is asked for. `data`: every element, canonical order (axis 0 fastest).
 * Throws InternalError when the data do not fit the dimensions or the type.
 */
export function* mifPieces(spec: ImageSpec, data: ImageData): Generator<Uint8Array> {
  const { dimensions, dataType, layout = canonicalLayout(dimensions.length) } = spec;
  yield formatMifHeader(spec);
  yield* encodeElements(data, { dimensions, layout, dataType });
}
