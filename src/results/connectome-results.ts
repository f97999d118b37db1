// Results of edges: symmetric matrices of nodes x nodes, named `<prefix>NAME.csv`, the prefix glued on, and null distributions as rows.
// `Deviation:` 3.0.3 wrote cond, abs_effect, std_effect and std_dev without the prefix, into the working directory; 3.0.8 writes them as here.
import { forEachEdge } from "../formats/connectome.js";
import { openPrefixFolder } from "./prefix-folder.js";
import type { ResultFiles } from "./result-files.js";
import { listResults, type Result, type ResultSpec, type ResultValues } from "./result-list.js";
import { MATRIX_DIGITS, NUMBER_BYTES, ROW_DIGITS, writeNumbers } from "./write-numbers.js";

export interface ConnectomeResultInputs {
  /** As typed: `out/x_` gives out/x_beta_0.csv, `out/` gives out/beta_0.csv. */
  readonly prefix: string;
  readonly nNodes: number;
  /** u32 [nElements]: edges that were analysed, ascending. */
  readonly edges: Uint32Array;
  readonly results: ResultSpec;
  readonly commandHistory: string;
  readonly overwrite: boolean;
  /** As ResultFolderInputs. */
  readonly rehearse: boolean;
}

/** Throws InputError: exists already, no such directory, cannot be written, disk too small. */
export function openConnectomeResults(inputs: ConnectomeResultInputs): ResultFiles {
  const { prefix, results, nNodes, commandHistory } = inputs;
  const all = listResults(results);
  const nNumbers = all.reduce(
    (sum, { role, count }) => sum + (role === "null" ? results.nShuffles : count * nNodes ** 2),
    0,
  );
  const bytes = nNumbers * NUMBER_BYTES;
  const { pathOf, files } = openPrefixFolder({
    ...{ prefix, ending: "csv", bytes, overwrite: inputs.overwrite, rehearse: inputs.rehearse },
    names: all.flatMap(namesOf),
  });
  const matrix = { digits: MATRIX_DIGITS, separator: ",", commandHistory } as const;
  return {
    ...files,
    async write(result, images, signal) {
      for (const [i, name] of namesOf(result).entries()) {
        const path = pathOf(name);
        if (result.role === "null")
          await writeNumbers(path, [images[i]!], { digits: ROW_DIGITS, separator: " ", commandHistory }, signal);
        else await writeNumbers(path, rowsOf(inputs, result, images[i]!), matrix, signal);
      }
    },
  };
}

function namesOf({ role, name, count, grouped }: Result): string[] {
  if (role === "null") return [`${name}.txt`];
  if (role === "factor") return Array.from({ length: count }, (_, i) => `${name}_${i}.csv`);
  if (grouped) return Array.from({ length: count }, (_, i) => `${name}${i}.csv`);
  return [`${name}.csv`];
}

/** Both triangles. NaN where an edge was not analysed, 0 where it was not tested. */
function rowsOf(
  { nNodes, edges, results: { eligible } }: ConnectomeResultInputs,
  { role }: Result,
  values: ResultValues,
): Float64Array[] {
  const rows = Array.from({ length: nNodes }, () => new Float64Array(nNodes).fill(Number.NaN));
  let element = 0;
  forEachEdge(nNodes, (edge, i, j) => {
    if (edges[element] !== edge) return;
    const value = role === "tested" && eligible?.[element] === 0 ? 0 : values[element]!;
    rows[i]![j] = value;
    rows[j]![i] = value;
    element++;
  });
  return rows;
}
