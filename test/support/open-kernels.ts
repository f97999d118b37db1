// A kernel set with a memory to try it in.
import { createKernelSet } from "../../src/kernels/choose-kernels.js";
import type { KernelSet, KernelVariant } from "../../src/kernels/kernel-set.js";
import { createLinearMemory, type LinearMemory } from "./linear-memory.js";

export interface KernelsUnderTest {
  readonly kernels: KernelSet;
  readonly linear: LinearMemory;
}

const MEMORY_BYTES = 2 ** 20;

/** `firstByte`: where in the memory the regions lie; above 2 GiB pointers are negative as 32-bit integers. */
export function openKernels(variant: KernelVariant, firstByte = 0): KernelsUnderTest {
  const linear = createLinearMemory({ firstByte, bytes: MEMORY_BYTES });
  return { linear, kernels: createKernelSet(variant, linear.memory) };
}
