// Rotations as NIfTI stores them: a unit quaternion (a, b, c, d) with a >= 0 left out, and a sign for mirrored axes.

/** 3 x 3, by row. */
export function quaternionToRotation(b: number, c: number, d: number): number[][] {
  const rest = 1 - (b * b + c * c + d * d);
  // Rounding may take the three beyond unit length: then they are a half turn.
  const scale = rest < 1e-7 ? 1 / Math.sqrt(b * b + c * c + d * d) : 1;
  const [x, y, z] = [b * scale, c * scale, d * scale] as const;
  const a = rest < 1e-7 ? 0 : Math.sqrt(rest);
  return [
    [a * a + x * x - y * y - z * z, 2 * (x * y - a * z), 2 * (x * z + a * y)],
    [2 * (x * y + a * z), a * a + y * y - x * x - z * z, 2 * (y * z - a * x)],
    [2 * (x * z - a * y), 2 * (y * z + a * x), a * a + z * z - x * x - y * y],
  ];
}

export interface Quaternion {
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** -1 when the third axis is mirrored. */
  readonly handedness: 1 | -1;
}

/** `m`: 3 x 3 or 3 x 4, by row. Undefined unless its columns are orthonormal to 1e-4: a shear has no quaternion. */
export function rotationToQuaternion(m: readonly (readonly number[])[]): Quaternion | undefined {
  const column = (axis: number) => m.map((row) => row[axis]!);
  for (const i of [0, 1, 2]) {
    for (let j = 0; j <= i; j++) {
      const dot = column(i).reduce((sum, value, r) => sum + value * m[r]![j]!, 0);
      if (!(Math.abs(dot - (i === j ? 1 : 0)) < 1e-4)) return undefined;
    }
  }
  const [[xx, xy, xz0], [yx, yy, yz0], [zx, zy, zz0]] = m as [number[], number[], number[]] as [Row, Row, Row];
  const determinant = xx * (yy * zz0 - yz0 * zy) - xy * (yx * zz0 - yz0 * zx) + xz0 * (yx * zy - yy * zx);
  const handedness = determinant < 0 ? -1 : 1;
  const [xz, yz, zz] = [handedness * xz0, handedness * yz0, handedness * zz0];

  // 4 a^2, 4 b^2, ..: divide by the square root of the largest.
  const squares = [1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz];
  const largest = squares.indexOf(Math.max(...squares));
  const s = 2 * Math.sqrt(squares[largest]!);
  const parts = [
    [s / 4, (zy - yz) / s, (xz - zx) / s, (yx - xy) / s],
    [(zy - yz) / s, s / 4, (xy + yx) / s, (xz + zx) / s],
    [(xz - zx) / s, (xy + yx) / s, s / 4, (yz + zy) / s],
    [(yx - xy) / s, (xz + zx) / s, (yz + zy) / s, s / 4],
  ][largest]!;
  const sign = parts[0]! < 0 ? -1 : 1;
  return { b: sign * parts[1]!, c: sign * parts[2]!, d: sign * parts[3]!, handedness };
}

type Row = [number, number, number];
