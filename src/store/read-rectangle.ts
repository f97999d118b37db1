// Part of a matrix back out of its blocks: what an earlier run wrote as a rectangle (write-rectangle.ts).
import fs from "node:fs";
import { type BlockedShape, bytesPerValue } from "./element-type.js";
import type { Rectangle } from "./write-rectangle.js";

/**
 * Fills `target`, [nSubjects][nElements] of the rectangle, through `staging` (one row of a block at least). False: the file ends before. Throws what the system
 * says.
 */
export function readRectangle(
  fd: number,
  shape: BlockedShape,
  rectangle: Rectangle,
  target: Uint8Array,
  staging: Uint8Array,
): boolean {
  const { firstSubject, nSubjects, firstElement, nElements } = rectangle;
  const { blockWidth: width } = shape;
  const valueBytes = bytesPerValue(shape.elementType);
  const targetRowBytes = nElements * valueBytes;
  const rowsAtOnce = Math.floor(staging.byteLength / (width * valueBytes));
  const end = firstElement + nElements;
  for (let element = firstElement; element < end; ) {
    const iBlock = Math.floor(element / width);
    const column = element - iBlock * width;
    const pieceBytes = Math.min(width - column, end - element) * valueBytes;
    for (let row = 0; row < nSubjects; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, nSubjects - row);
      const rows = staging.subarray(0, count * width * valueBytes);
      if (!readFully(fd, rows, (iBlock * shape.nSubjects + firstSubject + row) * width * valueBytes)) return false;
      for (let r = 0; r < count; r++) {
        const from = (r * width + column) * valueBytes;
        const to = (row + r) * targetRowBytes + (element - firstElement) * valueBytes;
        target.set(rows.subarray(from, from + pieceBytes), to);
      }
    }
    element += pieceBytes / valueBytes;
  }
  return true;
}

function readFully(fd: number, target: Uint8Array, byteOffset: number): boolean {
  for (let done = 0; done < target.byteLength; ) {
    const got = fs.readSync(fd, target, done, target.byteLength - done, byteOffset + done);
    if (got === 0) return false;
    done += got;
  }
  return true;
}
