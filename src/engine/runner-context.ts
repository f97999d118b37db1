// What the parts of one thread's runner share: the job, the kernels, views of the linear memory at this worker's offsets, and the report of a phase.
import type { KernelSet } from "../kernels/kernel-set.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { VERDICTS } from "../stats/glm/element-design.js";
import type { AnyJob, GlmJob } from "./job.js";

export interface RunnerInputs<Job extends GlmJob = AnyJob> {
  readonly job: Job;
  readonly iWorker: number;
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelSet;
  /** Needed by the observed pass. */
  readonly partition: DesignPartition;
  readonly onFallback?: (reason: string) => void;
}

/** Counted over one phase. */
export interface RunnerReport {
  largestBin: number;
  /** Lowest element with a value that is not finite; -1 when there is none. */
  nonFiniteElement: number;
  bytesRead: number;
  /** Elements by verdict, in the order of VERDICTS. */
  verdicts: number[];
}

export const emptyReport = (): RunnerReport => ({
  largestBin: 0,
  nonFiniteElement: -1,
  bytesRead: 0,
  verdicts: VERDICTS.map(() => 0),
});

export interface RunnerContext<Job extends GlmJob = GlmJob> extends RunnerInputs<Job> {
  readonly report: RunnerReport;
  readonly buffer: ArrayBufferLike;
  /** Byte of the linear memory where a region of this worker begins. */
  at(region: number): number;
  // Safety: the memory is never grown, so views stay valid as long as the runner.
  u8(pointer: number, count: number): Uint8Array;
  u32(pointer: number, count: number): Uint32Array;
  f32(pointer: number, count: number): Float32Array;
  f64(pointer: number, count: number): Float64Array;
}

export function createRunnerContext<Job extends GlmJob>(inputs: RunnerInputs<Job>): RunnerContext<Job> {
  const { job } = inputs;
  const { buffer } = inputs.memory;
  const base = job.workersStart + inputs.iWorker * job.workerBytes;
  return {
    ...inputs,
    buffer,
    report: emptyReport(),
    at: (region) => base + region,
    u8: (pointer, count) => new Uint8Array(buffer, pointer, count),
    u32: (pointer, count) => new Uint32Array(buffer, pointer, count),
    f32: (pointer, count) => new Float32Array(buffer, pointer, count),
    f64: (pointer, count) => new Float64Array(buffer, pointer, count),
  };
}
