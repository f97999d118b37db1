// Rows of the sketch in a thread's own memory, as boundRows takes them: whole windows, or single rows from all over it.
import { openSketchFiles, type SketchFiles, type SketchRow, sketchRow } from "../../connectivity/sketch-files.js";
import { groupsOf, RECORD_BYTES } from "../../connectivity/sketch-layout.js";
import type { Context } from "../context.js";
import type { CfeJob, SearchJob } from "../plan/job.js";
import type { WorkerRegions } from "../plan/regions.js";
import { rowFactors } from "./bound-tables.js";

export interface SketchWindow {
  /** Rows that may be a maximum, in the worker's `rows`. */
  readonly rows: readonly SketchRow[];
  /** Empties it. */
  begin(): void;
  /** Reads rows first..first+count of the sketch, whose groups begin with `firstGroup`. False: there is no room, and nothing is read. */
  append(first: number, count: number, firstGroup: number): boolean;
  close(): void;
}

/** Words of a row of boundRows. */
const ROW_WORDS = 8;

export function createSketchWindow(
  { job, u8, u16, u32, f32, report, onFallback }: Context,
  cfe: CfeJob,
  search: SearchJob,
  regions: NonNullable<WorkerRegions["search"]>,
): SketchWindow {
  const { layout, shared, size } = job;
  const { windowRows, windowBytes } = layout;
  const windowGroups = layout.search!.windowGroups;
  const eligible = shared.eligible === undefined ? undefined : u8(shared.eligible, size.nElements);
  const words = u32(regions.rows, windowRows * ROW_WORDS);
  const factors = f32(regions.rows, windowRows * ROW_WORDS);
  const records = u8(regions.records, windowRows * RECORD_BYTES);
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  let sketch: SketchFiles | undefined;
  let rows: SketchRow[] = [];
  let nGroupsRead = 0;

  return {
    get rows() {
      return rows;
    },
    begin() {
      rows = [];
      nGroupsRead = 0;
    },
    append(first, count, firstGroup) {
      if (rows.length + count > windowRows) return false;
      const size = { nElements: job.size.nElements, nGroups: search.nGroups };
      sketch ??= openSketchFiles(cfe.path, size, { io: cfe.io, windowBytes, onFallback });
      sketch.copyRecordsInto(records, first, count);
      const found = Array.from({ length: count }, (_, i) => sketchRow(view, i));
      const nGroups = found.reduce((sum, { nConnections }) => sum + groupsOf(nConnections), 0);
      if (nGroupsRead + nGroups > windowGroups) return false;
      sketch.copyIndicesInto(u32(regions.indices + nGroupsRead * 32, nGroups * 8), firstGroup, nGroups);
      sketch.copyWeightsInto(u16(regions.weights + nGroupsRead * 2, nGroups), firstGroup, nGroups);
      report.bytesRead += count * RECORD_BYTES + nGroups * 34;
      let group = nGroupsRead;
      for (const [i, row] of found.entries()) {
        const ofRow = groupsOf(row.nConnections);
        const norm = cfe.normalised ? row.norm : 1;
        const mayBe = norm > 0 && row.nConnections > 0 && (eligible === undefined || eligible[row.element] === 1);
        if (mayBe) {
          const at = rows.length * ROW_WORDS;
          words[at] = first + i;
          words[at + 1] = row.element;
          words[at + 2] = group;
          words[at + 3] = ofRow;
          words[at + 4] = row.weightSum;
          const { a, b, c } = rowFactors(search.tables, { ...row, norm, nGroups: ofRow });
          factors[at + 5] = a;
          factors[at + 6] = b;
          factors[at + 7] = c;
          rows.push({ ...row, norm });
        }
        group += ofRow;
      }
      nGroupsRead = group;
      return true;
    },
    close: () => sketch?.close(),
  };
}
