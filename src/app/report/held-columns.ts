// Columns of a source for what looks at few of them here and there. A block on disk is one copy, a part of it a copy a row: so blocks are copied whole,
// and the last one is held.
import type { ColumnSource } from "../../store/column-source.js";

export interface HeldPiece {
  /** Of row `r`, column `i` of the piece: `values[r * stride + start + i]`. */
  readonly values: Float32Array | Float64Array;
  readonly stride: number;
  readonly start: number;
  /** Columns of the piece. */
  readonly count: number;
}

export interface HeldColumns {
  readonly nRows: number;
  readonly nElements: number;
  /** Columns first..first+count, piece behind piece; a piece has its values until the next is taken. */
  pieces(first: number, count: number): Generator<HeldPiece>;
}

/** Memory: a block of all rows, or what is asked for together where there are no blocks. */
export function holdColumns(source: ColumnSource): HeldColumns {
  const { nRows, nElements, spec } = source;
  const isWide = spec.elementType === "f64";
  let held: Float32Array | Float64Array = new Float32Array(0);
  let [heldFirst, heldCount] = [0, 0];

  function hold(first: number, count: number): void {
    if (heldFirst === first && heldCount === count) return;
    const nValues = nRows * count;
    if (held.length !== nValues) held = isWide ? new Float64Array(nValues) : new Float32Array(nValues);
    heldCount = 0; // nothing, should the copy fail
    source.copyColumnsInto(new Uint8Array(held.buffer), first, count);
    [heldFirst, heldCount] = [first, count];
  }

  return {
    ...{ nRows, nElements },
    *pieces(first, count) {
      if (spec.layout !== "blocked") {
        hold(first, count);
        yield { values: held, stride: count, start: 0, count };
        return;
      }
      const width = spec.blockWidth;
      for (let done = 0; done < count; ) {
        const from = first + done;
        const blockFirst = Math.floor(from / width) * width;
        const stride = Math.min(width, nElements - blockFirst);
        hold(blockFirst, stride);
        const start = from - blockFirst;
        const n = Math.min(count - done, stride - start);
        yield { values: held, stride, start, count: n };
        done += n;
      }
    },
  };
}
