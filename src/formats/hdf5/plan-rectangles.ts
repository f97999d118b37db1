// Which parts of a matrix are read together: whole chunks, every chunk once, never more bytes than allowed (but for one chunk). Pure.

export interface FileRectangle {
  readonly firstRow: number;
  readonly nRows: number;
  readonly firstColumn: number;
  readonly nColumns: number;
}

export interface RectangleNeeds {
  /** Rows and columns as they lie in the file. */
  readonly shape: readonly [number, number];
  /** Contiguous matrices: one row. */
  readonly chunk: readonly [number, number];
  readonly valueBytes: number;
  readonly mostBytes: number;
  /** The axis of subjects: all of it in one rectangle where that fits. */
  readonly subjectsAre: "rows" | "columns";
}

/**
 * For each subject in the order of its elements. 1600 x 1,000,000 float32 in chunks of 32 x 32 with 32 MiB: 191 rectangles of 1600 x 5,216;
 * in chunks of 1 x 65536: 992 of 128 x 65536... whatever is as near to all subjects as fits.
 */
export function planRectangles({ shape, chunk, valueBytes, mostBytes, subjectsAre }: RectangleNeeds): FileRectangle[] {
  const [nRows, nColumns] = shape;
  const most = Math.floor(mostBytes / valueBytes);
  const [rows, columns] =
    subjectsAre === "rows"
      ? spread(nRows, chunk[0], nColumns, chunk[1], most)
      : (spread(nColumns, chunk[1], nRows, chunk[0], most).reverse() as [number, number]);
  const rectangles: FileRectangle[] = [];
  for (let firstRow = 0; firstRow < nRows; firstRow += rows) {
    for (let firstColumn = 0; firstColumn < nColumns; firstColumn += columns) {
      rectangles.push({
        firstRow,
        nRows: Math.min(rows, nRows - firstRow),
        firstColumn,
        nColumns: Math.min(columns, nColumns - firstColumn),
      });
    }
  }
  return rectangles;
}

/** Sizes along the preferred axis and the other: whole chunks, the preferred axis first. */
function spread(preferred: number, preferredChunk: number, other: number, otherChunk: number, most: number) {
  const first = fill(preferred, preferredChunk, Math.floor(most / Math.min(otherChunk, other)));
  return [first, fill(other, otherChunk, Math.floor(most / first))] as [number, number];
}

function fill(size: number, chunk: number, most: number): number {
  if (size <= most) return size;
  return Math.min(size, Math.max(chunk, Math.floor(most / chunk) * chunk));
}
