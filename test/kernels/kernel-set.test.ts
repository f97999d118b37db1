import type { KernelVariant } from "../../src/kernels/kernel-set.js";
import { describeKernelSet } from "../conformance/describe-kernel-set.js";

/** Every variant there is: a new one does not compile until it is listed, and so tested. */
const VARIANTS: Readonly<Record<KernelVariant, true>> = { reference: true, simd: true };

for (const variant of Object.keys(VARIANTS) as KernelVariant[]) {
  describeKernelSet(variant);
  describeKernelSet(variant, 2 ** 31 + 4096);
}
