// What a search needs of the whole sketch, in one pass over its records: the element of each row, the windows that threads claim, and the rows that are looked at first.
import { openSketchFiles } from "../../connectivity/sketch-files.js";
import { groupsOf, RECORD_BYTES, sketchRow } from "../../connectivity/sketch-layout.js";
import type { SketchSize } from "../inputs.js";

export interface RowLists {
  /** u32 [nElements]. */
  readonly order: Uint32Array;
  /** First row, rows, first group (low, high word). */
  readonly windows: Uint32Array;
  readonly seeds: Uint32Array;
}

export interface RowLimits {
  readonly nElements: number;
  /** Of a window. */
  readonly groups: number;
  readonly rows: number;
  /** Rows that may be a maximum. */
  readonly nEligible: number;
  readonly isEligible: (element: number) => boolean;
  readonly seedsOf: (nRows: number) => number;
}

/** Rows read together: 40 B x 16384. */
const AT_A_TIME = 16_384;

export function listRows(path: string, sketch: SketchSize, limits: RowLimits): RowLists {
  const { nElements, nEligible, isEligible } = limits;
  const order = new Uint32Array(nElements);
  const windows: number[] = [];
  const seeds: number[] = [];
  const nSeeds = limits.seedsOf(nEligible);
  const piece = (place: number, nRows: number, group: number) => [
    place,
    nRows,
    group % 2 ** 32,
    Math.floor(group / 2 ** 32),
  ];
  let window = { place: 0, nRows: 0, group: 0, nGroups: 0 };
  let group = 0;
  let nSeen = 0;
  const close = (place: number) => {
    if (window.nRows > 0) windows.push(...piece(window.place, window.nRows, window.group));
    window = { place, nRows: 0, group, nGroups: 0 };
  };
  const files = openSketchFiles(path, { nElements, nGroups: sketch.nGroups }, { io: "read" });
  try {
    const records = new Uint8Array(Math.min(AT_A_TIME, nElements) * RECORD_BYTES);
    const view = new DataView(records.buffer);
    for (let first = 0; first < nElements; first += AT_A_TIME) {
      const count = Math.min(AT_A_TIME, nElements - first);
      files.copyRecordsInto(records, first, count);
      for (let i = 0; i < count; i++) {
        const { element, nConnections } = sketchRow(view, i);
        const place = first + i;
        const nGroups = groupsOf(nConnections);
        order[place] = element;
        if (window.nRows === limits.rows || window.nGroups + nGroups > limits.groups) close(place);
        window.nRows++;
        window.nGroups += nGroups;
        if (isEligible(element)) {
          // evenly among those that may be a maximum
          if (Math.floor(((nSeen + 1) * nSeeds) / nEligible) > Math.floor((nSeen * nSeeds) / nEligible))
            seeds.push(...piece(place, 1, group));
          nSeen++;
        }
        group += nGroups;
      }
    }
    close(nElements);
  } finally {
    files.close();
  }
  return { order, windows: Uint32Array.from(windows), seeds: Uint32Array.from(seeds) };
}
