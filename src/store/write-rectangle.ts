// Part of a matrix into its blocks: for sources that hold all subjects of some elements together (chunks of HDF5), where groups of whole subjects
// would mean reading everything many times.
import { InternalError } from "../errors.js";
import { type BlockedShape, bytesPerValue } from "./element-type.js";

export interface Rectangle {
  readonly firstSubject: number;
  readonly nSubjects: number;
  readonly firstElement: number;
  readonly nElements: number;
}

/** Writes `lengthBytes` of the staging buffer, or of `values`, at a place in the data file. */
export type WriteBytes = (bytes: Uint8Array, fileOffset: number) => void;

/**
 * `values`: [nSubjects][nElements] of the rectangle, little-endian. Whole blocks are put together in `staging` (one row of a block at least) and written
 * in runs of rows; a part of a block is written row by row, so rectangles that begin and end with blocks are fastest. Padding is not touched.
 */
export function writeRectangle(
  shape: BlockedShape,
  values: Uint8Array,
  rectangle: Rectangle,
  staging: Uint8Array,
  write: WriteBytes,
): void {
  const { firstSubject, nSubjects, firstElement, nElements } = rectangle;
  const { blockWidth: width } = shape;
  const valueBytes = bytesPerValue(shape.elementType);
  const sourceRowBytes = nElements * valueBytes;
  const end = firstElement + nElements;
  if (
    firstSubject < 0 ||
    firstSubject + nSubjects > shape.nSubjects ||
    firstElement < 0 ||
    end > shape.nElements ||
    values.byteLength !== nSubjects * sourceRowBytes
  ) {
    throw new InternalError(
      `${values.byteLength} B are not ${nSubjects} x ${nElements} at ${firstSubject}, ${firstElement}.`,
    );
  }
  const rowsAtOnce = Math.floor(staging.byteLength / (width * valueBytes));
  for (let element = firstElement; element < end; ) {
    const iBlock = Math.floor(element / width);
    const column = element - iBlock * width;
    const pieceBytes = Math.min(width - column, end - element) * valueBytes;
    const isWhole = pieceBytes === width * valueBytes;
    for (let row = 0; row < nSubjects; row += isWhole ? rowsAtOnce : 1) {
      const count = isWhole ? Math.min(rowsAtOnce, nSubjects - row) : 1;
      const from = (r: number) => (row + r) * sourceRowBytes + (element - firstElement) * valueBytes;
      for (let r = 0; r < count; r++) staging.set(values.subarray(from(r), from(r) + pieceBytes), r * pieceBytes);
      const place = (iBlock * shape.nSubjects + firstSubject + row) * width + column;
      write(staging.subarray(0, count * pieceBytes), place * valueBytes);
    }
    element += pieceBytes / valueBytes;
  }
}
