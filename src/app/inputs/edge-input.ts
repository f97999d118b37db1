// Where the edges' values come from: a list of connectomes, converted into the cache, or a store of edges.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { assertNoArray, openEdgeList } from "../../../converters/edges.js";
import { InputError } from "../../errors.js";
import { nodesOfEdges } from "../../formats/connectome.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { openStore } from "../../store/open-store.js";
import type { InputOptions } from "./input-source.js";
import { resolveVectorInput, type VectorInput } from "./vector-input.js";

export interface EdgeInputOptions extends InputOptions {
  readonly isColumn?: boolean | undefined;
  /** Throws InputError. */
  readonly readList: (path: string) => Promise<string[]>;
}

export interface EdgeInput extends VectorInput {
  readonly nNodes: number;
}

/** Throws InputError, UsageError, BudgetError. */
export async function resolveEdgeInput(options: EdgeInputOptions): Promise<EdgeInput> {
  const { input, signal, memoryBytes, readList } = options;
  if (isHdf5Path(input)) {
    throw new InputError(
      `Cannot use ${input}: expected a list of connectomes or a store made by convert edges, got an .h5, which does not say which of its elements join which nodes. Test it with vectorstats.`,
      { path: input },
    );
  }
  if (existsSync(join(input, "store.json"))) assertEdges(input);
  else assertNoArray(input);
  const found = await resolveVectorInput({
    ...options,
    openSource: async () => openEdgeList({ list: input, names: await readList(input), memoryBytes, signal }),
  });
  return { ...found, nNodes: nodesOfEdges(found.nElements)! };
}

/** N nodes have as many edges with the diagonal as N + 1 without: only what was converted as edges is taken for them. Throws InputError. */
function assertEdges(path: string): void {
  const { manifest, nElements } = openStore(path, { io: "auto", verify: false });
  if (manifest.kind === "edge" && nodesOfEdges(nElements) !== undefined) return;
  throw new InputError(
    `Cannot use the store ${path}: expected edges of connectomes, got ${nElements} ${manifest.kind === "edge" ? "elements, which are the edges of no number of nodes" : `elements of kind ${manifest.kind}`}. Make one of the connectomes: convert edges LIST OUT.fxs.`,
    { path },
  );
}
