// Heights of the integral of an enhancement, as kernels take them.

/** f32 [nBins]: (h dh)^H. */
export function heightPowersOf(
  { dh, heightPower }: { readonly dh: number; readonly heightPower: number },
  nBins: number,
): Float32Array {
  return Float32Array.from({ length: nBins }, (_, h) => (h * dh) ** heightPower);
}
