// One table for all callers: start from the reference, overwrite what the module has.
import { readFileSync } from "node:fs";
import { type KernelSet, type KernelVariant, PANELS, type PanelSizes, type ProductKernel } from "./kernel-set.js";
import type { NativeProduct } from "./native/native-product.js";
import { openLibrary } from "./native/open-library.js";
import { createReferenceKernelSet } from "./reference/reference-kernel-set.js";

export type KernelChoice = "auto" | "native" | "simd" | "reference";

/** Reads and compiles the SIMD module once; it is posted to workers. The build puts it beside this file's compiled form. */
export function compileSimdModule(): WebAssembly.Module {
  const here = import.meta.url;
  // Run from source (tests), the built module lies in dist/.
  const url = here.endsWith(".ts") ? new URL("../../dist/src/kernels/simd.wasm", here) : new URL("./simd.wasm", here);
  return new WebAssembly.Module(readFileSync(url));
}

/** Of the set that `createKernelSet` would make: known before there is a memory for it. `native`: as there. */
export const panelsOf = (native: NativeProduct | undefined): PanelSizes =>
  native === undefined ? PANELS : { ...PANELS, tile: native.tile };

/**
 * `memory`: shared, planned at its full size, never grown. `module` is of all but "reference" (compiled here where it is not given), `native` of "native": a
 * library that has been tried (native/choose-library.ts). Throws where that cannot be opened.
 */
export function createKernelSet(
  variant: KernelVariant,
  memory: WebAssembly.Memory,
  module?: WebAssembly.Module,
  native?: NativeProduct,
): KernelSet {
  const reference = createReferenceKernelSet(memory.buffer);
  if (variant === "reference") return reference;
  const { exports } = new WebAssembly.Instance(module ?? compileSimdModule(), {
    env: {
      memory,
      pow: Math.pow,
    },
  });
  const { f64Gemm, f32Gemm } = exports as unknown as Record<"f64Gemm" | "f32Gemm", ProductKernel>;
  // the module exports parts of kernels too (assembly/statistic.ts)
  const kernels = Object.fromEntries(Object.entries(exports).filter(([name]) => name in reference));
  const simd: KernelSet = { ...reference, ...kernels, product: { f64: f64Gemm, f32: f32Gemm }, variant: "simd" };
  if (variant === "simd" || native === undefined) return simd;
  return {
    ...simd,
    variant: "native",
    panels: panelsOf(native),
    rowProduct: openLibrary(native.library).bind(memory.buffer),
  };
}

/** Of the sets that need no library: SIMD wherever it validates, which is every supported Node. */
export function resolveKernelChoice(choice: KernelChoice): "simd" | "reference" {
  if (choice === "simd" || choice === "reference") return choice;
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
