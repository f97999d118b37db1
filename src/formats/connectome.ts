// Connectomes as elements: the edges of N nodes are the upper triangle of a symmetric matrix with its diagonal, row by row. MRtrix3: connectome/mat2vec.h.
import { InputError } from "../errors.js";

export interface SquareMatrix {
  readonly nRows: number;
  readonly nColumns: number;
  /** [nRows x nColumns], row-major. */
  readonly values: ArrayLike<number>;
}

/** Nodes of the largest connectome: two of them fit into 32 bits. */
export const MOST_NODES = 65_536;

export const countEdges = (nNodes: number): number => (nNodes * (nNodes + 1)) / 2;

/** Undefined: no number of nodes has so many edges. */
export function nodesOfEdges(nEdges: number): number | undefined {
  const nNodes = Math.round((Math.sqrt(8 * nEdges + 1) - 1) / 2);
  return nNodes >= 1 && countEdges(nNodes) === nEdges ? nNodes : undefined;
}

/** i <= j, both from 0. */
export const edgeOf = (i: number, j: number, nNodes: number): number => j + nNodes * i - (i * (i + 1)) / 2;

/** Calls for each edge in order, i <= j. */
export function forEachEdge(nNodes: number, visit: (edge: number, i: number, j: number) => void): void {
  let edge = 0;
  for (let i = 0; i < nNodes; i++) for (let j = i; j < nNodes; j++) visit(edge++, i, j);
}

/** Throws InputError: not square, too large. */
export function assertSquare({ nRows, nColumns }: Pick<SquareMatrix, "nRows" | "nColumns">, path: string): void {
  if (nRows !== nColumns) {
    throw new InputError(
      `Cannot use ${path}: expected a square matrix, a row and a column a node, got ${nRows} x ${nColumns}. Is it the right file?`,
      { path },
    );
  }
  if (nRows > MOST_NODES) {
    throw new InputError(`Cannot use ${path}: expected at most ${MOST_NODES} nodes, got ${nRows}.`, { path });
  }
}

/**
 * f64 [edges]. A zero stands for what the other triangle has, so full, upper and lower triangles can be mixed. Throws InputError where both triangles have a
 * value and they are not equal: the connectome is directed. `Deviation:` two NaN are equal; MRtrix3 calls such a pair directed.
 */
export function edgesOfConnectome(matrix: SquareMatrix, path: string): Float64Array {
  assertSquare(matrix, path);
  const { nRows: nNodes, values } = matrix;
  const edges = new Float64Array(countEdges(nNodes));
  const different = { count: 0, largest: 0, first: "" };
  forEachEdge(nNodes, (edge, i, j) => {
    const [upper, lower] = [values[i * nNodes + j]!, values[j * nNodes + i]!];
    edges[edge] = upper === 0 ? lower : upper;
    if (upper === 0 || lower === 0 || upper === lower || (Number.isNaN(upper) && Number.isNaN(lower))) return;
    different.count++;
    const difference = Math.abs(upper - lower);
    if (!(difference <= different.largest)) different.largest = difference;
    if (different.count === 1) {
      different.first = `${upper} in row ${i + 1}, column ${j + 1} and ${lower} in row ${j + 1}, column ${i + 1}`;
    }
  });
  if (different.count > 0) throw directed(path, different);
  return edges;
}

function directed(path: string, { count, largest, first }: { count: number; largest: number; first: string }) {
  const size = Number.isNaN(largest) ? "" : `, by ${Number(largest.toPrecision(3))} at most`;
  const more =
    count === 1 ? size.replace(" at most", "") : ` (counting from 1), one of ${count} pairs that differ${size}`;
  return new InputError(
    `Cannot use ${path}: expected a symmetric matrix (an undirected connectome), or 0 in one triangle, got ${first}${more}. If the mean of both is meant, average the matrix with its transpose.`,
    { path },
  );
}
