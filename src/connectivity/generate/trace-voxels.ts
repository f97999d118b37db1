// The voxels that a streamline runs through, and the chord in each. Family of facts: src/connectivity/FORMAT.md#how-a-matrix-is-made. Geometry is float32
// where the peer's is, so that its matrices come out bit by bit.
import type { FixelGrid } from "./fixel-grid.js";
import { leastOf, mostOf, nearestVoxel } from "./nearest-voxel.js";
import { SPLINE, splineWeightsInto, upsamplingRatio } from "./spline.js";

const f = Math.fround;

/** A voxel that was run through: its place in the grid (x fastest), and the chord in millimetres, f32. */
export type VisitVoxel = (voxel: number, x: number, y: number, z: number) => void;

export interface Tracer {
  /** `points` f32 [..][3]: the streamline is n of them from the first. False: it runs through too many voxels, and was not followed to its end. */
  trace(points: Float32Array, first: number, n: number, visit: VisitVoxel): boolean;
  /** Whether any voxel of the last one lies in the image. */
  readonly isInside: boolean;
}

/** Voxels of one streamline: a path of kilometres is in another unit, or damaged. */
export const MOST_VOXELS = 100_000;
/** Of the least voxel size: how near the end of a chord is to the side of its voxel. */
const ACCURACY = 0.005;
type Matrix = [number, number, number, number, number, number, number, number, number, number, number, number];

