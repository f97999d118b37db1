// From a streamline to its fixels: in every voxel that it runs through at most one, the nearest to its direction there.
import type { FixelGrid } from "./fixel-grid.js";
import { createTracer, type TracerPlace } from "./trace-voxels.js";

export interface MappingOptions {
  readonly grid: FixelGrid;
  /** Degrees, 0 to 90. */
  readonly angle: number;
  /** Millimetres between points, as the streamlines' header says. */
  readonly stepSize: number | undefined;
  readonly place: TracerPlace;
}

export interface Mapper {
  /** Its fixels, ascending, are the first `nFixels` of `fixels`. `points` f32 [..][3]: n of them from the first. */
  map(points: Float32Array, first: number, n: number): MappedStreamline;
}

export interface MappedStreamline {
  nFixels: number;
  /** u32, of the mapper: valid until the next one is mapped. */
  fixels: Uint32Array;
  /** `short`: fewer than 2 points. `outside`: no voxel of the image. `endless`: trace-voxels.ts. */
  fate: "mapped" | "without fixel" | "outside" | "short" | "endless";
}

export function createMapper({ grid, angle, stepSize, place: traced }: MappingOptions): Mapper {
  const tracer = createTracer(grid, stepSize, traced);
  const { counts, firsts, directions, mask } = grid;
  // float32 of the angle: as the peer has it
  const leastCosine = Math.cos(Math.fround(angle) * (Math.PI / 180));
  /** Open addressing: place of a voxel in the lists, by its number; -1: free. */
  let table = new Int32Array(1024).fill(-1);
  let places = table.length - 1;
  let voxels = new Uint32Array(256);
  let slots = new Uint32Array(256);
  /** f64 [n][3]: sums of unit chords. */
  let sums = new Float64Array(3 * 256);
  let nVoxels = 0;
  const mapped: MappedStreamline = { nFixels: 0, fixels: new Uint32Array(256), fate: "mapped" };

  const slotOf = (voxel: number): number => {
    let slot = Math.imul(voxel, 0x9e3779b1) >>> 0;
    for (slot = (slot ^ (slot >>> 15)) & places; ; slot = (slot + 1) & places) {
      const place = table[slot]!;
      if (place < 0 || voxels[place] === voxel) return slot;
    }
  };
  const grow = () => {
    const [oldVoxels, oldSums] = [voxels, sums];
    voxels = new Uint32Array(2 * nVoxels);
    voxels.set(oldVoxels);
    slots = new Uint32Array(2 * nVoxels);
    sums = new Float64Array(6 * nVoxels);
    sums.set(oldSums);
    mapped.fixels = new Uint32Array(2 * nVoxels);
    table = new Int32Array(4 * table.length).fill(-1);
    places = table.length - 1;
    for (let place = 0; place < nVoxels; place++) {
      const slot = slotOf(voxels[place]!);
      table[slot] = place;
      slots[place] = slot;
    }
  };

  const visit = (voxel: number, x: number, y: number, z: number) => {
    if (counts[voxel] === 0) return;
    const square = x * x + y * y + z * z;
    const length = square > 0 ? Math.sqrt(square) : 1;
    const ux = x / length;
    const uy = y / length;
    const uz = z / length;
    let slot = slotOf(voxel);
    let place = table[slot]!;
    if (place >= 0) {
      const s = 3 * place;
      const sign = sums[s]! * ux + sums[s + 1]! * uy + sums[s + 2]! * uz < 0 ? -1 : 1;
      sums[s] = sums[s]! + sign * ux;
      sums[s + 1] = sums[s + 1]! + sign * uy;
      sums[s + 2] = sums[s + 2]! + sign * uz;
      return;
    }
    if (nVoxels === voxels.length) {
      grow();
      slot = slotOf(voxel);
    }
    place = nVoxels++;
    table[slot] = place;
    slots[place] = slot;
    voxels[place] = voxel;
    sums[3 * place] = ux;
    sums[3 * place + 1] = uy;
    sums[3 * place + 2] = uz;
  };

  /**
   * -1: none. A fixel outside the mask may raise what must be surpassed, and then lends its angle to an earlier candidate. Peer: so it does, and the
   * order of the fixels in a voxel matters.
   */
  const nearestFixel = (place: number): number => {
    const sx = sums[3 * place]!;
    const sy = sums[3 * place + 1]!;
    const sz = sums[3 * place + 2]!;
    const norm = Math.sqrt(sx * sx + sy * sy + sz * sz);
    if (!(norm > 0)) return -1;
    const voxel = voxels[place]!;
    const first = firsts[voxel]!;
    const end = first + counts[voxel]!;
    let nearest = -1;
    let largest = 0;
    for (let fixel = first; fixel < end; fixel++) {
      const d = 3 * fixel;
      const cosine = Math.abs(
        (sx / norm) * directions[d]! + (sy / norm) * directions[d + 1]! + (sz / norm) * directions[d + 2]!,
      );
      if (!(cosine > largest)) continue;
      largest = cosine;
      if (mask === undefined || mask[fixel] !== 0) nearest = fixel;
    }
    return largest > leastCosine ? nearest : -1;
  };

  return {
    map(points, first, n) {
      for (let place = 0; place < nVoxels; place++) table[slots[place]!] = -1;
      nVoxels = 0;
      mapped.nFixels = 0;
      if (n < 2) {
        mapped.fate = "short";
        return mapped;
      }
      const nChords = tracer.trace(points, first, n);
      if (nChords < 0) {
        mapped.fate = "endless";
        return mapped;
      }
      const { voxels: crossed, chords } = tracer;
      for (let i = 0; i < nChords; i++) visit(crossed[i]!, chords[3 * i]!, chords[3 * i + 1]!, chords[3 * i + 2]!);
      const { fixels } = mapped;
      let nFixels = 0;
      for (let place = 0; place < nVoxels; place++) {
        const fixel = nearestFixel(place);
        if (fixel >= 0) fixels[nFixels++] = fixel;
      }
      sortAscending(fixels, nFixels);
      mapped.nFixels = nFixels;
      mapped.fate = nFixels > 0 ? "mapped" : nChords > 0 ? "without fixel" : "outside";
      return mapped;
    },
  };
}

/** Shorter than this insertion is quicker than the call of a native sort. */
const FEW = 48;

function sortAscending(values: Uint32Array, n: number): void {
  if (n > FEW) {
    values.subarray(0, n).sort();
    return;
  }
  for (let i = 1; i < n; i++) {
    const value = values[i]!;
    let j = i - 1;
    for (; j >= 0 && values[j]! > value; j--) values[j + 1] = values[j]!;
    values[j + 1] = value;
  }
}
