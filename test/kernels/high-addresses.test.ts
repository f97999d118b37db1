// Regions above 2 GiB and up to the end of a 4 GiB memory: pointers are unsigned there. Untouched pages cost nothing.
import { expect, test } from "vitest";
import { createKernelSet } from "../../src/kernels/choose-kernels.js";

const PAGE = 65536;
const PAGES = 65535;

test.each(["simd", "reference"] as const)("%s computes the same above 2 GiB as below", (variant) => {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const kernels = createKernelSet(variant, memory);
  const nRows = 5;
  const run = (base: number) => {
    const at = {
      source: base,
      columns: base + 4096,
      packed: base + 8192,
      flags: base + 16384,
      sums: base + 20480,
      product: base + 24576,
    };
    const source = new Float32Array(memory.buffer, at.source, nRows * 8);
    for (let i = 0; i < source.length; i++) source[i] = Math.sin(i);
    new Uint32Array(memory.buffer, at.columns, 8).set([0, 1, 2, 3, 4, 5, 6, 7]);
    kernels.f64PackColumns(nRows, 8, at.source, 4, 8, at.columns, at.packed, at.flags);
    kernels.f64SumSquares(nRows, 8, at.packed, at.sums);
    kernels.product.f64(4, nRows, 8, at.packed, at.packed, at.product, 8);
    return [...new Float64Array(memory.buffer, at.sums, 8), ...new Float64Array(memory.buffer, at.product, 32)];
  };
  const low = run(PAGE);
  expect(low.some((value) => value > 0.1)).toBe(true);
  expect(run(2 ** 31 + PAGE)).toEqual(low);
  expect(run(PAGES * PAGE - PAGE)).toEqual(low);
});
