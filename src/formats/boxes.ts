// Ranges of canonical elements as boxes: index ranges on every axis.
import { countElements } from "./image-header.js";

export interface Box {
  readonly starts: readonly number[];
  readonly counts: readonly number[];
  /** Index in the target of the box's first element. */
  readonly targetOffset: number;
}

/** The range [first, first + count) as at most 2 x axes - 1 boxes. `targetOffset` counts from `first`. */
export function coverRange(dimensions: readonly number[], first: number, count: number): Box[] {
  const boxes: Box[] = [];
  // `outer` are the (start, count) already fixed for the axes above `axis`.
  function cover(axis: number, begin: number, n: number, targetOffset: number, outer: readonly number[]): void {
    if (n === 0) return;
    const slab = countElements(dimensions.slice(0, axis));
    const push = (start: number, nSlabs: number, at: number) => {
      const starts = [...new Array<number>(axis).fill(0), start, ...outer];
      const counts = [...dimensions.slice(0, axis), nSlabs, ...outer.map(() => 1)];
      boxes.push({ starts, counts, targetOffset: at });
    };
    const start = Math.floor(begin / slab);
    const head = begin % slab === 0 ? 0 : Math.min(n, slab - (begin % slab));
    if (head > 0) cover(axis - 1, begin % slab, head, targetOffset, [start, ...outer]);
    const firstWhole = start + (head > 0 ? 1 : 0);
    const nWhole = Math.floor((n - head) / slab);
    if (nWhole > 0) push(firstWhole, nWhole, targetOffset + head);
    const done = head + nWhole * slab;
    if (done < n) cover(axis - 1, 0, n - done, targetOffset + done, [firstWhole + nWhole, ...outer]);
  }
  cover(dimensions.length - 1, first, count, 0, []);
  return boxes;
}

/** Along the axis that spreads it furthest over the file. */
export function halveBox(box: Box, strides: readonly number[], targetStrides: readonly number[]): [Box, Box] {
  const extents = box.counts.map((count, axis) => (count - 1) * Math.abs(strides[axis]!));
  const widest = extents.indexOf(Math.max(...extents));
  const left = Math.floor(box.counts[widest]! / 2);
  const right = box.counts[widest]! - left;
  return [
    { ...box, counts: box.counts.with(widest, left) },
    {
      starts: box.starts.with(widest, box.starts[widest]! + left),
      counts: box.counts.with(widest, right),
      targetOffset: box.targetOffset + left * targetStrides[widest]!,
    },
  ];
}
