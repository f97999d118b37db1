// A small study of connectomes: matrices of several forms and triangles, designs, contrasts and permutations.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "./seeded-random.js";
import { bytesOf, npyBytes } from "./write-npy.js";

export interface Connectomes {
  readonly directory: string;
  at(name: string): string;
  readonly nSubjects: number;
  readonly nNodes: number;
  /** [subject][row][column], symmetric. */
  readonly matrices: readonly (readonly (readonly number[])[])[];
}

export interface ConnectomesOptions {
  readonly seed?: number;
  readonly nNodes?: number;
  readonly nSubjects?: number;
  readonly nShuffles?: number;
  /** plain: full matrices in text, which every reader understands. mixed: triangles, separators and .npy too. Default plain. */
  readonly forms?: "plain" | "mixed";
}

const lines = (rows: readonly (readonly number[])[], separator = " ") =>
  `${rows.map((row) => row.join(separator)).join("\n")}\n`;

/** Edges among the first nodes grow with the group. The diagonal is data, but for the first node's, which is 0 in all, as is one edge. */
export function makeConnectomes(directory: string, options: ConnectomesOptions = {}): Connectomes {
  const { seed = 1, nNodes = 9, nSubjects = 16, nShuffles = 60, forms = "plain" } = options;
  const random = createRandom(seed);
  mkdirSync(directory, { recursive: true });
  const at = (name: string) => join(directory, name);
  const names: string[] = [];
  const matrices: number[][][] = [];
  for (let s = 0; s < nSubjects; s++) {
    const own = Array.from({ length: nNodes }, () => random.normal());
    const matrix = Array.from({ length: nNodes }, () => new Array<number>(nNodes).fill(0));
    for (let i = 0; i < nNodes; i++) {
      for (let j = i; j < nNodes; j++) {
        const effect = i < 3 && j < 5 && s % 2 === 1 ? 1.2 : 0;
        const isEmpty = (i === 0 && j === 0) || (i === 1 && j === nNodes - 1);
        const value = isEmpty ? 0 : Math.fround(4 + effect + 0.5 * (own[i]! + own[j]!) + random.normal());
        matrix[i]![j] = value;
        matrix[j]![i] = value;
      }
    }
    matrices.push(matrix);
    const form = forms === "plain" ? 0 : s % 5;
    const name = `c${s}${[".csv", ".txt", ".tsv", ".npy", ".csv"][form]}`;
    const upper = matrix.map((row, i) => row.map((value, j) => (j < i ? 0 : value)));
    const lower = matrix.map((row, i) => row.map((value, j) => (j > i ? 0 : value)));
    const text = [lines(matrix, ","), lines(upper), lines(lower, "\t"), "", lines(lower, ",")][form]!;
    const npy = npyBytes({ shape: [nNodes, nNodes], data: bytesOf(Float32Array.from(matrix.flat())) });
    writeFileSync(at(name), form === 3 ? npy : text);
    names.push(name);
  }
  writeFileSync(at("list.txt"), `${names.join("\n")}\n`);
  writeFileSync(at("nodes.txt"), `${Array.from({ length: nNodes }, (_, i) => `Region ${i + 1}`).join("\n")}\n`);
  const ages = Array.from({ length: nSubjects }, () => Math.round(random.normal() * 1e4) / 1e4);
  writeFileSync(at("design.txt"), lines(ages.map((age, s) => [1, s % 2, age])));
  const contrast = [
    [0, 1, 0],
    [0, 0, -1],
  ];
  writeFileSync(at("contrast.txt"), lines(contrast));
  writeFileSync(at("ftests.txt"), "1 1\n");
  writeFileSync(at("groups.txt"), lines(ages.map((_, s) => [1 + Number(s >= nSubjects / 2)])));
  const shuffles = Array.from({ length: nShuffles }, (_, i) =>
    i === 0 ? ages.map((__, s) => s) : random.permutation(nSubjects),
  );
  const listed = (of: readonly (readonly number[])[]) => lines(ages.map((_, s) => of.map((shuffle) => shuffle[s]!)));
  writeFileSync(at("perms.txt"), listed(shuffles));
  // of -nonstationarity, without the identity; MRtrix3 looks for the base of the indices in the first row
  const others = Array.from({ length: 30 }, () => random.permutation(nSubjects));
  others[0] = [0, ...others[0]!.filter((subject) => subject !== 0)];
  writeFileSync(at("others.txt"), listed(others));
  return { directory, at, nSubjects, nNodes, matrices };
}
