// Presents an image as MRtrix3 does: axes permuted and reversed so that the first three run as nearly as possible along the scanner's
// x, y and z. MRtrix3 does so to every image it opens, and undoes it when it writes NIfTI: fixel files that it wrote as NIfTI for a
// left-handed template hold their fixels in reverse, and only the transform says so.
import type { ImageHeader } from "./image-header.js";

const ORDERS: readonly (readonly number[])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** The same image with other axes, at least three. Unchanged without a transform. */
export function realignToScanner(header: ImageHeader): ImageHeader {
  if (header.transform === undefined) return header;
  const { transform, dimensions, voxelSizes, layout } = { ...withThreeAxes(header), transform: header.transform };
  const order = nearestOrder(transform);
  const reverse: boolean[] = order.map((axis, row) => transform[row]![axis]! < 0);
  if (order.every((axis, row) => axis === row) && !reverse.includes(true)) return header;

  const rest = dimensions.map((_, axis) => axis).slice(3);
  const axes = [...order, ...rest];
  const position = transform.map((row) => row[3]!);
  for (const [i, axis] of order.entries()) {
    if (!reverse[i]) continue;
    // Element 0 is now the last one of the axis.
    const length = (dimensions[axis]! - 1) * (Number.isFinite(voxelSizes[axis]) ? voxelSizes[axis]! : 1);
    for (const row of [0, 1, 2]) position[row]! += length * transform[row]![axis]!;
  }
  return {
    ...header,
    dimensions: axes.map((axis) => dimensions[axis]!),
    voxelSizes: axes.map((axis) => voxelSizes[axis]!),
    layout: axes.map((axis, i) => ({
      rank: layout[axis]!.rank,
      reversed: layout[axis]!.reversed !== (reverse[i] ?? false),
    })),
    // `|| 0`: no negative zero in a header.
    transform: transform.map((row, r) => [
      ...order.map((axis, i) => (reverse[i] ? -row[axis]! : row[axis]!) || 0),
      position[r]!,
    ]),
  };
}

function withThreeAxes({
  dimensions,
  voxelSizes,
  layout,
}: ImageHeader): Pick<ImageHeader, "dimensions" | "voxelSizes" | "layout"> {
  const missing = [0, 1, 2].slice(dimensions.length);
  return {
    dimensions: [...dimensions, ...missing.map(() => 1)],
    voxelSizes: [...voxelSizes, ...missing.map(() => 1)],
    layout: [...layout, ...missing.map((rank) => ({ rank, reversed: false }))],
  };
}

/** Image axis for each scanner axis: the order with the largest sum of direction cosines; the identity wins a draw. */
function nearestOrder(transform: readonly (readonly number[])[]): readonly number[] {
  let best: readonly number[] = [0, 1, 2];
  let bestSum = Number.NEGATIVE_INFINITY;
  for (const order of ORDERS) {
    const sum = order.reduce((total, axis, row) => total + Math.abs(transform[row]![axis]!), 0);
    if (sum > bestSum + 1e-12) [best, bestSum] = [order, sum];
  }
  return best;
}
