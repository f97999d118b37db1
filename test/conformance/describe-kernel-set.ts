// What every kernel set must do, operation by operation, against the plain statement of its contract over named shapes.
import { beforeEach, describe, expect, it } from "vitest";
import { type KernelVariant, PANELS } from "../../src/kernels/kernel-set.js";
import { openKernels } from "../support/open-kernels.js";
import { describeBinKernel } from "./describe-kernel-bins.js";
import { describeBoundKernels } from "./describe-kernel-bounds.js";
import { describeCountKernel } from "./describe-kernel-count.js";
import { describeEnhanceKernels } from "./describe-kernel-enhance.js";
import { describeGraphKernels } from "./describe-kernel-graph.js";
import { describeGroupedByColumn } from "./describe-kernel-grouped.js";
import { describeLinearKernels } from "./describe-kernel-linear.js";
import { describeMaskedKernels } from "./describe-kernel-masked.js";
import { describeNetworkKernels } from "./describe-kernel-network.js";
import { describeRowKernels } from "./describe-kernel-rows.js";
import { describeScreenKernels } from "./describe-kernel-screen.js";
import { describeSmoothingKernels } from "./describe-kernel-smooth.js";
import { describeTraceKernel } from "./describe-kernel-trace.js";
import { describeVaryingKernels } from "./describe-kernel-varying.js";

export function describeKernelSet(variant: KernelVariant, firstByte = 0): void {
  describe(`${variant} kernels at ${firstByte === 0 ? "the start of the memory" : `byte ${firstByte}`}`, () => {
    const tested = openKernels(variant, firstByte);
    beforeEach(() => tested.linear.clear());

    it("are the ones under test, each function of them", () => {
      expect(tested.kernels.variant).toBe(variant);
      const { variant: _, panels, product, rowProduct, ...kernels } = tested.kernels;
      expect(panels).toBe(PANELS);
      expect(rowProduct).toBeUndefined();
      for (const [name, kernel] of Object.entries({ ...kernels, f64: product.f64, f32: product.f32 })) {
        // a function that an instance exports has no source text
        const compiled = String(kernel).includes("[native code]");
        expect({ name, compiled }).toEqual({ name, compiled: variant === "simd" });
      }
    });

    describeLinearKernels(tested);
    describeRowKernels(tested);
    describeBinKernel(tested);
    describeEnhanceKernels(tested);
    describeGraphKernels(tested);
    describeNetworkKernels(tested);
    describeBoundKernels(tested);
    describeVaryingKernels(tested);
    describeMaskedKernels(tested);
    describeGroupedByColumn(tested);
    describeScreenKernels(tested);
    describeSmoothingKernels(tested);
    describeTraceKernel(tested);
    describeCountKernel(tested);
  });
}
