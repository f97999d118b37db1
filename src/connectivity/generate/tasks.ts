// What a thread is asked for while a matrix is made: plain data and shared memory, so that it is the same work in the main thread.
import { createKernelSet } from "../../kernels/choose-kernels.js";
import type { CounterPlace, CountRole } from "./count-memory.js";
import { createRowCounter, extentOf, type GatheredRows, type RowCounterOptions, type RowOutput } from "./count-rows.js";
import { createMapper, type MappingOptions } from "./map-streamline.js";

export interface MapTask {
  readonly type: "map";
  /** f32 [..][3] and u32: streamlines one after the other, and points of each. */
  readonly points: Float32Array;
  readonly lengths: Uint32Array;
  readonly nStreamlines: number;
  /** u32: for each streamline the number of its fixels, then those. */
  readonly out: Uint32Array;
}

export interface MapResult {
  readonly type: "map";
  /** In `out`, or all of them here where they do not fit. */
  readonly nWords: number;
  readonly longer: Uint32Array | undefined;
  readonly nShort: number;
  readonly nOutside: number;
  readonly nWithoutFixel: number;
  /** Of the batch: the first that was given up; -1: none. */
  readonly endless: number;
}

export interface CountTask extends GatheredRows {
  readonly type: "count";
  /** Rows of the block, half-open. */
  readonly from: number;
  readonly to: number;
  /** f32 [rows of the block]: 1 / n. */
  readonly scales: Float32Array;
  readonly output: RowOutput;
}

export interface CountResult {
  readonly type: "count";
  /** From the first on; the others did not fit. */
  readonly nRows: number;
  readonly nConnections: number;
}

export type Role =
  | { readonly type: "map"; readonly options: MappingOptions }
  | ({ readonly type: "count" } & CountRole);

export type Task = MapTask | CountTask;
export type TaskResult<T extends Task = Task> = T extends MapTask ? MapResult : CountResult;

export interface Performer {
  perform(task: Task): MapResult | CountResult;
}

export function createPerformer(role: Role): Performer {
  const perform = role.type === "map" ? createMapTask(role.options) : createCountTask(role);
  return { perform: perform as Performer["perform"] };
}

function createMapTask(options: MappingOptions): (task: MapTask) => MapResult {
  const mapper = createMapper(options);
  return ({ points, lengths, nStreamlines, out: given }) => {
    let out = given;
    let nWords = 0;
    let at = 0;
    const counts = { short: 0, outside: 0, "without fixel": 0, mapped: 0, endless: 0 };
    let endless = -1;
    for (let i = 0; i < nStreamlines; i++) {
      const { nFixels, fixels, fate } = mapper.map(points, at, lengths[i]!);
      at += lengths[i]!;
      counts[fate]++;
      if (fate === "endless") {
        endless = i;
        break;
      }
      if (nWords + nFixels + 1 > out.length) {
        const longer = new Uint32Array(2 * (nWords + nFixels + 1));
        longer.set(out.subarray(0, nWords));
        out = longer;
      }
      out[nWords++] = nFixels;
      for (let k = 0; k < nFixels; k++) out[nWords++] = fixels[k]!;
    }
    return {
      type: "map",
      nWords,
      longer: out === given ? undefined : out,
      nShort: counts.short,
      nOutside: counts.outside,
      nWithoutFixel: counts["without fixel"],
      endless,
    };
  };
}

function createCountTask({ options, place }: CountRole): (task: CountTask) => CountResult {
  if (place !== undefined) return createKernelTask(options, place);
  const counter = createRowCounter(options);
  return ({ words, rowStartsAt, entriesAt, from, to, scales, output }) => {
    let at = 0;
    for (let row = from; row < to; row++) {
      const end = words[rowStartsAt + row + 1]!;
      for (let entry = words[rowStartsAt + row]!; entry < end; entry++) counter.add(words, words[entriesAt + entry]!);
      const n = counter.finish(scales[row]!, output, at);
      if (n < 0) return { type: "count", nRows: row - from, nConnections: at };
      output.counts[row - from] = n;
      if (options.hasExtents) output.extents[row - from] = extentOf(output.values, at, n);
      at += n;
    }
    return { type: "count", nRows: to - from, nConnections: at };
  };
}

/** All arrays of its tasks lie in the memory of the kernels. */
function createKernelTask(
  { threshold, hasExtents }: RowCounterOptions,
  { memory, module, counters, packing }: CounterPlace,
): (task: CountTask) => CountResult {
  const { countRows } = createKernelSet("simd", memory, module);
  return ({ words, rowStartsAt, entriesAt, from, to, scales, output }) => {
    const { columns, values, counts, extents } = output;
    const at = (place: number) => words.byteOffset + 4 * place;
    const nRows = countRows(
      ...([to - from, at(0), at(rowStartsAt + from), at(entriesAt), scales.byteOffset + 4 * from, threshold] as const),
      ...([counters, packing, columns.length, columns.byteOffset, values.byteOffset, counts.byteOffset] as const),
      hasExtents ? extents.byteOffset : 0,
    );
    let nConnections = 0;
    for (let row = 0; row < nRows; row++) nConnections += counts[row]!;
    return { type: "count", nRows, nConnections };
  };
}