export function createTracer(grid: FixelGrid, stepSize: number | undefined): Tracer {
  const [sizeX, sizeY, sizeZ] = grid.size;
  const [m00, m01, m02, m03, m10, m11, m12, m13, m20, m21, m22, m23] = grid.toVoxel as unknown as Matrix;
  const { slope, w1Cube, w1Square, w2Square } = SPLINE;
  const ratio = upsamplingRatio(stepSize, grid.leastVoxelSize);
  const upsampling = new Float32Array(4 * (ratio - 1));
  for (let k = 1; k < ratio; k++) splineWeightsInto(upsampling, 4 * (k - 1), f(k / ratio));
  const accuracy = (ACCURACY * grid.leastVoxelSize) ** 2;
  let points = new Float32Array(3 * 1024);
  /** i32 [n][3]: the voxel of each point. */
  let voxels = new Int32Array(3 * 1024);
  let nPoints = 0;
  let isInside = false;

  const upsample = (from: Float32Array, first: number, n: number) => {
    nPoints = (n - 1) * ratio + 1;
    if (3 * nPoints > points.length) {
      points = new Float32Array(6 * nPoints);
      voxels = new Int32Array(6 * nPoints);
    }
    const begin = 3 * first;
    const last = begin + 3 * (n - 1);
    for (let i = 0; i < n; i++) {
      const b = begin + 3 * i;
      const out = 3 * i * ratio;
      for (let c = 0; c < 3; c++) {
        const p1 = from[b + c]!;
        points[out + c] = p1;
        if (i === n - 1 || ratio === 1) continue;
        const p2 = from[b + 3 + c]!;
        const p0 = i === 0 ? f(p1 + f(p1 - p2)) : from[b - 3 + c]!;
        const p3 = b + 3 === last ? f(p2 + f(p2 - p1)) : from[b + 6 + c]!;
        for (let k = 1; k < ratio; k++) {
          const q = 4 * (k - 1);
          points[out + 3 * k + c] = f(
            f(f(f(upsampling[q]! * p0) + f(upsampling[q + 1]! * p1)) + f(upsampling[q + 2]! * p2)) +
              f(upsampling[q + 3]! * p3),
          );
        }
      }
    }
    for (let i = 0; i < 3 * nPoints; i += 3) {
      const x = points[i]!;
      const y = points[i + 1]!;
      const z = points[i + 2]!;
      voxels[i] = nearestVoxel(f(f(f(f(m00 * x) + f(m01 * y)) + f(m02 * z)) + m03));
      voxels[i + 1] = nearestVoxel(f(f(f(f(m10 * x) + f(m11 * y)) + f(m12 * z)) + m13));
      voxels[i + 2] = nearestVoxel(f(f(f(f(m20 * x) + f(m21 * y)) + f(m22 * z)) + m23));
    }
  };

  /** Coordinate c of the point `before` the first or behind the last: the line through the two nearest goes on. */
  const extended = (near: number, far: number, c: number) => f(f(points[3 * near + c]! * 2) - points[3 * far + c]!);

  return {
    get isInside() {
      return isInside;
    },
    trace(from, first, n, visit) {
      isInside = false;
      upsample(from, first, n);
      let at = 0;
      let mu = 0;
      let exitX = points[0]!;
      let exitY = points[1]!;
      let exitZ = points[2]!;
      let nextX = voxels[0]!;
      let nextY = voxels[1]!;
      let nextZ = voxels[2]!;
      for (let nVoxels = 0; nVoxels < MOST_VOXELS; nVoxels++) {
        const entryX = exitX;
        const entryY = exitY;
        const entryZ = exitZ;
        const vx = nextX;
        const vy = nextY;
        const vz = nextZ;
        // the bracket: inside at `low`, outside at `high`
        let inX = entryX;
        let inY = entryY;
        let inZ = entryZ;
        let low = mu;
        const begun = at;
        while (at < nPoints && voxels[3 * at] === vx && voxels[3 * at + 1] === vy && voxels[3 * at + 2] === vz) at++;
        if (at > begun) {
          inX = points[3 * at - 3]!;
          inY = points[3 * at - 2]!;
          inZ = points[3 * at - 1]!;
          low = 0;
        }
        const isLast = at === nPoints;
        if (isLast) {
          exitX = points[3 * at - 3]!;
          exitY = points[3 * at - 2]!;
          exitZ = points[3 * at - 1]!;
        } else {
          const d = 3 * at;
          const isFirst = at === 1;
          const isEnd = at === nPoints - 1;
          const ax = isFirst ? extended(0, 1, 0) : points[d - 6]!;
          const ay = isFirst ? extended(0, 1, 1) : points[d - 5]!;
          const az = isFirst ? extended(0, 1, 2) : points[d - 4]!;
          const bx = points[d - 3]!;
          const by = points[d - 2]!;
          const bz = points[d - 1]!;
          const cx = points[d]!;
          const cy = points[d + 1]!;
          const cz = points[d + 2]!;
          const dx = isEnd ? extended(nPoints - 1, nPoints - 2, 0) : points[d + 3]!;
          const dy = isEnd ? extended(nPoints - 1, nPoints - 2, 1) : points[d + 4]!;
          const dz = isEnd ? extended(nPoints - 1, nPoints - 2, 2) : points[d + 5]!;
          exitX = cx;
          exitY = cy;
          exitZ = cz;
          nextX = voxels[d]!;
          nextY = voxels[d + 1]!;
          nextZ = voxels[d + 2]!;
          let high = 1;
          let beyondX = 0;
          let beyondY = 0;
          let beyondZ = 0;
          const leastX = leastOf(vx);
          const leastY = leastOf(vy);
          const leastZ = leastOf(vz);
          const mostX = mostOf(vx);
          const mostY = mostOf(vy);
          const mostZ = mostOf(vz);
          mu = low;
          for (;;) {
            const ox = f(inX - exitX);
            const oy = f(inY - exitY);
            const oz = f(inZ - exitZ);
            if (!(f(f(f(ox * ox) + f(oy * oy)) + f(oz * oz)) > accuracy)) break;
            mu = 0.5 * (low + high);
            // far from the origin float32 has no points so near each other
            if (mu === low || mu === high) break;
            // the weights and the voxel written out: this is where the time goes
            const t = f(mu);
            const t2 = f(t * t);
            const t3 = f(t * t2);
            const w0 = f(slope * f(f(f(2 * t2) - t3) - t));
            const w1 = f(f(1 + f(w1Cube * t3)) - f(w1Square * t2));
            const w2 = f(f(f(w2Square * t2) + f(slope * t)) - f(w1Cube * t3));
            const w3 = f(slope * f(t3 - t2));
            const x = f(f(f(f(w0 * ax) + f(w1 * bx)) + f(w2 * cx)) + f(w3 * dx));
            const y = f(f(f(f(w0 * ay) + f(w1 * by)) + f(w2 * cy)) + f(w3 * dy));
            const z = f(f(f(f(w0 * az) + f(w1 * bz)) + f(w2 * cz)) + f(w3 * dz));
            const px = f(f(f(f(m00 * x) + f(m01 * y)) + f(m02 * z)) + m03);
            const py = f(f(f(f(m10 * x) + f(m11 * y)) + f(m12 * z)) + m13);
            const pz = f(f(f(f(m20 * x) + f(m21 * y)) + f(m22 * z)) + m23);
            if (px >= leastX && px <= mostX && py >= leastY && py <= mostY && pz >= leastZ && pz <= mostZ) {
              low = mu;
              inX = x;
              inY = y;
              inZ = z;
            } else {
              high = mu;
              exitX = x;
              exitY = y;
              exitZ = z;
              beyondX = px;
              beyondY = py;
              beyondZ = pz;
            }
          }
          if (high < 1) {
            nextX = nearestVoxel(beyondX);
            nextY = nearestVoxel(beyondY);
            nextZ = nearestVoxel(beyondZ);
          }
        }
        if (vx >= 0 && vy >= 0 && vz >= 0 && vx < sizeX && vy < sizeY && vz < sizeZ) {
          isInside = true;
          const voxel = vx + sizeX * (vy + sizeY * vz);
          visit(voxel, f(exitX - entryX), f(exitY - entryY), f(exitZ - entryZ));
        }
        if (isLast) return true;
      }
      return false;
    },
  };
}
