// The matrix of streamlines, slow and plain: voxel by voxel, a dense table of all pairs. Imports nothing of what it judges. Written from the description of the
// peer's behaviour, as prototypes in Python were, which agree with the peer bit by bit.
const f = Math.fround;

export interface OracleFixels {
  readonly size: readonly [number, number, number];
  readonly voxelSizes: readonly [number, number, number];
  readonly transform: readonly (readonly number[])[];
  readonly counts: readonly number[];
  readonly firsts: readonly number[];
  readonly nFixels: number;
  readonly directions: Float32Array;
}

export interface OracleOptions {
  readonly step?: number | undefined;
  readonly angle?: number | undefined;
  readonly threshold?: number | undefined;
  readonly mask?: Uint8Array | undefined;
  readonly weights?: readonly number[] | undefined;
}

export interface OracleMatrix {
  readonly counts: number[];
  readonly columns: number[];
  readonly values: number[];
  readonly extents: number[];
  /** Fixels of each streamline, ascending. */
  readonly visited: number[][];
}

type Point = readonly [number, number, number];

export function oracleMatrix(
  fixels: OracleFixels,
  streamlines: readonly Float32Array[],
  options: OracleOptions,
): OracleMatrix {
  const { nFixels } = fixels;
  const visited = streamlines.map((points) => visit(fixels, points, options));
  const sums = Array.from({ length: nFixels }, () => new Float32Array(nFixels));
  const totals = new Float64Array(nFixels);
  visited.forEach((all, i) => {
    const w = f(options.weights?.[i] ?? 1);
    for (const a of all) {
      totals[a] = totals[a]! + w;
      for (const b of all) sums[a]![b] = sums[a]![b]! + w;
    }
  });
  const matrix: OracleMatrix = { counts: [], columns: [], values: [], extents: [], visited };
  const least = f(options.threshold ?? 0.01);
  for (let a = 0; a < nFixels; a++) {
    let count = 0;
    let extent = 0;
    for (let b = 0; b < nFixels; b++) {
      if (!(sums[a]![b]! > 0)) continue;
      const value = f(f(1 / totals[a]!) * sums[a]![b]!);
      if (!(value >= least)) continue;
      matrix.columns.push(b);
      matrix.values.push(value);
      count++;
      extent = f(extent + value);
    }
    matrix.counts.push(count);
    matrix.extents.push(extent);
  }
  return matrix;
}

function weightsAt(mu: number): number[] {
  const t = f(f(0.5) * f(0.1));
  const h = f(0.5 - t);
  const m = f(mu);
  const p2 = f(m * m);
  const p3 = f(m * p2);
  return [
    f(h * f(f(f(2 * p2) - p3) - m)),
    f(f(1 + f(f(1.5 + t) * p3)) - f(f(2.5 + t) * p2)),
    f(f(f(f(2 + f(2 * t)) * p2) + f(h * m)) - f(f(1.5 + t) * p3)),
    f(h * f(p3 - p2)),
  ];
}

const mix = (w: readonly number[], points: readonly Point[]): Point =>
  [0, 1, 2].map((c) => {
    const terms = points.map((p, i) => f(w[i]! * p[c]!));
    return f(f(f(terms[0]! + terms[1]!) + terms[2]!) + terms[3]!);
  }) as unknown as Point;

const plus = (a: Point, b: Point, sign: 1 | -1): Point => a.map((v, c) => f(v + sign * b[c]!)) as unknown as Point;

function upsample(points: readonly Point[], ratio: number): Point[] {
  const out: Point[] = [];
  points.forEach((p, i) => {
    out.push(p);
    const next = points[i + 1];
    if (next === undefined) return;
    const before = points[i - 1] ?? plus(p, plus(p, next, -1), 1);
    const behind = points[i + 2] ?? plus(next, plus(next, p, -1), 1);
    for (let k = 1; k < ratio; k++) out.push(mix(weightsAt(k / ratio), [before, p, next, behind]));
  });
  return out;
}

function scannerToVoxel({ transform, voxelSizes }: OracleFixels): number[][] {
  // Gauss and Jordan on [A | I]
  const rows = transform.map((row, i) => [
    ...row.slice(0, 3).map((value, axis) => value * voxelSizes[axis]!),
    ...[0, 1, 2].map((k) => (k === i ? 1 : 0)),
  ]);
  for (let i = 0; i < 3; i++) {
    let pivot = i;
    for (let k = i; k < 3; k++) if (Math.abs(rows[k]![i]!) > Math.abs(rows[pivot]![i]!)) pivot = k;
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    const scale = rows[i]![i]!;
    rows[i] = rows[i]!.map((value) => value / scale);
    for (let k = 0; k < 3; k++) {
      if (k === i) continue;
      const times = rows[k]![i]!;
      rows[k] = rows[k]!.map((value, c) => value - times * rows[i]![c]!);
    }
  }
  return rows.map((row) => {
    const inverse = row.slice(3);
    const shift = -inverse.reduce((sum, value, k) => sum + value * transform[k]![3]!, 0);
    return [...inverse, shift].map(f);
  });
}

