import { describe, expect, it } from "vitest";
import {
  compileSimdModule,
  createKernelSet,
  type KernelChoice,
  resolveKernelChoice,
  simdIsSupported,
} from "../../src/kernels/choose-kernels.js";

const shared = (pages: number) => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });

describe("choosing kernels", () => {
  it("takes SIMD where it is supported, which is here", () => {
    expect(simdIsSupported()).toBe(true);
    const resolved = (["auto", "simd", "reference"] as KernelChoice[]).map(resolveKernelChoice);
    expect(resolved).toEqual(["simd", "simd", "reference"]);
  });

  it("gives both sets the same functions", () => {
    const memory = shared(1);
    const names = (choice: "simd" | "reference") => Object.keys(createKernelSet(choice, memory)).sort();
    expect(names("simd")).toEqual(names("reference"));
  });

  it("writes nothing into the memory: what a thread's instance finds there belongs to the run", () => {
    const memory = shared(4);
    const bytes = new Uint8Array(memory.buffer).fill(0x5a);
    const module = compileSimdModule();
    createKernelSet("simd", memory, module);
    createKernelSet("simd", memory, module);
    expect(bytes.every((byte) => byte === 0x5a)).toBe(true);
  });
});
