// The use case "make a store of the edges of connectomes".
import { assertNoArray, openEdgeList } from "../../../converters/edges.js";
import { convertVectors, type VectorConversion, type VectorSummary } from "../../../converters/vectors.js";
import { readSubjectList } from "../../formats/text/subject-list.js";

export interface ConvertEdgesOptions extends Omit<VectorConversion, "source"> {
  /** Text with the file of one connectome a line, looked for beside the list, then in the working directory. */
  readonly list: string;
}

export interface EdgesSummary extends VectorSummary {
  readonly nNodes: number;
  /** How connectomes were read where that is not numbers alone: sentences. */
  readonly notes: readonly string[];
}

/** Throws UsageError, InputError, BudgetError. */
export async function convertEdges({ list, ...conversion }: ConvertEdgesOptions): Promise<EdgesSummary> {
  const { memoryBytes, signal } = conversion;
  assertNoArray(list);
  const names = await readSubjectList(list, { memoryBytes, signal });
  const source = await openEdgeList({ list, names, memoryBytes, signal });
  const summary = await convertVectors({ ...conversion, source });
  return { ...summary, nNodes: source.nNodes, notes: source.notes ?? [] };
}
