// Quantises what the pictures are drawn of (payload-format.ts), small enough to be mailed.
import { deflateRawSync } from "node:zlib";
import { voxelAt } from "./clusters.js";
import { headOf } from "./hypothesis-head.js";
import { nthSmallest, quantileOf } from "./nth-smallest.js";
import type { ArrayPlace, Payload, PayloadHypothesis } from "./payload-format.js";
import type { Geometry, HypothesisData, ShownData, Values } from "./report-data.js";

/** Of the deflated arrays, so that the page stays below 10 MB. */
export const MOST_PAYLOAD_BYTES = 6.5e6;
/** Bytes of values that are given to all hypotheses together, before they are deflated. */
const MOST_VALUE_BYTES = 4e6;
const BYTES_A_VALUE = 6;
const P_SCALE = 8192;

export interface PackedPayload {
  readonly header: Payload;
  /** base64 of deflated bytes. */
  readonly bytes: string;
}

const TYPES = { u8: Uint8Array, i8: Int8Array, u16: Uint16Array, i16: Int16Array, u32: Uint32Array } as const;

function createPacker() {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  return {
    add(type: ArrayPlace["type"], values: ArrayLike<number> | undefined): ArrayPlace | undefined {
      if (values === undefined) return undefined;
      const typed = new TYPES[type](values);
      const bytes = new Uint8Array(typed.buffer);
      const place = { type, offset, length: typed.length };
      const padding = (8 - (bytes.byteLength % 8)) % 8;
      pieces.push(bytes, new Uint8Array(padding));
      offset += bytes.byteLength + padding;
      return place;
    },
    take: () => Buffer.concat(pieces),
  };
}

export function packPayload(data: ShownData, mean: Values | undefined): PackedPayload | undefined {
  const { geometry, kind, hypotheses, background } = data;
  if (geometry === undefined || (kind !== "fixel" && kind !== "voxel")) return undefined;
  const box = boxOf(geometry);
  const { order, voxels, counts } = orderByVoxel(geometry, box);
  const packer = createPacker();
  const isSame = order.every((element, i) => element === i);
  const { directions } = geometry;
  const meanOfVoxel = mean && meanByVoxel(mean, order, counts);
  const arrays: Payload["arrays"] = {
    voxels: packer.add("u32", differences(voxels)),
    counts: packer.add("u8", counts),
    element: isSame ? undefined : packer.add("u32", differences(order)),
    direction: directions && packer.add("i8", quantiseDirections(directions, order)),
    mean: meanOfVoxel && packer.add("u8", meanOfVoxel.values),
    background: background && packer.add("u8", cropped(background.values, geometry, box)),
  };
  const most = Math.floor(MOST_VALUE_BYTES / BYTES_A_VALUE / Math.max(1, hypotheses.length));
  const rank = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) rank[order[i]!] = i;
  const packed = hypotheses.map((h): PayloadHypothesis => {
    const chosen = chooseElements(h, order, most);
    const effect = h.percent ?? h.effect;
    const scales = { statistic: scaleOf(h.statistic), effect: effect === undefined ? 1 : scaleOf(effect) };
    return {
      ...headOf(h, data),
      scales,
      arrays: {
        of: chosen === undefined ? undefined : packer.add("u32", differences(chosen.map((element) => rank[element]!))),
        statistic: packer.add("i16", quantise(h.statistic, chosen ?? order, scales.statistic)),
        effect: effect && packer.add("i16", quantise(effect, chosen ?? order, scales.effect)),
        p: h.p && packer.add("u16", quantiseP(h.p, chosen ?? order)),
      },
      peaks: h.clusters.slice(0, 50).map(({ id, peak }) => ({ cluster: id, element: rank[peak]! })),
    };
  });
  const header: Payload = {
    ...{ kind, arrays, hypotheses: packed, nElements: order.length, pScale: P_SCALE },
    dimensions: [0, 1, 2].map((axis) => box.end[axis]! - box.first[axis]!) as [number, number, number],
    voxelSizes: geometry.voxelSizes,
    toMm: geometry.toMm.map((row) => [
      ...row.slice(0, 3),
      row[3]! + [0, 1, 2].reduce((sum, axis) => sum + row[axis]! * box.first[axis]!, 0),
    ]),
    ...(background === undefined ? {} : { backgroundName: background.name }),
    meanScale: meanOfVoxel?.largest ?? 0,
  };
  return { header, bytes: deflateRawSync(packer.take(), { level: 6 }).toString("base64") };
}

interface Box {
  readonly first: readonly number[];
  readonly end: readonly number[];
}

/** Around all elements, with a voxel to spare. */
function boxOf(geometry: Geometry): Box {
  const first = [...geometry.dimensions] as number[];
  const end = [0, 0, 0];
  let last = -1;
  for (let i = 0; i < geometry.voxelOf.length; i++) {
    const voxel = geometry.voxelOf[i]!;
    if (voxel === last) continue;
    last = voxel;
    const at = voxelAt(geometry, voxel);
    for (let axis = 0; axis < 3; axis++) {
      if (at[axis]! < first[axis]!) first[axis] = at[axis]!;
      if (at[axis]! >= end[axis]!) end[axis] = at[axis]! + 1;
    }
  }
  return {
    first: first.map((value) => Math.max(0, value - 1)),
    end: end.map((value, axis) => Math.min(geometry.dimensions[axis]!, value + 1)),
  };
}

