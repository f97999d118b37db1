// The spatial part of a smoothing weight: a Gaussian of the distance, in float32 as MRtrix3 has it. Peer: fixel/filter/smooth.cpp.

export interface GaussianWeights {
  /** float32: 1 / (s sqrt(2 pi)), s the standard deviation in mm. */
  readonly scale: number;
  /** float32: -1 / (2 s^2). */
  readonly decay: number;
}

/** FWHM of a Gaussian in standard deviations, 2 sqrt(2 ln 2), with the peer's digits. */
const WIDTH = Math.fround(2.3548);

/** `fwhm`: mm, 0 or more. 0: no number, so that no weight counts, as in the peer. */
export function gaussianWeights(fwhm: number): GaussianWeights {
  const s = Math.fround(Math.fround(fwhm) / WIDTH);
  return { scale: Math.fround(1 / (s * Math.sqrt(2 * Math.PI))), decay: Math.fround(-1 / (2 * s * s)) };
}
