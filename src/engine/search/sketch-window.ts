// Rows of the sketch in a thread's own memory, as boundRows takes them: whole windows, or single rows from all over it.
import { openSketchFiles, type SketchFiles } from "../../connectivity/sketch-files.js";
import { groupsOf, RECORD_BYTES } from "../../connectivity/sketch-layout.js";
import type { Context } from "../context.js";
import type { CfeJob, SearchJob } from "../plan/job.js";
import type { WorkerRegions } from "../plan/regions.js";
import { createRowFactors } from "./bound-tables.js";

export interface SketchWindow {
  /** Rows that may be a maximum, in the worker's `rows`. */
  readonly nRows: number;
  /** Of each of them. */
  readonly elements: Uint32Array;
  readonly nConnections: Uint32Array;
  readonly firstConnections: Float64Array;
  readonly norms: Float32Array;
  /** Empties it. */
  begin(): void;
  /** Reads rows first..first+count of the sketch, whose groups begin with `firstGroup`. False: there is no room, and nothing is read. */
  append(first: number, count: number, firstGroup: number): boolean;
  close(): void;
}

/** Words of a row of boundRows, and of a record: element, connections, first of them (low, high), sum of weights, norm, unit, extent (src/connectivity/FORMAT.md). */
const ROW_WORDS = 8;
const RECORD_WORDS = RECORD_BYTES / 4;

export function createSketchWindow(
  { job, u8, u16, u32, f32, f64, report, onFallback }: Context,
  cfe: CfeJob,
  search: SearchJob,
  regions: NonNullable<WorkerRegions["search"]>,
): SketchWindow {
  const { layout, shared, size } = job;
  const { windowRows, windowBytes } = layout;
  const { windowGroups } = layout.search!;
  const eligible = shared.eligible === undefined ? undefined : u8(shared.eligible, size.nElements);
  const words = u32(regions.rows, windowRows * ROW_WORDS);
  const factors = f32(regions.rows, windowRows * ROW_WORDS);
  const records = u8(regions.records, windowRows * RECORD_BYTES);
  // little-endian, as the files and WebAssembly are
  const recordWords = u32(regions.records, windowRows * RECORD_WORDS);
  const recordNorms = f32(regions.records, windowRows * RECORD_WORDS);
  const recordScales = f64(regions.records, (windowRows * RECORD_WORDS) / 2);
  const factorsInto = createRowFactors(search.tables);
  const elements = new Uint32Array(windowRows);
  const nConnections = new Uint32Array(windowRows);
  const firstConnections = new Float64Array(windowRows);
  const norms = new Float32Array(windowRows);
  let sketch: SketchFiles | undefined;
  let nRows = 0;
  let nGroupsRead = 0;

  return {
    get nRows() {
      return nRows;
    },
    ...{ elements, nConnections, firstConnections, norms },
    begin() {
      nRows = 0;
      nGroupsRead = 0;
    },
    append(first, count, firstGroup) {
      if (nRows + count > windowRows) return false;
      const { nElements } = size;
      sketch ??= openSketchFiles(
        cfe.path,
        { nElements, nGroups: search.nGroups },
        // by position: windows are read once each, and mapping them takes longer than copying
        { io: cfe.io === "auto" ? "read" : cfe.io, windowBytes, onFallback },
      );
      sketch.copyRecordsInto(records, first, count);
      let nGroups = 0;
      for (let i = 0; i < count; i++) nGroups += groupsOf(recordWords[i * RECORD_WORDS + 1]!);
      if (nGroupsRead + nGroups > windowGroups) return false;
      sketch.copyIndicesInto(u32(regions.indices + nGroupsRead * 32, nGroups * 8), firstGroup, nGroups);
      sketch.copyWeightsInto(u16(regions.weights + nGroupsRead * 2, nGroups), firstGroup, nGroups);
      report.bytesRead += count * RECORD_BYTES + nGroups * 34;
      for (let i = 0; i < count; i++) {
        const record = i * RECORD_WORDS;
        const element = recordWords[record]!;
        const connections = recordWords[record + 1]!;
        const ofRow = groupsOf(connections);
        const group = nGroupsRead;
        nGroupsRead += ofRow;
        const norm = cfe.normalised ? recordNorms[record + 5]! : 1;
        if (!(norm > 0) || connections === 0 || (eligible !== undefined && eligible[element] === 0)) continue;
        const at = nRows * ROW_WORDS;
        words[at] = first + i;
        words[at + 1] = element;
        words[at + 2] = group;
        words[at + 3] = ofRow;
        words[at + 4] = recordWords[record + 4]!;
        factorsInto(factors, at + 5, { norm, nGroups: ofRow }, recordScales, record / 2 + 3);
        elements[nRows] = element;
        nConnections[nRows] = connections;
        firstConnections[nRows] = recordWords[record + 3]! * 2 ** 32 + recordWords[record + 2]!;
        norms[nRows] = norm;
        nRows++;
      }
      return true;
    },
    close: () => sketch?.close(),
  };
}