/** Elements in the order of their voxels in the box, those of one voxel in their own. */
function orderByVoxel({ voxelOf, dimensions: [nx, ny] }: Geometry, { first, end }: Box) {
  const n = voxelOf.length;
  const [mx, my] = [end[0]! - first[0]!, end[1]! - first[1]!];
  // a number that is sorted without comparing calls: the place, then the element
  const keys = new Float64Array(n);
  let isSorted = true;
  for (let element = 0; element < n; element++) {
    const voxel = voxelOf[element]!;
    const x = (voxel % nx) - first[0]!;
    const y = (Math.floor(voxel / nx) % ny) - first[1]!;
    const z = Math.floor(voxel / nx / ny) - first[2]!;
    keys[element] = (x + mx * (y + my * z)) * n + element;
    if (element > 0 && keys[element]! < keys[element - 1]!) isSorted = false;
  }
  // as most templates are
  if (!isSorted) keys.sort();
  const order = new Uint32Array(n);
  const voxels = new Uint32Array(n);
  const counts = new Uint8Array(n);
  let last = -1;
  for (let i = 0; i < n; i++) {
    const place = Math.floor(keys[i]! / n);
    order[i] = keys[i]! - place * n;
    if (last < 0 || voxels[last] !== place || counts[last] === 255) voxels[++last] = place;
    counts[last]!++;
  }
  return { order, voxels: voxels.slice(0, last + 1), counts: counts.slice(0, last + 1) };
}

function differences(values: Uint32Array): Uint32Array {
  const out = values.slice();
  for (let i = 1; i < out.length; i++) out[i] = values[i]! - values[i - 1]!;
  return out;
}

function quantiseDirections(directions: Float32Array, order: Uint32Array): Int8Array {
  const out = new Int8Array(3 * order.length);
  for (let i = 0; i < order.length; i++)
    for (let axis = 0; axis < 3; axis++) out[3 * i + axis] = Math.round(127 * (directions[3 * order[i]! + axis]! || 0));
  return out;
}

/** u8 a voxel, 255 the largest that is not far out. */
function meanByVoxel(mean: Values, order: Uint32Array, counts: Uint8Array) {
  const sums = new Float64Array(counts.length);
  let next = 0;
  for (let voxel = 0; voxel < counts.length; voxel++)
    for (let i = 0; i < counts[voxel]!; i++) {
      const value = mean[order[next++]!]!;
      if (Number.isFinite(value)) sums[voxel]! += Math.max(0, value);
    }
  const largest = quantileOf(sums.slice(), 0.995) || 0;
  const values = new Uint8Array(counts.length);
  if (largest > 0)
    for (let voxel = 0; voxel < values.length; voxel++)
      values[voxel] = Math.min(255, Math.round((255 * sums[voxel]!) / largest));
  return { largest, values };
}

/** Undefined: all. Else those nearest to significance, in the order of drawing. */
function chooseElements({ p, statistic }: HypothesisData, order: Uint32Array, most: number): Uint32Array | undefined {
  if (order.length <= most) return undefined;
  const keys = new Float32Array(order.length);
  for (let i = 0; i < keys.length; i++) {
    const key = p === undefined ? -Math.abs(statistic[order[i]!]!) : p[order[i]!]!;
    keys[i] = Number.isNaN(key) ? Number.POSITIVE_INFINITY : key;
  }
  const limit = nthSmallest(keys.slice(), most - 1);
  let left = most;
  for (let i = 0; i < keys.length; i++) if (keys[i]! < limit) left--;
  const out = new Uint32Array(most);
  let next = 0;
  for (let i = 0; i < keys.length; i++)
    if (keys[i]! < limit || (keys[i] === limit && left-- > 0)) out[next++] = order[i]!;
  return out;
}

function scaleOf(values: Values): number {
  const sizes = new Float64Array(values.length);
  let largest = 0;
  for (let i = 0; i < sizes.length; i++) {
    sizes[i] = Number.isFinite(values[i]!) ? Math.abs(values[i]!) : 0;
    if (sizes[i]! > largest) largest = sizes[i]!;
  }
  // one value that is far out must not cost all others their digits
  const usual = quantileOf(sizes, 0.999) || 0;
  return (Math.min(largest, 20 * usual) || largest || 1) / 32766;
}

/** -32768: no value. */
function quantise(values: Values, of: Uint32Array, scale: number): Int16Array {
  const out = new Int16Array(of.length);
  for (let i = 0; i < out.length; i++) {
    const value = values[of[i]!]!;
    out[i] = Number.isFinite(value) ? Math.max(-32767, Math.min(32767, Math.round(value / scale))) : -32768;
  }
  return out;
}

/** 65535: no value. */
function quantiseP(p: Values, of: Uint32Array): Uint16Array {
  const out = new Uint16Array(of.length);
  for (let i = 0; i < out.length; i++) {
    const value = p[of[i]!]!;
    out[i] = Number.isFinite(value) ? Math.min(65534, Math.round(-Math.log10(Math.max(value, 1e-8)) * P_SCALE)) : 65535;
  }
  return out;
}

function cropped(values: Uint8Array, { dimensions: [nx, ny] }: Geometry, { first, end }: Box): Uint8Array {
  const [mx, my, mz] = [0, 1, 2].map((axis) => end[axis]! - first[axis]!) as [number, number, number];
  const out = new Uint8Array(mx * my * mz);
  let next = 0;
  for (let z = first[2]!; z < end[2]!; z++)
    for (let y = first[1]!; y < end[1]!; y++)
      for (let x = first[0]!; x < end[0]!; x++) out[next++] = values[x + nx * (y + ny * z)]!;
  return out;
}
