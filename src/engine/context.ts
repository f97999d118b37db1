// What the parts of one thread's work share: the job, the kernels, where this worker's regions begin, views of the linear memory, and the report of a phase.
import type { KernelSet } from "../kernels/kernel-set.js";
import { moveOffsets } from "../kernels/memory-regions.js";
import type { Fallback } from "../mapping/file-bytes.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { VERDICTS } from "../stats/glm/element-design.js";
import { type EngineJob, type ModelJob, modelJobOf, type PhaseReport } from "./plan/job.js";
import type { WorkerRegions } from "./plan/regions.js";

/** What a thread gets to begin with: plain data, posted once. */
export interface WorkerSetup {
  readonly job: EngineJob;
  readonly memory: WebAssembly.Memory;
  /** Compiled once, in the main thread; absent with the reference kernels. */
  readonly module: WebAssembly.Module | undefined;
  /** Needed by the observed pass. */
  readonly partition: DesignPartition;
}

export interface ContextInputs extends WorkerSetup {
  readonly iWorker: number;
  readonly kernels: KernelSet;
  readonly onFallback: (fallback: Fallback) => void;
}

export interface Context extends ContextInputs {
  readonly report: PhaseReport;
  readonly buffer: ArrayBufferLike;
  /** This worker's regions: bytes of the linear memory, as those of `job.shared`. */
  readonly worker: WorkerRegions;
  /** Undefined: one design and one variance for all. */
  readonly modelJob: ModelJob | undefined;
  // Safety: the memory is never grown, so views stay valid as long as the thread.
  u8(pointer: number, count: number): Uint8Array;
  u16(pointer: number, count: number): Uint16Array;
  u32(pointer: number, count: number): Uint32Array;
  i32(pointer: number, count: number): Int32Array;
  i8(pointer: number, count: number): Int8Array;
  f32(pointer: number, count: number): Float32Array;
  f64(pointer: number, count: number): Float64Array;
}

export const emptyReport = (nSubjects: number): PhaseReport => ({
  largestBin: 0,
  nonFiniteElement: -1,
  bytesRead: 0,
  pairs: 0,
  pairsPast: 0,
  pairsEnhanced: 0,
  verdicts: VERDICTS.map(() => 0),
  dofs: new Array(nSubjects + 1).fill(0),
});

export function createContext(inputs: ContextInputs): Context {
  const { job, iWorker, memory } = inputs;
  const { buffer } = memory;
  const worker = moveOffsets(job.workerOffsets, job.layout.workersStart + iWorker * job.layout.workerBytes);
  return {
    ...inputs,
    buffer,
    report: emptyReport(job.size.nSubjects),
    worker,
    modelJob: modelJobOf(job, worker),
    u8: (pointer, count) => new Uint8Array(buffer, pointer, count),
    u16: (pointer, count) => new Uint16Array(buffer, pointer, count),
    u32: (pointer, count) => new Uint32Array(buffer, pointer, count),
    i32: (pointer, count) => new Int32Array(buffer, pointer, count),
    i8: (pointer, count) => new Int8Array(buffer, pointer, count),
    f32: (pointer, count) => new Float32Array(buffer, pointer, count),
    f64: (pointer, count) => new Float64Array(buffer, pointer, count),
  };
}
