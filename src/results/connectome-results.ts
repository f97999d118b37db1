// Results of edges: symmetric matrices of nodes x nodes, named `<prefix>NAME.csv`, the prefix glued on, and null distributions as rows.
// `Deviation:` 3.0.3 wrote cond, abs_effect, std_effect and std_dev without the prefix, into the working directory; 3.0.8 writes them as here.
import { statSync } from "node:fs";
import { InputError } from "../errors.js";
import { forEachEdge } from "../formats/connectome.js";
import type { ResultFiles } from "./result-files.js";
import { openResultFolder } from "./result-folder.js";
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
  const slash = prefix.lastIndexOf("/") + 1;
  const directory = slash === 0 ? "." : prefix.slice(0, slash);
  const base = prefix.slice(slash);
  const purpose = `Cannot write results to ${prefix}*.csv`;
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(
      `${purpose}: expected an existing directory ${directory}, got none. Make it first; the prefix is put in front of every file name as it is.`,
      { path: directory },
    );
  }
  const all = listResults(results);
  const nNumbers = all.reduce(
    (sum, { role, count }) => sum + (role === "null" ? results.nShuffles : count * nNodes ** 2),
    0,
  );
  const bytes = nNumbers * NUMBER_BYTES;
  const folder = openResultFolder({
    ...{ directory, path: prefix, purpose, bytes, base, overwrite: inputs.overwrite, rehearse: inputs.rehearse },
    files: all.flatMap((result) => filesOf(result, base)),
    remedy: "Choose another prefix for the results.",
    existing: "exist already. Give another prefix, or -force to overwrite.",
  });
  const matrix = { digits: MATRIX_DIGITS, separator: ",", commandHistory } as const;
  return {
    directory,
    earlier: folder.earlier,
    bytes,
    copied: {},
    describeInput() {},
    async write(result, images, signal) {
      for (const [i, name] of filesOf(result, base).entries()) {
        const path = folder.pathOf(name);
        if (result.role === "null")
          await writeNumbers(path, [images[i]!], { digits: ROW_DIGITS, separator: " ", commandHistory }, signal);
        else await writeNumbers(path, rowsOf(inputs, result, images[i]!), matrix, signal);
      }
    },
    publish: folder.publish,
    discard: folder.discard,
  };
}

function filesOf({ role, name, count, grouped }: Result, base: string): string[] {
  if (role === "null") return [`${base}${name}.txt`];
  if (role === "factor") return Array.from({ length: count }, (_, i) => `${base}${name}_${i}.csv`);
  if (grouped) return Array.from({ length: count }, (_, i) => `${base}${name}${i}.csv`);
  return [`${base}${name}.csv`];
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
