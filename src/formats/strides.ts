// From layout ranks to positions in the file.
//   position of element (i0, i1, ..) = offset + i0 * strides[0] + i1 * strides[1] + ..      in elements from the start of the data
import type { AxisOrder } from "./image-header.js";

export interface Strides {
  /** Elements, signed, one an axis. */
  readonly strides: readonly number[];
  /** Position of element (0, 0, ..): not 0 when an axis is reversed. */
  readonly offset: number;
}

/** `layout` and `dimensions` have the same length; the ranks are a permutation of 0..n-1. */
export function resolveStrides(layout: readonly AxisOrder[], dimensions: readonly number[]): Strides {
  const strides = new Array<number>(dimensions.length).fill(0);
  let step = 1;
  let offset = 0;
  for (const axis of axesByRank(layout)) {
    const size = dimensions[axis]!;
    if (layout[axis]!.reversed) offset += (size - 1) * step;
    // A negative zero cannot arise: step >= 1.
    strides[axis] = layout[axis]!.reversed ? -step : step;
    step *= size;
  }
  return { strides, offset };
}

/** Axis numbers, the fastest in the file first. */
export function axesByRank(layout: readonly AxisOrder[]): number[] {
  return layout.map((_, axis) => axis).sort((a, b) => layout[a]!.rank - layout[b]!.rank);
}

/**
 * The same traversal with as few axes as possible: axes of size 1 dropped, neighbours joined where one continues the other.
 * A canonical image becomes a single axis of stride 1. Always at least one axis.
 */
export function joinAxes(
  dimensions: readonly number[],
  strides: readonly number[],
): { dimensions: number[]; strides: number[] } {
  const joined = { dimensions: [] as number[], strides: [] as number[] };
  for (const [axis, size] of dimensions.entries()) {
    if (size === 1) continue;
    const last = joined.dimensions.length - 1;
    if (last >= 0 && strides[axis] === joined.strides[last]! * joined.dimensions[last]!)
      joined.dimensions[last]! *= size;
    else {
      joined.dimensions.push(size);
      joined.strides.push(strides[axis]!);
    }
  }
  return joined.dimensions.length > 0 ? joined : { dimensions: [1], strides: [1] };
}