function visit(fixels: OracleFixels, flat: Float32Array, { step, angle = 45, mask }: OracleOptions): number[] {
  const n = flat.length / 3;
  if (n < 2) return [];
  const least = Math.min(...fixels.voxelSizes);
  const ratio = step === undefined ? 1 : Math.ceil(f(step) / (least * f(0.333)));
  const chords = chordsOfStreamline(flat, ratio, scannerToVoxel(fixels), (0.005 * least) ** 2);
  const found: number[] = [];
  for (const [voxel, sum] of sumChords(chords)) {
    const [x, y, z] = voxel.split(" ").map(Number) as [number, number, number];
    const [sizeX, sizeY, sizeZ] = fixels.size;
    if (x < 0 || y < 0 || z < 0 || x >= sizeX || y >= sizeY || z >= sizeZ) continue;
    const at = x + sizeX * (y + sizeY * z);
    const norm = Math.sqrt(sum[0]! ** 2 + sum[1]! ** 2 + sum[2]! ** 2);
    if (norm === 0) continue;
    let [best, largest] = [-1, 0];
    for (let k = 0; k < fixels.counts[at]!; k++) {
      const fixel = fixels.firsts[at]! + k;
      const cosine = Math.abs(
        sum.reduce((total, value, c) => total + (value / norm) * fixels.directions[3 * fixel + c]!, 0),
      );
      if (cosine > largest) {
        largest = cosine;
        if (mask === undefined || mask[fixel] === 1) best = fixel;
      }
    }
    if (best >= 0 && largest > Math.cos((f(angle) * Math.PI) / 180)) found.push(best);
  }
  return found.sort((a, b) => a - b);
}

export interface Chord {
  /** x y z. */
  readonly voxel: string;
  readonly chord: Point;
}

/** Of all voxels, those outside of any image too. `matrix`: from millimetres to voxels. */
export function chordsOfStreamline(flat: Float32Array, ratio: number, matrix: number[][], nearness: number): Chord[] {
  const given = Array.from(
    { length: flat.length / 3 },
    (_, i) => [flat[3 * i]!, flat[3 * i + 1]!, flat[3 * i + 2]!] as const,
  );
  const voxelOf = (p: Point) =>
    matrix
      .map((row) => {
        const v = f(f(f(f(row[0]! * p[0]) + f(row[1]! * p[1])) + f(row[2]! * p[2])) + row[3]!);
        return Math.sign(v) * Math.floor(Math.abs(v) + 0.5) + 0;
      })
      .join(" ");
  return chordsOf(upsample(given, ratio), voxelOf, nearness);
}

function chordsOf(points: readonly Point[], voxelOf: (p: Point) => string, accuracy: number): Chord[] {
  const chords: Chord[] = [];
  const last = points.length - 1;
  let at = 0;
  let mu = 0;
  let exit = points[0]!;
  let next = voxelOf(exit);
  for (;;) {
    const [entry, voxel] = [exit, next];
    let inside = entry;
    for (; at <= last && voxelOf(points[at]!) === voxel; at++) {
      inside = points[at]!;
      mu = 0;
    }
    if (at > last) {
      chords.push({ voxel, chord: plus(points[last]!, entry, -1) });
      return chords;
    }
    const before =
      at === 1
        ? plus([f(2 * points[0]![0]), f(2 * points[0]![1]), f(2 * points[0]![2])], points[1]!, -1)
        : points[at - 2]!;
    const end = points[last]!;
    const behind =
      at === last ? plus([f(2 * end[0]), f(2 * end[1]), f(2 * end[2])], points[last - 1]!, -1) : points[at + 1]!;
    let [low, high] = [mu, 1];
    exit = points[at]!;
    next = voxelOf(exit);
    for (;;) {
      const d = plus(inside, exit, -1).map((value) => f(value * value));
      if (!(f(f(d[0]! + d[1]!) + d[2]!) > accuracy)) break;
      mu = 0.5 * (low + high);
      const p = mix(weightsAt(mu), [before, points[at - 1]!, points[at]!, behind]);
      const there = voxelOf(p);
      if (there === voxel) [low, inside] = [mu, p];
      else [high, exit, next] = [mu, p, there];
    }
    chords.push({ voxel, chord: plus(exit, entry, -1) });
  }
}

/** Unit chords, each turned to agree with those before it in the voxel. */
function sumChords(chords: readonly Chord[]): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const { voxel, chord } of chords) {
    const length = Math.sqrt(chord[0] ** 2 + chord[1] ** 2 + chord[2] ** 2);
    const direction = length > 0 ? chord.map((value) => value / length) : [0, 0, 0];
    const before = sums.get(voxel) ?? [0, 0, 0];
    const dot = before.reduce((sum, value, c) => sum + value * direction[c]!, 0);
    sums.set(
      voxel,
      before.map((value, c) => value + (dot < 0 ? -direction[c]! : direction[c]!)),
    );
  }
  return sums;
}
