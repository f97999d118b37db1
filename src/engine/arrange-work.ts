// The blocks of all passes after the observed one, which has found what elements lack.
import type { KernelSet } from "../kernels/kernel-set.js";
import type { EngineJob } from "./plan/job.js";
import { listPatternBlocks } from "./plan/pattern-lists.js";

/** Of a pass over the store. */
export interface Work {
  readonly nBlocks: number;
  /** As of Batch. */
  readonly byPattern: boolean;
}

/** `columns`: of the store, of each element. `laterBlocks`: taken where blocks of a pattern would be too small. */
export function arrangeWork(
  {
    job,
    buffer,
    kernels,
  }: { readonly job: EngineJob; readonly buffer: ArrayBufferLike; readonly kernels: Pick<KernelSet, "panels"> },
  columns: Uint32Array,
  laterBlocks: Uint32Array,
): Work {
  const { shared, size, layout } = job;
  const write = (pointer: number, values: Uint32Array) => new Uint32Array(buffer, pointer, values.length).set(values);
  const { patternWidth: width } = layout;
  const lists =
    width === undefined
      ? undefined
      : listPatternBlocks(new Uint32Array(buffer, shared.places, size.nElements), columns, {
          ...{ width, panel: kernels.panels.f32, storeBlockWidth: job.source.blockWidth },
          rowBytes: size.nSubjects * size.valueBytes,
        });
  const blocks = lists?.blocks ?? laterBlocks;
  write(shared.blocks, blocks);
  if (lists !== undefined) {
    write(shared.pieces, lists.pieces);
    write(shared.places, lists.places);
  }
  return { nBlocks: blocks.length / 4, byPattern: lists !== undefined };
}
