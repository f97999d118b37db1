// sketch.bin of a prepared connectivity: rows in an order of their own, each with its connections in groups by falling weight. One pass, row by row.
import { closeSync, openSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { signed } from "../checksum.js";
import type { Turns } from "../turns.js";
import type { ConnectivityFiles } from "./connectivity-files.js";
import type { ConnectivityManifest } from "./manifest.js";
import { SKETCH_FORMAT, SKETCH_VERSION, type SketchHeader } from "./sketch-header.js";
import {
  GROUP,
  groupsOf,
  RECORD_BYTES,
  SKETCH_HEADER_BYTES,
  SKETCH_SECTIONS,
  type SketchRow,
  type SketchSection,
  sketchSections,
  writeSketchRow,
} from "./sketch-layout.js";

export interface SketchContents {
  readonly manifest: ConnectivityManifest;
  readonly files: Pick<ConnectivityFiles, "copyCountsInto" | "copyNormsInto" | "copyConnectionsInto">;
  /** u32 [nElements]: the element of each row; undefined: in the order of the matrix. */
  readonly order: Uint32Array | undefined;
  readonly onProgress?: ((doneConnections: number, nConnections: number) => void) | undefined;
  readonly turns: Turns;
}

/** Weights become whole numbers up to this, and a sum over a row of 31 levels stays below 2^16 (kernels/CONTRACTS.md, boundRows). */
const LARGEST_WEIGHT = 32_000;
const LARGEST_SUM = 65_000;
const MOST_LEVEL = 31;
/** Bits of the weight above the place in the row: sorted as one number. */
const PLACES = 2 ** 21;

/** Into the new file `path`. Memory: 24 bytes an element and one row. Throws what the system says, or the reason of a signal. */
export async function writeSketch(path: string, contents: SketchContents): Promise<void> {
  const { manifest, files, turns } = contents;
  const { nElements, nConnections, maxRowConnections } = manifest;
  const counts = new Uint32Array(nElements);
  files.copyCountsInto(counts, 0, nElements);
  const norms = new Float32Array(nElements);
  files.copyNormsInto(norms, 0, nElements);
  const starts = new Float64Array(nElements);
  let nGroups = 0;
  for (let element = 0, start = 0; element < nElements; element++) {
    starts[element] = start;
    start += counts[element]!;
    nGroups += groupsOf(counts[element]!);
  }
  const order = contents.order ?? Uint32Array.from({ length: nElements }, (_, element) => element);
  const placeOf = new Uint32Array(nElements);
  for (let place = 0; place < nElements; place++) placeOf[order[place]!] = place;
  const row = createRowSorter(maxRowConnections, placeOf, nElements);
  const output = openOutput(path, sketchSections(nElements, nGroups));
  try {
    let done = 0;
    for (let place = 0; place < nElements; place++) {
      if (turns.isDue()) {
        contents.onProgress?.(done, nConnections);
        await turns.take();
      }
      const element = order[place]!;
      const count = counts[element]!;
      files.copyConnectionsInto(row.bytes, starts[element]!, count);
      const { weightSum, unit, extent } = row.groupsInto(count, output.addGroup);
      output.addRecord({
        ...{ element, nConnections: count, firstConnection: starts[element]!, norm: norms[element]! },
        ...{ weightSum, unit, extent },
      });
      done += count;
    }
    const sections = output.finish();
    const header: SketchHeader = {
      format: SKETCH_FORMAT,
      formatVersion: SKETCH_VERSION,
      ...{ nElements, nGroups, order: contents.order === undefined ? "index" : "morton" },
      matrix: manifest.files,
      sections,
    };
    output.writeHeader(JSON.stringify(signed(header)));
  } finally {
    output.close();
  }
}

function createRowSorter(mostConnections: number, placeOf: Uint32Array, nElements: number) {
  const pairs = new ArrayBuffer(8 * Math.max(mostConnections, 1));
  const elements = new Uint32Array(pairs);
  const weights = new Float32Array(pairs);
  const keys = new Float64Array(mostConnections);
  const indices = new Uint32Array(GROUP);
  const sorted = new Uint32Array(mostConnections);
  return {
    /** Of the connections, as in connections.bin. */
    bytes: new Uint8Array(pairs),
    /** Groups of the first `count` connections. Sums do not leave 16 bits: 1.9375 = 31 x 8 / 128 a unit of weight, and half a unit for rounding each group. */
    groupsInto(count: number, add: (indices: Uint32Array, weight: number) => void) {
      const nGroups = groupsOf(count);
      let extent = 0;
      for (let p = 0; p < count; p++) extent += weights[2 * p + 1]!;
      if (nGroups === 0) return { weightSum: 0, unit: 0, extent: count === 0 ? 0 : Number.POSITIVE_INFINITY };
      // bits of positive floats are in the order of their values
      for (let p = 0; p < count; p++) keys[p] = (0xffffffff - elementsBits(p)) * PLACES + p;
      keys.subarray(0, count).sort();
      let heaviest = 0;
      for (let p = 0; p < count; p++) {
        sorted[p] = keys[p]! % PLACES;
        if (p % GROUP === 0) heaviest += weights[2 * sorted[p]! + 1]!;
      }
      const largest = weights[2 * sorted[0]! + 1]!;
      const ofSum = (LARGEST_SUM - 3 * nGroups) / (((MOST_LEVEL * GROUP) / 128) * heaviest);
      const scale = Math.min(LARGEST_WEIGHT / largest, ofSum);
      const isZero = !(largest > 0);
      let weightSum = 0;
      for (let g = 0; g < nGroups; g++) {
        for (let i = 0; i < GROUP; i++) {
          const p = g * GROUP + i;
          indices[i] = p < count ? placeOf[elements[2 * sorted[p]!]!]! : nElements;
        }
        const weight = isZero ? 0 : Math.ceil(weights[2 * sorted[g * GROUP]! + 1]! * scale);
        weightSum += weight;
        add(indices, weight);
      }
      return { weightSum, unit: isZero ? 0 : 1 / scale, extent };
    },
  };
  function elementsBits(p: number): number {
    return elements[2 * p + 1]!;
  }
}

/** Bytes of each section that are written together. */
const BUFFER_BYTES = 2 ** 20;

/** Three sections side by side, each buffered. */
function openOutput(path: string, places: ReturnType<typeof sketchSections>) {
  const fd = openSync(path, "wx");
  const section = (name: SketchSection) => {
    const bytes = new Uint8Array(Math.floor(BUFFER_BYTES / 320) * 320);
    return { name, bytes, view: new DataView(bytes.buffer), filled: 0, at: places[name].first, crc: 0 };
  };
  const [records, indices, weights] = SKETCH_SECTIONS.map(section) as [Section, Section, Section];
  const flush = (of: Section) => {
    if (of.filled === 0) return; // of nothing zlib starts anew
    const bytes = of.bytes.subarray(0, of.filled);
    of.crc = crc32(bytes, of.crc);
    for (let done = 0; done < bytes.byteLength; )
      done += writeSync(fd, bytes, done, bytes.byteLength - done, of.at + done);
    of.at += of.filled;
    of.filled = 0;
  };
  const room = (of: Section, bytes: number) => {
    if (of.filled + bytes > of.bytes.byteLength) flush(of);
    of.filled += bytes;
    return of.filled - bytes;
  };
  return {
    addGroup(positions: Uint32Array, weight: number) {
      const at = room(indices, GROUP * 4);
      for (let i = 0; i < GROUP; i++) indices.view.setUint32(at + 4 * i, positions[i]!, true);
      weights.view.setUint16(room(weights, 2), weight, true);
    },
    addRecord(row: SketchRow) {
      const at = room(records, RECORD_BYTES);
      writeSketchRow(records.view, at, row);
    },
    /** CRC-32 of each section. */
    finish() {
      for (const of of [records, indices, weights]) flush(of);
      return { records: records.crc, indices: indices.crc, weights: weights.crc };
    },
    writeHeader(text: string) {
      const bytes = Buffer.alloc(SKETCH_HEADER_BYTES, " ");
      bytes.write(text);
      writeSync(fd, bytes, 0, bytes.byteLength, 0);
    },
    close: () => closeSync(fd),
  };
}

interface Section {
  readonly name: SketchSection;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  filled: number;
  /** In the file. */
  at: number;
  crc: number;
}
