// Analyses that would run for minutes, of files that cost next to nothing: a few subjects under many names, matrices that are holes in a file.
import { closeSync, linkSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { rawFixelData, rawMif, writeTemplate } from "./make-cohort.js";
import { writeRows } from "./make-problem.js";
import { createRandom } from "./seeded-random.js";
import { npyBytes } from "./write-npy.js";

/** Subjects that differ; the others are links to them. */
const N_DISTINCT = 8;

/** What is read as noise from `start`: one array serves all subjects. */
function makeNoise(nElements: number): (subject: number) => Float32Array {
  const random = createRandom(nElements);
  const noise = Float32Array.from({ length: nElements + 1000 * N_DISTINCT }, () => random.normal());
  return (subject) => noise.subarray(1000 * (subject % N_DISTINCT)).subarray(0, nElements);
}

/** design.txt: a constant, a group, and further columns of noise; contrast.txt tests the group `nHypotheses` times, with other weights of the rest. */
export function writeLongDesign(directory: string, nSubjects: number, nColumns = 3, nHypotheses = 1): void {
  const random = createRandom(nSubjects);
  const more = (row: number[]) => [...row, ...Array.from({ length: nColumns - 2 }, () => random.normal())];
  writeRows(
    join(directory, "design.txt"),
    Array.from({ length: nSubjects }, (_, i) => more([1, Math.floor(i / N_DISTINCT + i) % 2])),
  );
  writeRows(
    join(directory, "contrast.txt"),
    Array.from({ length: nHypotheses }, (_, h) => more([0, 1]).map((weight, j) => (j < 2 ? weight : h * weight))),
  );
}

export interface LongCohort {
  readonly nSubjects: number;
  readonly nFixels: number;
  /** Of every fixel. All are connected to fixel 0, with the value 0: no more than their number matters here. */
  readonly nConnections: number;
}

/** fd/, subjects.txt, matrix/ and a design of three columns. */
export function writeLongCohort(directory: string, { nSubjects, nFixels, nConnections }: LongCohort): void {
  const at = (...names: string[]) => join(directory, ...names);
  writeTemplate(at("fd"), nFixels);
  const noise = makeNoise(nFixels);
  const names = Array.from({ length: nSubjects }, (_, i) => `s${i}.mif`);
  for (const [i, name] of names.entries()) {
    if (i < N_DISTINCT) writeFileSync(at("fd", name), rawFixelData(noise(i)));
    else linkSync(at("fd", names[i % N_DISTINCT]!), at("fd", name));
  }
  writeFileSync(at("subjects.txt"), `${names.join("\n")}\n`);
  writeLongDesign(directory, nSubjects);
  mkdirSync(at("matrix"));
  const index = BigUint64Array.from({ length: 2 * nFixels }, (_, i) =>
    BigInt(i < nFixels ? nConnections : (i - nFixels) * nConnections),
  );
  writeFileSync(at("matrix/index.mif"), rawMif([nFixels, 1, 1, 2], "UInt64LE", new Uint8Array(index.buffer)));
  for (const [name, type] of [
    ["fixels.mif", "UInt32LE"],
    ["values.mif", "Float32LE"],
  ] as const) {
    const header = rawMif([nFixels * nConnections, 1, 1], type, new Uint8Array(0));
    writeFileSync(at("matrix", name), header);
    truncateSync(at("matrix", name), header.length + 4 * nFixels * nConnections);
  }
}

/** data.npy, f4 [nSubjects][nElements], and a design. */
export function writeLongVectors(
  directory: string,
  size: {
    readonly nSubjects: number;
    readonly nElements: number;
    readonly nColumns?: number;
    readonly nHypotheses?: number;
  },
): void {
  const { nSubjects, nElements } = size;
  const noise = makeNoise(nElements);
  const file = openSync(join(directory, "data.npy"), "wx");
  writeSync(file, npyBytes({ shape: [nSubjects, nElements], data: new Uint8Array(0) }));
  for (let i = 0; i < nSubjects; i++) writeSync(file, noise(i));
  closeSync(file);
  writeLongDesign(directory, nSubjects, size.nColumns, size.nHypotheses);
}

/** subjects.txt with many names of one text, and a design. */
export function writeLongTexts(
  directory: string,
  size: { readonly nSubjects: number; readonly nElements: number },
): void {
  const { nSubjects, nElements } = size;
  const names = Array.from({ length: nSubjects }, (_, i) => `s${i}.txt`);
  writeFileSync(join(directory, names[0]!), `${makeNoise(nElements)(0).join(" ")}\n`);
  for (const name of names.slice(1)) linkSync(join(directory, names[0]!), join(directory, name));
  writeFileSync(join(directory, "subjects.txt"), `${names.join("\n")}\n`);
  writeLongDesign(directory, nSubjects);
}

/** A number for every subject, such as a group. */
export function writeLabels(
  directory: string,
  name: string,
  nSubjects: number,
  label: (subject: number) => number,
): void {
  writeRows(
    join(directory, name),
    Array.from({ length: nSubjects }, (_, i) => [label(i)]),
  );
}
