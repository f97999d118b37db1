// Plain connectivity-based fixel enhancement (Raffelt et al. 2015; normalised form: Smith et al. 2019), height by height and connection by
// connection. Imports nothing of src/. Checked against stored results of MRtrix3 in test/stats/oracle.test.ts.

/** As MRtrix3 stores it: of fixel f, `count[f]` connections from `offset[f]` in `fixels` and `values`. */
export interface OracleConnectivity {
  count: ArrayLike<number>;
  offset: ArrayLike<number>;
  fixels: ArrayLike<number>;
  /** 0..1 */
  values: ArrayLike<number>;
}

export interface OracleCfeOptions {
  dh?: number;
  e?: number;
  h?: number;
  c?: number;
  /** Without the normalisation by the fixel's total connectivity. */
  legacy?: boolean;
  /** Fixels that take part: connections to others do not exist, for the normalisation either. */
  mask?: ArrayLike<number> | undefined;
}

/** Z: [nFixels]; the result is 0 where the mask is. */
export function enhanceByConnectivity(
  z: ArrayLike<number>,
  connectivity: OracleConnectivity,
  options: OracleCfeOptions = {},
): Float64Array {
  const { dh = 0.1, e = 2, h = 3, c = 0.5, legacy = false, mask } = options;
  const out = new Float64Array(z.length);
  for (let f = 0; f < z.length; f++) {
    if (mask && !mask[f]) continue;
    const heights = z[f]! >= dh ? Math.floor(z[f]! / dh) : 0;
    let total = 0;
    /** By number of heights that the neighbour reaches too. */
    const reached: [heights: number, weight: number][] = [];
    for (let i = connectivity.offset[f]!; i < connectivity.offset[f]! + connectivity.count[f]!; i++) {
      const neighbour = connectivity.fixels[i]!;
      if (mask && !mask[neighbour]) continue;
      const weight = connectivity.values[i]! ** c;
      total += weight;
      if (z[neighbour]! > dh) reached.push([Math.floor(z[neighbour]! / dh), weight]);
    }
    if (total === 0) continue;
    let sum = 0;
    for (let step = 1; step <= heights; step++) {
      let extent = 0;
      for (const [reach, weight] of reached) if (reach >= step) extent += weight;
      sum += extent ** e * (step * dh) ** h;
    }
    out[f] = legacy ? sum : sum / total;
  }
  return out;
}
