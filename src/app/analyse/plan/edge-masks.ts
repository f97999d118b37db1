// Small files about the edges of connectomes: which take part, which are tested, and what nodes are called.
import { InputError } from "../../../errors.js";
import { assertSquare, edgesOfConnectome } from "../../../formats/connectome.js";
import { formatCount } from "../../../units.js";
import type { Warning } from "../../../warnings.js";
import type { InputFiles } from "../input-files.js";

export interface EdgeMask {
  /** u8 [edges]: 0 or 1. */
  readonly inside: Uint8Array;
  readonly warnings: readonly Warning[];
}

/** Edges that are neither 0 nor NaN; 0 in one triangle stands for what the other has. Throws InputError: no matrix of the nodes, directed, nothing inside. */
export async function readEdgeMask(
  role: "mask" | "posthoc",
  path: string,
  files: InputFiles,
  nNodes: number,
): Promise<EdgeMask> {
  const matrix = await files.matrix(role, path);
  assertSquare(matrix, path);
  if (matrix.nRows !== nNodes) {
    throw new InputError(
      `Cannot use -${role} ${path}: expected ${formatCount(nNodes, "nodes")}, as the connectomes have, got ${matrix.nRows}. Make it for the nodes of these connectomes.`,
      { path },
    );
  }
  const edges = edgesOfConnectome(matrix, path);
  const inside = Uint8Array.from(edges, (value) => Number(value !== 0 && !Number.isNaN(value)));
  if (!inside.includes(1)) {
    throw new InputError(
      `Cannot use -${role} ${path}: expected at least one edge that is not 0, got none. Is it the right file?`,
      { path },
    );
  }
  const odd = edges.filter((value) => value !== 0 && value !== 1);
  if (odd.length === 0) return { inside, warnings: [] };
  const nOut = odd.filter(Number.isNaN).length;
  const message = `-${role} ${path} has ${formatCount(odd.length, "values")} of ${edges.length} that ${odd.length === 1 ? "is" : "are"} neither 0 nor 1: they count ${odd.length - nOut} in (not 0) and ${nOut} out (NaN).`;
  return { inside, warnings: [{ tag: "mask-values", message }] };
}

/** One a line. Throws InputError: another number than nodes, one twice. */
export async function readNodeNames(path: string, files: InputFiles, nNodes: number): Promise<readonly string[]> {
  const names = (await files.list("nodes", path)).map((name) => name.trim());
  if (names.length !== nNodes) {
    throw new InputError(
      `Cannot use --nodes ${path}: expected ${formatCount(nNodes, "names")}, one a line and node, got ${names.length}. Give the names of these connectomes' nodes, in their order.`,
      { path },
    );
  }
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) {
    const name = names[twice]!;
    throw new InputError(
      `Cannot use --nodes ${path}: expected names that differ, got ${name} for nodes ${names.indexOf(name) + 1} and ${twice + 1}. Tell them apart.`,
      { path },
    );
  }
  return names;
}
