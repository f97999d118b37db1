// One pass over a matrix that is used where it lies: what a store keeps in its files is counted here, in bounded memory.
import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { openPositionalBytes } from "../../formats/positional-bytes.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { bytesPerValue } from "../../store/element-type.js";
import { assertSameFile } from "../../store/open-column-source.js";

export interface RowScan {
  /** u32 [nElements]: rows without a finite value; undefined: all are finite. */
  readonly missing: Uint32Array | undefined;
  /** Of the bytes of each row in the file. */
  readonly crc32: readonly number[];
}

export interface ScanEvents {
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes; a whole number of values. */
const CHUNK_BYTES = 2 ** 20;

/** All rows of a row-major matrix, whatever `spec.rows` selects. Throws InputError when the file cannot be read to its end, or the signal's reason. */
export async function scanRows(spec: ColumnSourceSpec, events: ScanEvents): Promise<RowScan> {
  const valueBytes = bytesPerValue(spec.elementType);
  const rowBytes = spec.nElements * valueBytes;
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, rowBytes));
  const words = new Uint32Array(chunk.buffer);
  const file = openPositionalBytes(spec.path);
  let missing: Uint32Array | undefined;
  const checksums: number[] = [];
  try {
    assertSameFile(spec);
    for (let row = 0; row < spec.nRowsInFile; row++) {
      let checksum = 0;
      for (let done = 0; done < rowBytes; done += chunk.byteLength) {
        const piece = chunk.subarray(0, Math.min(chunk.byteLength, rowBytes - done));
        file.copyInto(piece, spec.byteOffset + row * rowBytes + done);
        checksum = crc32(piece, checksum);
        const nValues = piece.byteLength / valueBytes;
        if (countNonFinite(words, nValues, valueBytes) === 0) continue;
        missing ??= new Uint32Array(spec.nElements);
        addNonFinite(missing, done / valueBytes, words, nValues, valueBytes);
      }
      checksums.push(checksum);
      events.onProgress?.((row + 1) / spec.nRowsInFile);
      await setImmediate(); // Ctrl-C is heard between rows
      events.signal?.throwIfAborted();
    }
  } finally {
    file.close();
  }
  return { missing, crc32: checksums };
}

/** NaN and infinity have all bits of the exponent set; they are in the second word of a double. */
const EXPONENT = { 4: 0x7f800000, 8: 0x7ff00000 } as const;

function countNonFinite(words: Uint32Array, nValues: number, valueBytes: 4 | 8): number {
  const exponent = EXPONENT[valueBytes];
  const step = valueBytes / 4;
  let count = 0;
  for (let i = step - 1; i < nValues * step; i += step) if ((words[i]! & exponent) === exponent) count++;
  return count;
}

function addNonFinite(
  missing: Uint32Array,
  first: number,
  words: Uint32Array,
  nValues: number,
  valueBytes: 4 | 8,
): void {
  const exponent = EXPONENT[valueBytes];
  const step = valueBytes / 4;
  for (let i = 0; i < nValues; i++) if ((words[i * step + step - 1]! & exponent) === exponent) missing[first + i]!++;
}
