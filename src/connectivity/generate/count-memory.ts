// What rows are counted in: streamlines, outputs and a table for each thread, in one memory that kernels can work in. Where that is too large for them, and with weights,
// rows are counted by count-rows.ts in memory of its own.
import { compileSimdModule, resolveKernelChoice } from "../../kernels/choose-kernels.js";
import { layOut, regionsOf } from "../../kernels/memory-regions.js";
import { createSharedMemory } from "../../shared-memory.js";
import type { RowCounterOptions, RowOutput } from "./count-rows.js";

export interface CountMemorySize {
  readonly nFixels: number;
  /** Threads. */
  readonly size: number;
  /** For gathered streamlines. */
  readonly gatherBytes: number;
  /** Connections of one piece of output. */
  readonly outputConnections: number;
}

/** Where a thread counts: plain data, and shared memory. */
export interface CounterPlace {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Byte offsets. */
  readonly counters: number;
  readonly packing: number;
}

export interface CountRole {
  readonly options: RowCounterOptions;
  /** Undefined: count-rows.ts counts. */
  readonly place: CounterPlace | undefined;
}

export interface CountMemory {
  readonly words: Uint32Array;
  readonly scales: Float32Array;
  readonly outputs: readonly RowOutput[];
  roleOf(thread: number): CountRole;
}

/** Rows of one piece of work, at most. */
export const MOST_ROWS = 4096;
/** Numbers behind an output that kernels write over. */
const BEHIND = 68;
/** A memory of kernels is addressed by 32 bits. */
const MOST_BYTES = 2 ** 32;

/** Pieces of output that are filled or wait for those before them; `size`: of the team. */
const nOutputs = (size: number): number => 2 * size;

function regionsFor({ nFixels, size, gatherBytes, outputConnections }: CountMemorySize) {
  const { f32, u32, u8 } = regionsOf("run");
  const output = {
    columns: u32(outputConnections + BEHIND),
    values: f32(outputConnections + BEHIND),
    counts: u32(MOST_ROWS),
    extents: f32(MOST_ROWS),
  };
  return layOut({
    scales: f32(nFixels),
    packing: u8(16, 16),
    counters: Array.from({ length: size }, () => u32(nFixels)),
    outputs: Array.from({ length: nOutputs(size) }, () => output),
    words: u32(Math.floor(gatherBytes / 4)),
  });
}

/** Of all of it. */
export const countMemoryBytes = (size: CountMemorySize): number => regionsFor(size).bytes;

/** For gathered streamlines, where there are so many: what lies beside them should not cost the kernels. */
export function mostGatherBytes(size: Omit<CountMemorySize, "gatherBytes">, otherwise: number): number {
  const left = MOST_BYTES - countMemoryBytes({ ...size, gatherBytes: 64 });
  return left > MOST_BYTES / 2 ? left : otherwise;
}

/** Throws BudgetError where the system does not grant it. */
export function createCountMemory(size: CountMemorySize, options: RowCounterOptions): CountMemory {
  const { offsets, bytes } = regionsFor(size);
  const isForKernels = !options.isWeighted && bytes <= MOST_BYTES && resolveKernelChoice("auto") === "simd";
  const memory = isForKernels ? createSharedMemory(bytes) : undefined;
  const u32 = (at: number, count: number) => new Uint32Array(...bufferFor(at, count), count);
  const f32 = (at: number, count: number) => new Float32Array(...bufferFor(at, count), count);
  const bufferFor = (at: number, count: number) =>
    memory === undefined ? ([new SharedArrayBuffer(4 * count), 0] as const) : ([memory.buffer, at] as const);
  if (memory !== undefined) new Uint8Array(memory.buffer, offsets.packing, 256).set(packingOrders());
  const module = memory && compileSimdModule();
  return {
    words: u32(offsets.words, Math.floor(size.gatherBytes / 4)),
    scales: f32(offsets.scales, size.nFixels),
    outputs: offsets.outputs.map(({ columns, values, counts, extents }) => ({
      columns: u32(columns, size.outputConnections),
      values: f32(values, size.outputConnections),
      counts: u32(counts, MOST_ROWS),
      extents: f32(extents, MOST_ROWS),
    })),
    roleOf: (thread) => ({
      options,
      place: memory && { memory, module: module!, counters: offsets.counters[thread]!, packing: offsets.packing },
    }),
  };
}

/** u8 [16][16]: by the bits of four lanes, the bytes that bring those lanes to the front. */
export function packingOrders(): Uint8Array {
  const orders = new Uint8Array(256);
  for (let bits = 0; bits < 16; bits++) {
    const lanes = [0, 1, 2, 3].filter((lane) => (bits >> lane) & 1);
    for (const [j, lane] of lanes.entries()) for (let k = 0; k < 4; k++) orders[16 * bits + 4 * j + k] = 4 * lane + k;
  }
  return orders;
}
