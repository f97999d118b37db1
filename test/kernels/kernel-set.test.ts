import type { KernelVariant } from "../../src/kernels/kernel-set.js";
import { describeKernelSet } from "../conformance/describe-kernel-set.js";

/** Every variant there is: a new one does not compile until it is listed. "native" is the SIMD set with a product of its own (test/kernels/native). */
const VARIANTS: Readonly<Record<KernelVariant, boolean>> = { reference: true, simd: true, native: false };

for (const variant of (Object.keys(VARIANTS) as KernelVariant[]).filter((name) => VARIANTS[name])) {
  describeKernelSet(variant);
  describeKernelSet(variant, 2 ** 31 + 4096);
}
