// The small cohort of fixtures/make/hdf5-h5py.py and hdf5-rhdf5.R: what its values are, where its files are, and whether their makers are installed.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { openColumnSource } from "../../src/store/open-column-source.js";
import { openStore } from "../../src/store/open-store.js";
import { fixturesDirectory } from "./peer.js";

export const hdf5Fixtures = join(fixturesDirectory, "hdf5");
export const nSubjects = 6;
export const nFixels = 50;
export const subjectNames = Array.from({ length: nSubjects }, (_, i) => `sub-${String(i + 1).padStart(2, "0")}.mif`);

/** [subjects][fixels], exact in float32. */
export const cohortValues = (subjects = nSubjects): number[] =>
  Array.from({ length: subjects * nFixels }, (_, i) => {
    const subject = Math.floor(i / nFixels) % nSubjects;
    return (subject + 1) / 2 + (i % nFixels) / 8;
  });

export interface LayoutCase {
  readonly file: string;
  /** Why it cannot be used where it lies; undefined: it can. */
  readonly obstacle?: RegExp;
  /** Added to every value. */
  readonly offset?: number;
  /** Multiplies every value: integers. */
  readonly factor?: number;
  readonly nSubjects?: number;
  /** Has /fixels and /voxels. */
  readonly hasTables?: boolean;
}

export const H5PY_CASES: readonly LayoutCase[] = [
  { file: "h5py-contiguous-float32.h5", hasTables: true },
  { file: "h5py-contiguous-float64.h5", hasTables: true },
  { file: "h5py-contiguous-latest.h5", hasTables: true },
  { file: "h5py-contiguous-userblock.h5" },
  { file: "h5py-contiguous-needs-float64.h5", offset: 1e-9 },
  { file: "h5py-names-fixed-length.h5" },
  { file: "h5py-big-endian.h5", obstacle: /got float32 in big-endian order/ },
  { file: "h5py-transposed.h5", obstacle: /got elements x subjects/ },
  { file: "h5py-transposed-gzip.h5", obstacle: /got compressed chunks of 16 x 4/ },
  { file: "h5py-gzip-all-subjects.h5", obstacle: /got compressed chunks of 6 x 16/, hasTables: true },
  { file: "h5py-gzip-32x32.h5", obstacle: /got compressed chunks of 32 x 32/, nSubjects: 40 },
  { file: "h5py-gzip-one-chunk.h5", obstacle: /got compressed chunks of 6 x 50/ },
  { file: "h5py-gzip-latest.h5", obstacle: /got compressed chunks of 4 x 16/ },
  { file: "h5py-chunks-plain.h5", obstacle: /got uncompressed chunks of 2 x 7/ },
  { file: "h5py-chunks-fletcher.h5", obstacle: /got compressed chunks of 2 x 7/ },
  { file: "h5py-integers.h5", obstacle: /got uncompressed chunks of 3 x 20/, factor: 8 },
];

export const RHDF5_CASES: readonly LayoutCase[] = [
  { file: "rhdf5-float32.h5" },
  { file: "rhdf5-default.h5", obstacle: /got compressed chunks of 6 x 50/ },
  { file: "rhdf5-chunks.h5", obstacle: /got compressed chunks of 6 x 32/, hasTables: true },
];

const answers = (command: string, ...tokens: string[]) => spawnSync(command, tokens, { stdio: "pipe" }).status === 0;

/** apt-get install python3-h5py */
export const PYTHON = "/usr/bin/python3";
export const hasH5py = answers(PYTHON, "-c", "import h5py");
/** apt-get install r-bioc-rhdf5 */
export const hasRhdf5 = answers("Rscript", "-e", "library(rhdf5)");

export function makeWithH5py(directory: string): void {
  execFileSync(PYTHON, [join(fixturesDirectory, "make", "hdf5-h5py.py"), directory], { stdio: "pipe" });
}

export function makeWithRhdf5(directory: string): void {
  execFileSync("Rscript", [join(fixturesDirectory, "make", "hdf5-rhdf5.R"), directory], { stdio: "pipe" });
}

/** What a Python program prints, parsed as JSON. */
export function askPython<T>(program: string, ...values: string[]): T {
  const options = { encoding: "utf8", maxBuffer: 2 ** 26 } as const;
  return JSON.parse(execFileSync(PYTHON, ["-c", program, ...values], options)) as T;
}

/** Numbers that an R program prints with cat, one a blank. */
export function askR(program: string, ...values: string[]): number[] {
  const code = `suppressMessages(library(rhdf5)); args <- commandArgs(trailingOnly = TRUE); ${program}`;
  const output = execFileSync("Rscript", ["-e", code, ...values], { encoding: "utf8", maxBuffer: 2 ** 26 });
  return output.trim().split(/\s+/).map(Number);
}

/** All values of a store's scalar, [subjects][elements], and its subjects' names. */
export function readStoreMatrix(path: string, scalar: string): { values: number[]; names: string[]; type: string } {
  const store = openStore(path, { io: "read" });
  const spec = store.spec(scalar);
  const source = openColumnSource(spec);
  const Values = spec.elementType === "f32" ? Float32Array : Float64Array;
  const values = new Values(source.nRows * source.nElements);
  source.copyColumnsInto(new Uint8Array(values.buffer), 0, source.nElements);
  source.close();
  return { values: Array.from(values), names: store.subjectNames(scalar), type: spec.elementType };
}
