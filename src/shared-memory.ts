// Memory that threads and kernels share.
import { BudgetError } from "./errors.js";
import { formatBytes } from "./units.js";

const PAGE_BYTES = 2 ** 16;

/** Never grown, so that views of its buffer stay valid in every thread. Throws BudgetError where the system does not grant it. */
export function createSharedMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new BudgetError(
      `Cannot take ${formatBytes(bytes)} of memory: expected a system that grants it, got a refusal. Where addresses are limited (ulimit, h_vmem of SGE) allow 16 GiB or more: WebAssembly sets many aside that it never uses. Else choose a smaller --memory.`,
      { neededBytes: bytes, givenBytes: 0 },
    );
  }
}
