// Where things lie in sketch.bin (FORMAT.md). Worker threads read it: this file loads no schema library.

export const SKETCH_FILE = "sketch.bin";
/** Bytes of the header: JSON, filled up with blanks. */
export const SKETCH_HEADER_BYTES = 4096;
/** Connections of a group. */
export const GROUP = 8;
/** Bytes of a group: places and weight. */
export const GROUP_BYTES = GROUP * 4 + 2;
/** Bytes of a row's record. */
export const RECORD_BYTES = 40;
/** Of a longer row there are no groups: 16-bit sums would not hold it, and its bound is infinite. */
export const MOST_GROUPS = 16_000;

export const SKETCH_SECTIONS = ["records", "indices", "weights"] as const;
export type SketchSection = (typeof SKETCH_SECTIONS)[number];

/** Bytes of everything, of a matrix whose rows have `nGroups` groups together. */
export const sketchBytes = (nElements: number, nGroups: number): number =>
  SKETCH_HEADER_BYTES + RECORD_BYTES * nElements + GROUP_BYTES * nGroups;

/** First byte and bytes of each section: one behind the other. */
export function sketchSections(
  nElements: number,
  nGroups: number,
): Readonly<Record<SketchSection, { readonly first: number; readonly bytes: number }>> {
  const records = { first: SKETCH_HEADER_BYTES, bytes: RECORD_BYTES * nElements };
  const indices = { first: records.first + records.bytes, bytes: GROUP * 4 * nGroups };
  return { records, indices, weights: { first: indices.first + indices.bytes, bytes: 2 * nGroups } };
}

/** Groups of a row. */
export function groupsOf(nConnections: number): number {
  const groups = Math.ceil(nConnections / GROUP);
  return groups > MOST_GROUPS ? 0 : groups;
}

/** Groups of all rows at most. */
export const mostGroups = (nElements: number, nConnections: number): number =>
  Math.floor(nConnections / GROUP) + Math.min(nElements, nConnections);

/** What a record says of a row. */
export interface SketchRow {
  readonly element: number;
  readonly nConnections: number;
  /** Place of its first connection in connections.bin. */
  readonly firstConnection: number;
  /** Of its groups' weights. */
  readonly weightSum: number;
  readonly norm: number;
  /** A weight is at most that of its group times this. */
  readonly unit: number;
  /** Sum of the connections' weights; Infinity: the row is too long for groups. */
  readonly extent: number;
}

/** `i`: of the records in `view`. */
export function sketchRow(view: DataView, i: number): SketchRow {
  const at = i * RECORD_BYTES;
  return {
    element: view.getUint32(at, true),
    nConnections: view.getUint32(at + 4, true),
    firstConnection: view.getUint32(at + 12, true) * 2 ** 32 + view.getUint32(at + 8, true),
    weightSum: view.getUint32(at + 16, true),
    norm: view.getFloat32(at + 20, true),
    unit: view.getFloat64(at + 24, true),
    extent: view.getFloat64(at + 32, true),
  };
}

/** `at`: byte of the record in `view`. */
export function writeSketchRow(view: DataView, at: number, row: SketchRow): void {
  view.setUint32(at, row.element, true);
  view.setUint32(at + 4, row.nConnections, true);
  view.setUint32(at + 8, row.firstConnection % 2 ** 32, true);
  view.setUint32(at + 12, Math.floor(row.firstConnection / 2 ** 32), true);
  view.setUint32(at + 16, row.weightSum, true);
  view.setFloat32(at + 20, row.norm, true);
  view.setFloat64(at + 24, row.unit, true);
  view.setFloat64(at + 32, row.extent, true);
}
