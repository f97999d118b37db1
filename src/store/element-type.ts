// Sizes of the two storage types, and the shape of a data file on disk.
import { countBlocks } from "./block-width.js";
import type { ElementType } from "./column-source.js";

/** Bytes of one value. */
export function bytesPerValue(elementType: ElementType): 4 | 8 {
  return elementType === "f32" ? 4 : 8;
}

/** A data file: [countBlocks(nElements, blockWidth)][nSubjects][blockWidth] values. */
export interface BlockedShape {
  readonly nSubjects: number;
  readonly nElements: number;
  readonly blockWidth: number;
  readonly elementType: ElementType;
}

/** Bytes of a data file, padding included. 2,000 subjects x 1,000,000 fixels x 4 B = 7.5 GiB. */
export function dataFileBytes(shape: BlockedShape): number {
  const blocks = countBlocks(shape.nElements, shape.blockWidth);
  return blocks * shape.nSubjects * shape.blockWidth * bytesPerValue(shape.elementType);
}
