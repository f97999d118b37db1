// Clusters: components of significant elements over whatever connects them, and what stands of each in a table.

import { cell } from "./numbers.js";
import type { Cluster, Geometry, Network, Values } from "./report-data.js";

export type VisitNeighbours = (element: number, visit: (other: number) => void) => void;

/**
 * Components of `members` (ascending), [members] the number of each, from 0 in the order of first appearance. Neighbours outside are not followed;
 * a connection in one direction connects.
 */
export function componentsOf(members: Uint32Array, nElements: number, neighbours: VisitNeighbours): Uint32Array {
  const at = new Int32Array(nElements).fill(-1);
  for (let i = 0; i < members.length; i++) at[members[i]!] = i;
  const parent = members.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    for (let next = i; parent[next] !== root; ) [next, parent[next]] = [parent[next]!, root];
    return root;
  };
  for (let i = 0; i < members.length; i++) {
    neighbours(members[i]!, (other) => {
      const j = at[other] ?? -1;
      if (j < 0) return;
      const [a, b] = [rootOf(i), rootOf(j)];
      // the lowest is the root, so that numbers follow the elements
      if (a < b) parent[b] = a;
      else parent[a] = b;
    });
  }
  const numbers = new Map<number, number>();
  return members.map((_, i) => {
    const root = rootOf(i);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}

export interface ClusterInputs {
  readonly members: Uint32Array;
  /** As componentsOf has them. */
  readonly component: Uint32Array;
  readonly p: Values;
  readonly z: Values;
  readonly statistic: Values;
  readonly enhanced: Values | undefined;
  readonly effect: Values | undefined;
  readonly reference: Values | undefined;
  readonly geometry: Geometry | undefined;
  readonly network: Network | undefined;
  readonly tracts: readonly { readonly name: string; readonly inside: Uint8Array }[];
}

/** The largest first; of equals the one with the lower first element. */
export function tabulateClusters(inputs: ClusterInputs): Cluster[] {
  const lists: number[][] = [];
  for (const [i, element] of inputs.members.entries()) {
    const list = lists[inputs.component[i]!];
    if (list === undefined) lists[inputs.component[i]!] = [element];
    else list.push(element);
  }
  return lists
    .sort((a, b) => b.length - a.length || a[0]! - b[0]!)
    .map((list, i) => describeCluster(i + 1, Uint32Array.from(list), inputs));
}

function describeCluster(id: number, members: Uint32Array, inputs: ClusterInputs): Cluster {
  const { p, z, statistic, enhanced, effect, reference, geometry, network, tracts } = inputs;
  const height = enhanced ?? z;
  let peak = members[0]!;
  let [sum, sumReference, nEffects] = [0, 0, 0];
  let [largestEffect, largestPercent] = [Number.NaN, Number.NaN];
  for (const element of members) {
    const isHigher = p[element]! < p[peak]! || (p[element] === p[peak] && height[element]! > height[peak]!);
    if (isHigher) peak = element;
    const value = effect?.[element] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    nEffects++;
    sum += value;
    if (!(Math.abs(value) <= Math.abs(largestEffect))) largestEffect = value;
    const of = reference?.[element] ?? Number.NaN;
    sumReference += of;
    const share = (100 * value) / of;
    if (of > 0 && !(Math.abs(share) <= Math.abs(largestPercent))) largestPercent = share;
  }
  const nVoxels = geometry && countVoxels(geometry, members);
  return {
    ...{ id, members, peak, largestEffect, largestPercent },
    ...{ p: p[peak]!, z: z[peak]!, statistic: statistic[peak]! },
    meanEffect: sum / nEffects,
    meanPercent: sumReference > 0 ? (100 * sum) / sumReference : Number.NaN,
    nVoxels,
    volume: geometry && nVoxels! * voxelVolume(geometry),
    peakMm: geometry && mmOf(geometry, geometry.voxelOf[peak]!),
    peakVoxel: geometry && voxelAt(geometry, geometry.voxelOf[peak]!),
    direction: geometry?.directions && meanAxis(geometry, members),
    peakName: network && nameOfEdge(network, peak),
    labels: tracts
      .map(({ name, inside }) => ({ name, share: shareOf(members, inside) }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share),
  };
}

const shareOf = (members: Uint32Array, inside: Uint8Array): number =>
  members.reduce((n, element) => n + (inside[element] === 0 ? 0 : 1), 0) / members.length;

const voxelVolume = ({ voxelSizes }: Geometry): number => voxelSizes[0] * voxelSizes[1] * voxelSizes[2];

/** Distinct voxels of elements. */
function countVoxels({ voxelOf }: Geometry, members: Uint32Array): number {
  const voxels = members.map((element) => voxelOf[element]!).sort();
  let n = 0;
  for (let i = 0; i < voxels.length; i++) if (i === 0 || voxels[i] !== voxels[i - 1]) n++;
  return n;
}

/** mm3 of the distinct voxels of elements. */
export const volumeOf = (geometry: Geometry, members: Uint32Array): number =>
  countVoxels(geometry, members) * voxelVolume(geometry);

export function voxelAt({ dimensions: [nx, ny] }: Geometry, voxel: number): [number, number, number] {
  return [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / nx / ny)];
}

export function mmOf(geometry: Geometry, voxel: number): number[] {
  const at = voxelAt(geometry, voxel);
  return geometry.toMm.map((row) => row[0]! * at[0] + row[1]! * at[1] + row[2]! * at[2] + row[3]!);
}

/** The main axis of the members' directions, whatever their signs: power iteration on the sum of d d'. */
function meanAxis({ directions, toMm, voxelSizes }: Geometry, members: Uint32Array): number[] {
  const sums = [0, 0, 0, 0, 0, 0];
  for (const element of members) {
    const [x, y, z] = [directions![3 * element]!, directions![3 * element + 1]!, directions![3 * element + 2]!];
    if (!Number.isFinite(x + y + z)) continue;
    sums[0]! += x * x;
    sums[1]! += x * y;
    sums[2]! += x * z;
    sums[3]! += y * y;
    sums[4]! += y * z;
    sums[5]! += z * z;
  }
  const [xx, xy, xz, yy, yz, zz] = sums as [number, number, number, number, number, number];
  let axis = [1, 0.9, 0.8];
  for (let i = 0; i < 100; i++) {
    const [x, y, z] = axis as [number, number, number];
    const next = [xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z];
    const length = Math.hypot(...next);
    if (!(length > 0)) return [Number.NaN, Number.NaN, Number.NaN];
    axis = next.map((value) => value / length);
  }
  // along the grid's axes; in the scanner's space from here on
  const scanner = toMm.map((row) => [0, 1, 2].reduce((sum, i) => sum + (row[i]! / voxelSizes[i as 0]!) * axis[i]!, 0));
  return scanner[0]! < 0 ? scanner.map((value) => -value) : scanner;
}

/** `inferior–superior`, or two of them where it runs between. */
export function axisInWords(direction: readonly number[]): string {
  const names = ["left–right", "posterior–anterior", "inferior–superior"];
  const order = [0, 1, 2].sort((a, b) => Math.abs(direction[b]!) - Math.abs(direction[a]!));
  const [first, second] = order as [number, number];
  if (!Number.isFinite(direction[0]!)) return "n/a";
  return Math.abs(direction[second]!) > 0.5 ? `between ${names[first]} and ${names[second]}` : names[first]!;
}

/** Nodes of an edge of the upper triangle with its diagonal, row by row. */
export function nodesOfEdge(edge: number, nNodes: number): [number, number] {
  let i = 0;
  let first = 0;
  while (first + nNodes - i <= edge) {
    first += nNodes - i;
    i++;
  }
  return [i, i + edge - first];
}

export const nameOfEdge = ({ nNodes, names }: Network, edge: number): string => {
  const [i, j] = nodesOfEdge(edge, nNodes);
  return `${names[i]} – ${names[j]}`;
};

const HEAD = {
  all: ["cluster", "size", "peak_index", "peak_statistic", "peak_Z", "peak_p_fwe"],
  effects: ["mean_effect", "largest_effect", "mean_effect_percent", "largest_effect_percent"],
  places: [
    "voxels",
    "volume_mm3",
    "peak_voxel_i",
    "peak_voxel_j",
    "peak_voxel_k",
    "peak_x_mm",
    "peak_y_mm",
    "peak_z_mm",
  ],
  direction: ["direction_x", "direction_y", "direction_z"],
};

/** First cells of what clustersTsv writes: by these a file is known as ours. */
export const CLUSTERS_TSV_BEGINS = HEAD.all.slice(0, 4).join("\t");

/** One row a cluster, tabs between; indices count from 0. */
export function clustersTsv(
  clusters: readonly Cluster[],
  { geometry, network }: Pick<ClusterInputs, "geometry" | "network">,
): string {
  const head = [
    ...HEAD.all,
    ...HEAD.effects,
    ...(geometry === undefined ? [] : HEAD.places),
    ...(geometry?.directions === undefined ? [] : HEAD.direction),
    ...(network === undefined ? [] : ["peak_edge"]),
    "label",
  ];
  const rows = clusters.map((one) => [
    ...[one.id, one.members.length, one.peak, cell(one.statistic), cell(one.z), cell(one.p)],
    ...[one.meanEffect, one.largestEffect, one.meanPercent, one.largestPercent].map(cell),
    ...(geometry === undefined ? [] : [one.nVoxels!, cell(one.volume!), ...one.peakVoxel!, ...one.peakMm!.map(cell)]),
    ...(one.direction === undefined ? [] : one.direction.map(cell)),
    ...(network === undefined ? [] : [plain(one.peakName!)]),
    one.labels.length === 0 ? "n/a" : one.labels.map(({ name, share }) => `${plain(name)} (${cell(share)})`).join("; "),
  ]);
  return `${[head, ...rows].map((row) => row.join("\t")).join("\n")}\n`;
}

const plain = (text: string): string => text.replace(/[\t\r\n]+/g, " ");
