// fixelfilter of MRtrix3 3.0.3 and of its development version, written down from its description, one fixel after the other. Imports nothing of the program.

export interface OracleMatrix {
  /** By row: connected fixels and values (float32), in the order of the file. */
  readonly rows: readonly (readonly (readonly [fixel: number, value: number])[])[];
}

export interface SmoothOracle {
  readonly values: ArrayLike<number>;
  /** f32 [nFixels][3], mm. */
  readonly places: ArrayLike<number>;
  readonly matrix: OracleMatrix;
  readonly fwhm: number;
  readonly minweight: number;
  /** 0 or 1 a fixel; undefined: all. */
  readonly mask?: ArrayLike<number> | undefined;
  readonly isDev?: boolean;
}

const f = Math.fround;

/** glibc 2.28 and later: 2^(k/32) times a cubic, in float64. */
export function libraryExp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < -104) return 0;
  const z = (x * 32) / Math.LN2;
  let k = Math.round(z);
  if (k - z === 0.5 && k % 2 !== 0) k -= 1;
  const r = x * 46.16624130844683 - k;
  const y = (1.6938359250920212e-6 * r + 0.00023459809789509004) * (r * r) + (0.021660849396613134 * r + 1);
  const rest = ((k % 32) + 32) % 32;
  return f(y * Number((2 ** (rest / 32)).toPrecision(17)) * 2 ** ((k - rest) / 32));
}

export function smoothOracle(oracle: SmoothOracle): Float32Array {
  const { values, places, matrix, mask, isDev = false } = oracle;
  const s = f(f(oracle.fwhm) / f(2.3548));
  const scale = f(1 / (s * Math.sqrt(2 * Math.PI)));
  const decay = f(-1 / (2 * s * s));
  const least = f(oracle.minweight);
  const isIn = (fixel: number) => mask === undefined || mask[fixel] !== 0;
  return Float32Array.from(matrix.rows, (all, i) => {
    if (!isDev && !isIn(i)) return Number.NaN;
    const row = isDev ? all.filter(([j]) => isIn(i) && isIn(j)) : all;
    let sum = 0;
    let total = 0;
    for (const [j, value] of row) {
      const x = f(values[j]!);
      if (!isIn(j) || !Number.isFinite(x)) continue;
      const [dx, dy, dz] = [0, 1, 2].map((axis) => f(places[3 * j + axis]! - places[3 * i + axis]!));
      const distance = f(f(dx! * dx!) + f(f(dy! * dy!) + f(dz! * dz!)));
      const weight = f(f(value * scale) * libraryExp(f(decay * distance)));
      if (!(weight >= least)) continue;
      sum = f(sum + f(weight * x));
      total += weight;
    }
    if (total !== 0) return f(sum / f(total));
    return isDev || row.length === 0 ? f(values[i]!) : Number.NaN;
  });
}

export interface ConnectOracle {
  readonly values: ArrayLike<number>;
  readonly matrix: OracleMatrix;
  readonly leastValue: number;
  readonly leastConnectivity: number;
}

/** Labels by size, from 1; of clusters of one size the one found first. */
export function connectOracle({ values, matrix, leastValue, leastConnectivity }: ConnectOracle): number[] {
  const clusterOf = new Map<number, number>();
  const clusters: number[][] = [];
  const takesPart = (fixel: number) => f(values[fixel]!) >= f(leastValue);
  for (let seed = 0; seed < matrix.rows.length; seed++) {
    if (clusterOf.has(seed) || !takesPart(seed)) continue;
    const members = [seed];
    clusterOf.set(seed, clusters.length);
    for (const member of members) {
      for (const [other, value] of matrix.rows[member]!) {
        if (clusterOf.has(other) || value < f(leastConnectivity) || !takesPart(other)) continue;
        clusterOf.set(other, clusters.length);
        members.push(other);
      }
    }
    clusters.push(members);
  }
  const order = clusters.map((_, i) => i).sort((a, b) => clusters[b]!.length - clusters[a]!.length || a - b);
  return matrix.rows.map((_, fixel) => {
    const cluster = clusterOf.get(fixel);
    return cluster === undefined ? 0 : order.indexOf(cluster) + 1;
  });
}
