// What connects elements into clusters: the fixel-fixel connectivity where it is at hand, neighbouring voxels, shared nodes.
import { type MatrixDirectory, openMatrixDirectory } from "../../connectivity/matrix-directory.js";
import { isFixelstreamError } from "../../errors.js";
import { edgeOf } from "../../formats/connectome.js";
import { nodesOfEdge, type VisitNeighbours } from "../../report/clusters.js";
import type { Geometry, Network } from "../../report/report-data.js";

export interface Neighbours {
  readonly visit: VisitNeighbours;
  /** `connected over the fixel-fixel connectivity in matrix/` */
  readonly words: string;
  /** Of each element 1 where it is connected with no other; undefined: not known, or of no use. */
  readonly unconnected?: Float32Array | undefined;
  /** Why it is not what it should be. */
  readonly remark?: string | undefined;
  close(): void;
}

/** Fixels of one voxel or of neighbours run alike within this angle: its cosine. 45 degrees. */
const ALIKE = Math.SQRT1_2;

/** `directory`: of the connectivity matrix, as the run had it. */
export function fixelNeighbours(directory: string | undefined, nFixels: number, geometry: Geometry): Neighbours {
  const byPlace = (remark: string): Neighbours => ({
    visit: placeNeighbours(geometry, 26),
    words: "connected over the 26 neighbouring voxels, fixels within 45° of each other",
    remark,
    close() {},
  });
  if (directory === undefined)
    return byPlace("The run had no connectivity matrix: clusters are made of neighbouring voxels.");
  try {
    const matrix = openMatrixDirectory(directory, nFixels);
    return {
      unconnected: unconnectedOf(matrix),
      words: `connected over the fixel-fixel connectivity in ${directory}`,
      visit: rowsAhead(matrix),
      close: () => matrix.close(),
    };
  } catch (error) {
    if (!isFixelstreamError(error)) throw error;
    return byPlace(
      `The connectivity ${directory} cannot be read any more: clusters are made of neighbouring voxels, fixels within 45° of each other.`,
    );
  }
}

/** Rows that are looked at together. */
const ROWS = 65_536;
/** Connections that are read together where fixels follow closely on each other: 2 MiB. */
const MOST_AHEAD = 2 ** 19;

/** Fixels ascend: the rows of many are read at once, and ahead of them ever more connections, as long as what was read is used. */
function rowsAhead(matrix: MatrixDirectory): VisitNeighbours {
  const counts = new Float64Array(ROWS);
  const firsts = new Float64Array(ROWS);
  let rows = -1;
  let held = new Uint32Array(0);
  let [begin, end] = [0, 0];
  let ahead = 0;
  const readFrom = (first: number, count: number): void => {
    const isNear = first >= begin && first <= end + ahead;
    ahead = isNear ? Math.min(MOST_AHEAD, Math.max(2 * ahead, 4 * count)) : 0;
    const wanted = Math.max(count, Math.min(ahead, matrix.nConnections - first));
    if (held.length < wanted) held = new Uint32Array(Math.max(wanted, 4096));
    matrix.copyConnectedInto(held, first, wanted);
    [begin, end] = [first, first + wanted];
  };
  return (fixel, visit) => {
    const block = Math.floor(fixel / ROWS);
    if (block !== rows) {
      matrix.copyRowsInto(counts, firsts, block * ROWS, Math.min(ROWS, matrix.nFixels - block * ROWS));
      rows = block;
    }
    const [count, first] = [counts[fixel - block * ROWS]!, firsts[fixel - block * ROWS]!];
    if (count === 0) return;
    if (first < begin || first + count > end) readFrom(first, count);
    for (let i = first - begin; i < first - begin + count; i++) visit(held[i]!);
  };
}

function unconnectedOf(matrix: MatrixDirectory): Float32Array {
  const out = new Float32Array(matrix.nFixels);
  const counts = new Float64Array(ROWS);
  const firsts = new Float64Array(ROWS);
  const only = new Uint32Array(1);
  for (let first = 0; first < out.length; first += ROWS) {
    const n = Math.min(ROWS, out.length - first);
    matrix.copyRowsInto(counts, firsts, first, n);
    for (let i = 0; i < n; i++) {
      if (counts[i]! > 1) continue;
      if (counts[i] === 1) matrix.copyConnectedInto(only, firsts[i]!, 1);
      // itself is nobody else
      if (counts[i] === 0 || only[0] === first + i) out[first + i] = 1;
    }
  }
  return out;
}

/** Voxels that share a face (6), or a face, an edge or a corner (26); fixels of the same and of neighbouring voxels that run alike. */
export function placeNeighbours(
  { dimensions: [nx, ny, nz], voxelOf, directions }: Geometry,
  connectivity: 6 | 26,
): VisitNeighbours {
  const elementsAt = new Map<number, number[]>();
  for (const [element, voxel] of voxelOf.entries()) {
    const there = elementsAt.get(voxel);
    if (there === undefined) elementsAt.set(voxel, [element]);
    else there.push(element);
  }
  const areAlike = (a: number, b: number): boolean =>
    directions === undefined ||
    Math.abs([0, 1, 2].reduce((sum, i) => sum + directions[3 * a + i]! * directions[3 * b + i]!, 0)) >= ALIKE;
  return (element, visit) => {
    const voxel = voxelOf[element]!;
    const [x, y, z] = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / nx / ny)];
    for (let dz = -1; dz <= 1; dz++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (connectivity === 6 && Math.abs(dx) + Math.abs(dy) + Math.abs(dz) > 1) continue;
          const [a, b, c] = [x + dx, y + dy, z + dz];
          if (a < 0 || b < 0 || c < 0 || a >= nx || b >= ny || c >= nz) continue;
          for (const other of elementsAt.get(a + nx * (b + ny * c)) ?? [])
            if (other !== element && areAlike(element, other)) visit(other);
        }
      }
    }
  };
}

/** Edges that share a node. */
export function edgeNeighbours({ nNodes }: Network): VisitNeighbours {
  return (edge, visit) => {
    for (const node of nodesOfEdge(edge, nNodes))
      for (let other = 0; other < nNodes; other++) visit(edgeOf(Math.min(node, other), Math.max(node, other), nNodes));
  };
}
