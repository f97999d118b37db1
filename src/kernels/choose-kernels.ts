// One table for all callers: start from the reference, overwrite what the module has.
import { readFileSync } from "node:fs";
import type { KernelSet, ProductKernel } from "./kernel-set.js";
import { createReferenceKernelSet } from "./reference/reference-kernel-set.js";

export type KernelChoice = "auto" | "simd" | "reference";

/** Reads and compiles the SIMD module once; it is posted to workers. The build puts it beside this file's compiled form. */
export function compileSimdModule(): WebAssembly.Module {
  const here = import.meta.url;
  // Run from source (tests), the built module lies in dist/.
  const url = here.endsWith(".ts") ? new URL("../../dist/src/kernels/simd.wasm", here) : new URL("./simd.wasm", here);
  return new WebAssembly.Module(readFileSync(url));
}

/** `memory`: shared, planned at its full size, never grown. `module` is needed for "simd" only. */
export function createKernelSet(
  choice: "simd" | "reference",
  memory: WebAssembly.Memory,
  module?: WebAssembly.Module,
): KernelSet {
  const reference = createReferenceKernelSet(memory.buffer);
  if (choice === "reference") return reference;
  const { exports } = new WebAssembly.Instance(module ?? compileSimdModule(), {
    env: {
      memory,
      pow: Math.pow,
    },
  });
  const { f64Gemm, f32Gemm } = exports as unknown as Record<"f64Gemm" | "f32Gemm", ProductKernel>;
  // the module exports parts of kernels too (assembly/statistic.ts)
  const kernels = Object.fromEntries(Object.entries(exports).filter(([name]) => name in reference));
  return { ...reference, ...kernels, product: { f64: f64Gemm, f32: f32Gemm }, variant: "simd" };
}

/** "auto" takes SIMD wherever it validates, which is every supported Node. */
export function resolveKernelChoice(choice: KernelChoice): "simd" | "reference" {
  if (choice !== "auto") return choice;
  return simdIsSupported() ? "simd" : "reference";
}

/** A module of one function that splats and adds: validates exactly where SIMD128 is there. */
export function simdIsSupported(): boolean {
  // prettier-ignore
  const probe = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
  ];
  return WebAssembly.validate(new Uint8Array(probe));
}
