// The smallest complete analysis: 24 fixels in a row, 8 subjects in two groups, neighbours connected. Quick enough to be made for every test.
import fs from "node:fs";
import path from "node:path";
import { rawFixelData, rawMif, writeCohort } from "./make-cohort.js";
import { createRandom } from "./seeded-random.js";

export interface SmallAnalysis {
  /** Holds everything, `out` included once it is made. */
  readonly root: string;
  /** Absolute path of something in it. */
  at(...names: string[]): string;
  /** The six positional arguments. */
  readonly positionals: readonly string[];
  /** The message with the analysis's own folder taken out of every path. */
  relative(text: string): string;
}

export interface SmallAnalysisOptions {
  /** Default 24. */
  readonly nFixels?: number;
  /** Default 8. */
  readonly nSubjects?: number;
  /** Default: random, the second half of the subjects lower in the first six fixels. */
  readonly value?: (subject: number, fixel: number) => number;
  /** [fixel][neighbour, value]. Default: itself and both neighbours. */
  readonly connections?: (fixel: number, nFixels: number) => readonly (readonly [number, number])[];
}

export const fileOfSubject = (subject: number): string => `sub-${subject + 1}.mif`;

export function makeSmallAnalysis(root: string, options: SmallAnalysisOptions = {}): SmallAnalysis {
  const { nFixels = 24, nSubjects = 8 } = options;
  const random = createRandom(7);
  const value =
    options.value ?? ((subject, fixel) => random.uniform() + (subject >= nSubjects / 2 && fixel < 6 ? 0 : 0.8));
  fs.mkdirSync(root, { recursive: true });
  const at = (...names: string[]) => path.join(root, ...names);
  writeCohort(
    at("fd"),
    nFixels,
    Array.from({ length: nSubjects }, (_, subject) => [
      fileOfSubject(subject),
      rawFixelData(Float32Array.from({ length: nFixels }, (_, fixel) => value(subject, fixel))),
    ]),
  );
  fs.renameSync(at("fd", "subjects.txt"), at("subjects.txt"));
  const groups = Array.from({ length: nSubjects }, (_, subject) => (subject < nSubjects / 2 ? 0 : 1));
  fs.writeFileSync(at("design.txt"), groups.map((group) => `1 ${group}\n`).join(""));
  fs.writeFileSync(at("contrast.txt"), "0 -1\n");
  writeMatrix(at("matrix"), nFixels, options.connections ?? neighbours);
  return {
    root,
    at,
    positionals: ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"].map((name) => at(name)),
    relative: (text) => text.replaceAll(`${root}${path.sep}`, "").replaceAll(root, "."),
  };
}

function neighbours(fixel: number, nFixels: number) {
  const near = [fixel - 1, fixel, fixel + 1].filter((other) => other >= 0 && other < nFixels);
  return near.map((other) => [other, other === fixel ? 1 : 0.5] as const);
}

/** A directory as fixelconnectivity writes it. */
export function writeMatrix(
  directory: string,
  nFixels: number,
  connections: NonNullable<SmallAnalysisOptions["connections"]>,
): void {
  fs.mkdirSync(directory, { recursive: true });
  const rows = Array.from({ length: nFixels }, (_, fixel) => connections(fixel, nFixels));
  const index = new BigUint64Array(2 * nFixels);
  let first = 0;
  for (const [fixel, row] of rows.entries()) {
    index[fixel] = BigInt(row.length);
    index[nFixels + fixel] = BigInt(first);
    first += row.length;
  }
  // An image has at least one element: without connections one that no row names.
  const pairs = first === 0 ? [[0, 0] as const] : rows.flat();
  const fixels = Uint32Array.from(pairs, ([fixel]) => fixel);
  const values = Float32Array.from(pairs, ([, value]) => value);
  const write = (name: string, shape: number[], type: string, data: Uint32Array | Float32Array | BigUint64Array) =>
    fs.writeFileSync(path.join(directory, name), rawMif(shape, type, new Uint8Array(data.buffer)));
  write("index.mif", [nFixels, 1, 1, 2], "UInt64LE", index);
  write("fixels.mif", [pairs.length, 1, 1], "UInt32LE", fixels);
  write("values.mif", [pairs.length, 1, 1], "Float32LE", values);
}
