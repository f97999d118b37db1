// Where the voxels of a NIfTI image lie: sform, qform, or nothing.
import { quaternionToRotation } from "./orientation.js";

/** Of the header, as it stands. */
export interface OrientationFields {
  readonly pixdim: readonly number[];
  readonly qformCode: number;
  readonly sformCode: number;
  /** b, c, d, x, y, z */
  readonly quaternion: readonly number[];
  /** 3 x 4, by row. */
  readonly sform: readonly number[];
}

export interface Orientation {
  /** 3 x 4. */
  readonly transform: number[][];
  readonly voxelSizes: number[];
}

/** The sform when there is one, else the qform, as MRtrix3 chooses (any code but 0). Undefined: neither, or useless. */
export function orientationOf(
  fields: OrientationFields,
  dimensions: readonly number[],
  remarks: string[],
): Orientation | undefined {
  const qform = fields.qformCode === 0 ? undefined : qformOf(fields);
  const sform = fields.sformCode === 0 ? undefined : sformOf(fields);
  const used = fields.sformCode !== 0 ? "sform" : fields.qformCode !== 0 ? "qform" : undefined;
  if (used !== undefined && (used === "sform" ? sform : qform) === undefined)
    remarks.push(`the ${used} is no orientation and is left out`);
  if (used !== "sform") return qform;
  if (sform !== undefined && qform !== undefined && !samePlaces(sform, qform, dimensions))
    remarks.push("qform and sform put the voxels elsewhere, and the sform is used");
  return sform;
}

function sformOf({ sform, pixdim }: OrientationFields): Orientation | undefined {
  const rows = [0, 1, 2].map((r) => sform.slice(4 * r, 4 * r + 4));
  const norms = [0, 1, 2].map((axis) => Math.hypot(...rows.map((row) => row[axis]!)));
  const transform = rows.map((row) => [...norms.map((norm, axis) => row[axis]! / norm), row[3]!]);
  // pixdim has the size without the rounding of three float32, unless it is about something else.
  const voxelSizes = norms.map((norm, axis) =>
    Math.abs(pixdim[axis + 1]! - norm) < 1e-5 * norm ? pixdim[axis + 1]! : norm,
  );
  return isFinite2D(transform) ? { transform, voxelSizes } : undefined;
}

function qformOf({ pixdim, quaternion }: OrientationFields): Orientation | undefined {
  const handedness = pixdim[0]! < 0 ? -1 : 1;
  const rotation = quaternionToRotation(quaternion[0]!, quaternion[1]!, quaternion[2]!);
  const transform = rotation.map((row, r) => [row[0]!, row[1]!, handedness * row[2]!, quaternion[3 + r]!]);
  return isFinite2D(transform) ? { transform, voxelSizes: pixdim.slice(1, 4).map(Math.abs) } : undefined;
}

/** Every corner of the image within a tenth of a voxel, as MRtrix3 compares them. */
function samePlaces(a: Orientation, b: Orientation, dimensions: readonly number[]): boolean {
  const tolerance = 0.1 * Math.min(...a.voxelSizes);
  return Array.from({ length: 8 }, (_, corner) => corner).every((corner) => {
    const index = [0, 1, 2].map((axis) => (corner & (1 << axis) ? (dimensions[axis] ?? 1) - 1 : 0));
    const distances = [0, 1, 2].map((row) => place(a, index, row) - place(b, index, row));
    return Math.hypot(...distances) <= tolerance;
  });
}

/** Millimetres along scanner axis `row`. */
function place({ transform, voxelSizes }: Orientation, index: readonly number[], row: number): number {
  return index.reduce((sum, i, axis) => sum + i * voxelSizes[axis]! * transform[row]![axis]!, transform[row]![3]!);
}

const isFinite2D = (rows: readonly (readonly number[])[]): boolean => rows.every((row) => row.every(Number.isFinite));
