// How many bins a run needs at most.

/** Statistic heights told apart at most: 2-byte bins. */
const LARGEST_BIN = 65_533;
/** -ln of the share of the variance below which a residual counts as rounding (1e-14): no statistic goes beyond Z = sqrt(33 dof). */
const LARGEST_Z_SQUARED_PER_DOF = 33;

/** Bins that cover every statistic the epilogue lets through. n = 1000: Z = 182, 1837 bins of 0.1. */
export function largestBin(dh: number, dof: number): number {
  return Math.min(LARGEST_BIN, Math.ceil((Math.sqrt(LARGEST_Z_SQUARED_PER_DOF * dof) + 2) / dh));
}
