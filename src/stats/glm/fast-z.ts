// Bins of t (or v) with degrees of freedom of their own, where no table can be made: an approximate Z says the bin, unless an edge lies within its
// error; only then the exact Z is computed. So the bin is always floor(Z / dh) of z-transform.ts, at a tenth of its price.
// Hill 1970, Algorithm 395 (CACM 13:617-619; mathematics M10): the expansion about Wallace's sqrt(a ln(1 + t^2/dof)), a = dof - 1/2.
// Its error falls quickly with dof and grows with Z: test/stats/glm/fast-z.test.ts proves the bound over the domain below.
import { type BinScale, binOfZ } from "./bin-scale.js";
import { fToZ, tToZ } from "./z-transform.js";

/** |approximateZ - Z| inside the domain. Edges of bins of 0.1 lie within it for one value in fifty. */
export const FAST_Z_BOUND = 1e-3;
/** Least degrees of freedom, and largest Wallace's root, of the two parts of the domain. */
const NEAR = { dof: 6, root: 4.5 } as const;
const FAR = { dof: 24, root: 9 } as const;

/** Z of t > 0; NaN outside the domain. */
export function approximateZ(t: number, dof: number): number {
  if (!(dof >= NEAR.dof)) return Number.NaN;
  const a = dof - 0.5;
  const b = 48 * a * a;
  const y = a * Math.log1p((t * t) / dof);
  const root = Math.sqrt(y);
  if (!(root <= NEAR.root || (dof >= FAR.dof && root <= FAR.root))) return Number.NaN;
  return root * (1 + (y + 3 + (((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y * y + 100 + b)) / b);
}

/** The bin of t, 0 or more; 0 for what is not usable, as tToZ. */
export function binOfT(t: number, dof: number, scale: BinScale): number {
  if (!(t > 0)) return 0;
  const z = approximateZ(t, dof);
  // outside the domain the exact one is taken
  if (Number.isNaN(z)) return binOfZ(scale, tToZ(t, dof));
  const low = binOfZ(scale, z - FAST_Z_BOUND);
  if (low === binOfZ(scale, z + FAST_Z_BOUND)) return Math.max(0, low);
  return binOfZ(scale, tToZ(t, dof));
}

/** The bin of F or G, 0 or more. */
export function binOfF(F: number, rank: number, dof: number, scale: BinScale): number {
  return Math.max(0, binOfZ(scale, fToZ(F, rank, dof)));
}
