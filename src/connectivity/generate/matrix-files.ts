// The files of a connectivity matrix as MRtrix3 lays them out, written row after row: how many connections there are is known at the end, so that headers have room
// for the number. Any size: places are positions in files, and counts are float64.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { formatMifHeader } from "../../formats/mif/format-header.js";

export const MATRIX_FILES = ["index.mif", "fixels.mif", "values.mif"] as const;

export interface MatrixWriter {
  /** The next rows: connections of each, and all of their columns and values. */
  addRows(counts: Uint32Array, nRows: number, columns: Uint32Array, values: Float32Array, nConnections: number): void;
  readonly nConnections: number;
  /** Writes what is missing, headers last. */
  finish(): void;
  /** Idempotent. */
  close(): void;
}

const IDENTITY = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];
/** Rows of the index written together; 16 bytes each. */
const INDEX_ROWS = 2 ** 13;
/** As wide as the largest number of connections, and `,1,1`. */
const SIZE_WIDTH = 23;

/** Into the directory `path`. Peer: layout +1,+2,+3,+0 of the index, so that count and place of a row lie together; place 0 for a row without connections. */
export function createMatrixWriter(path: string, nFixels: number, commandHistory: string): MatrixWriter {
  const history = commandHistory.replace(/\s*\n\s*/g, " ");
  const index = openSync(join(path, "index.mif"), "wx");
  const parts = [
    { fd: openSync(join(path, "fixels.mif"), "wx"), dataType: "UInt32LE" },
    { fd: openSync(join(path, "values.mif"), "wx"), dataType: "Float32LE" },
  ] as const;
  const offsets = parts.map(({ dataType }) => partHeader(dataType, 0, nFixels, history).byteLength);
  writeAt(index, 0, indexHeader(nFixels, history));
  let indexAt = indexHeader(nFixels, history).byteLength;
  const rows = new Uint32Array(4 * INDEX_ROWS);
  let nRows = 0;
  let nConnections = 0;
  let isClosed = false;
  const flush = () => {
    indexAt += writeAt(index, indexAt, new Uint8Array(rows.buffer, 0, 16 * nRows));
    nRows = 0;
  };
  return {
    get nConnections() {
      return nConnections;
    },
    addRows(counts, n, columns, values, added) {
      const of = [columns, values];
      for (const [i, { fd }] of parts.entries()) {
        const { buffer, byteOffset } = of[i]!;
        writeAt(fd, offsets[i]! + 4 * nConnections, new Uint8Array(buffer, byteOffset, 4 * added));
      }
      for (let row = 0; row < n; row++) {
        const count = counts[row]!;
        const place = count === 0 ? 0 : nConnections;
        rows[4 * nRows] = count;
        rows[4 * nRows + 1] = 0;
        rows[4 * nRows + 2] = place % 2 ** 32;
        rows[4 * nRows + 3] = Math.floor(place / 2 ** 32);
        nConnections += count;
        if (++nRows === INDEX_ROWS) flush();
      }
    },
    finish() {
      flush();
      for (const { fd, dataType } of parts) writeAt(fd, 0, partHeader(dataType, nConnections, nFixels, history));
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      closeSync(index);
      for (const { fd } of parts) closeSync(fd);
    },
  };
}

function indexHeader(nFixels: number, history: string): Uint8Array {
  return formatMifHeader({
    dimensions: [nFixels, 1, 1, 2],
    dataType: "UInt64LE",
    layout: [1, 2, 3, 0].map((rank) => ({ rank, reversed: false })),
    transform: IDENTITY,
    entries: [
      ["command_history", history],
      ["nfixels", String(nFixels)],
    ],
  });
}

function partHeader(dataType: string, nConnections: number, nFixels: number, history: string): Uint8Array {
  const lines = [
    "mrtrix image",
    `dim: ${`${nConnections},1,1`.padEnd(SIZE_WIDTH)}`,
    "vox: 1,1,1",
    "layout: +0,+1,+2",
    `datatype: ${dataType}`,
    ...IDENTITY.map((row) => `transform: ${row.join(", ")}`),
    "scaling: 0,1",
    `nfixels: ${nFixels}`,
    `command_history: ${history}`,
  ];
  const text = `${lines.join("\n")}\n`;
  const most = Buffer.byteLength(text) + "file: . 1234567890\nEND\n".length;
  const offset = most + ((4 - (most % 4)) % 4);
  const bytes = Buffer.alloc(offset);
  bytes.write(`${text}file: . ${offset}\nEND\n`);
  return bytes;
}

/** Bytes written. */
function writeAt(fd: number, position: number, bytes: Uint8Array): number {
  for (let done = 0; done < bytes.byteLength; )
    done += writeSync(fd, bytes, done, bytes.byteLength - done, position + done);
  return bytes.byteLength;
}
