// What tests need to stand beside the peer: where its reference data are, whether its commands are installed, the stored cases of
// fixtures/peers laid out to be run, and tiny readers that are independent of src/formats.
import { execFileSync } from "node:child_process";
import { accessSync, constants, cpSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const fixturesDirectory = join(repositoryRoot, "fixtures");

/** Reference output of ModelArray, which is not committed: beside the repository, or beside the folder of its worktrees. Undefined: not here. */
export const modelArrayPeer: string | undefined = [".", ".."]
  .map((up) => join(repositoryRoot, "..", up, "shared", "peer", "modelarray"))
  .find((path) => existsSync(path));

/** The peer's own published test data, beside a developer's checkout; absent elsewhere: then skip, visibly. */
export function peerDataDirectory(): string | undefined {
  const path = join(repositoryRoot, "..", "shared", "peer", "mrtrix3-test-data");
  return existsSync(path) ? path : undefined;
}

export function hasCommand(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Removed when the run of tests ends (temporary-root.ts). */
export function makeTemporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "fixelstream-test-"));
}

// ------------------------------------------------------------------------------------------------------------------------- stored cases

export interface Tolerance {
  relative: number;
  absolute: number;
  reason: string;
  /** What the peer does otherwise than we mean to: then the tolerance holds for an imitation of the peer only. */
  deviation?: string;
}

export interface PeerManifest {
  tool: string;
  version: string;
  command: string;
  /** The command line as run in the working directory. */
  arguments: string[];
  /** By name in the working directory; `from` is relative to fixtures/. */
  inputs: Record<string, { from: string; sha256: string }>;
  /** By name in output/. */
  outputs: Record<string, Tolerance>;
}

export function peerCaseDirectory(name: string): string {
  return join(fixturesDirectory, "peers", "mrtrix3-3.0.3", name);
}

export function readPeerManifest(name: string): PeerManifest {
  return JSON.parse(readFileSync(join(peerCaseDirectory(name), "manifest.json"), "utf8")) as PeerManifest;
}

const generated = new Map<string, string>();

/** What `from`, a generator in fixtures/, makes. It runs once a process; each directory has files of its own. */
export function layOutGenerated(from: string, directory: string): void {
  let made = generated.get(from);
  if (made === undefined) {
    made = makeTemporaryDirectory();
    execFileSync(process.execPath, [join(fixturesDirectory, from), made], { stdio: "pipe" });
    generated.set(from, made);
  }
  cpSync(made, directory, { recursive: true });
}

/** A directory in which the case's `arguments` can be run as they are: its inputs under their names. */
export function layOutPeerCase(name: string): { directory: string; manifest: PeerManifest } {
  const manifest = readPeerManifest(name);
  const directory = makeTemporaryDirectory();
  const generators = new Set<string>();
  for (const [input, { from }] of Object.entries(manifest.inputs)) {
    if (from.startsWith("make/")) generators.add(from);
    else cpSync(join(fixturesDirectory, from), join(directory, input), { recursive: true });
  }
  for (const from of generators) layOutGenerated(from, directory);
  return { directory, manifest };
}

/** A case of vectorstats: one JSON, see fixtures/make/run-peer-vectorstats.mjs. */
export interface VectorstatsCase {
  /** To be run in the directory of `layOutVectorstats`; the fourth is the prefix of the outputs. */
  arguments: string[];
  tolerances: Record<string, Tolerance>;
  /** By name without prefix and suffix; `rows` are the lines of the file, null for nan. */
  outputs: Record<string, { tolerance: string; deviation?: string; rows: (number | null)[][] }>;
}

export const vectorstatsCases: readonly string[] = ["complete", "missing", "column", "column-missing"].flatMap((data) =>
  ["pooled", "variance"].flatMap((variance) => ["t", "ttF"].map((tests) => `${data}-${variance}-${tests}`)),
);

export function readVectorstatsCase(name: string): VectorstatsCase {
  return JSON.parse(readFileSync(join(peerCaseDirectory("vectorstats"), `${name}.json`), "utf8")) as VectorstatsCase;
}

/** The inputs of all cases of vectorstats. */
export function layOutVectorstats(): string {
  const directory = makeTemporaryDirectory();
  layOutGenerated("make/generate-vectorstats.mjs", directory);
  return directory;
}

/** The first few places where |ours - stored| > absolute + relative * |stored|, as text. NaN agrees with NaN only. */
export function differences(ours: ArrayLike<number>, stored: ArrayLike<number>, tolerance: Tolerance): string[] {
  if (ours.length !== stored.length) return [`length ${ours.length}, stored ${stored.length}`];
  const found: string[] = [];
  for (let i = 0; i < ours.length && found.length < 5; i++) {
    const a = ours[i]!;
    const b = stored[i]!;
    if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (!(Math.abs(a - b) <= tolerance.absolute + tolerance.relative * Math.abs(b)))
      found.push(`[${i}] ${a}, stored ${b}`);
  }
  return found;
}

// ------------------------------------------------------------------------------------------------------------------------------ readers

export interface SmallImage {
  dim: number[];
  /** First axis fastest, whatever the layout in the file. */
  values: Float64Array;
  /** Header lines that are not about the layout; of repeated keys the last. */
  keys: Record<string, string>;
}

/** .mif and .mif.gz of Float32LE, Float64LE, UInt32LE, UInt64LE, UInt8 and Bit, without scaling and with ascending axes only. */
export function readSmallImage(path: string): SmallImage {
  let bytes = readFileSync(path);
  if (path.endsWith(".gz")) bytes = gunzipSync(bytes);
  const keys: Record<string, string> = {};
  for (const line of bytes.toString("latin1", 0, bytes.indexOf("\nEND\n")).split("\n").slice(1)) {
    const colon = line.indexOf(":");
    keys[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  const dim = keys["dim"]!.split(",").map(Number);
  const ranks = keys["layout"]!.split(",").map(Number);
  const offset = Number(keys["file"]!.split(" ")[1]);
  const reader = {
    Float32LE: (i: number) => bytes.readFloatLE(offset + 4 * i),
    Float64LE: (i: number) => bytes.readDoubleLE(offset + 8 * i),
    UInt32LE: (i: number) => bytes.readUInt32LE(offset + 4 * i),
    UInt64LE: (i: number) => Number(bytes.readBigUInt64LE(offset + 8 * i)),
    UInt8: (i: number) => bytes[offset + i]!,
    Bit: (i: number) => (bytes[offset + (i >> 3)]! >> (7 - (i & 7))) & 1,
  }[keys["datatype"]!];
  if (!reader || ranks.some((rank) => rank < 0 || Object.is(rank, -0))) throw new Error(`Not a small image: ${path}`);
  const strides = ranks.map((rank) =>
    dim.reduce((stride, size, axis) => (ranks[axis]! < rank ? stride * size : stride), 1),
  );
  const values = new Float64Array(dim.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) {
    let rest = i;
    let position = 0;
    dim.forEach((size, axis) => {
      position += (rest % size) * strides[axis]!;
      rest = Math.floor(rest / size);
    });
    values[i] = reader(position);
  }
  return { dim, values, keys };
}

/** Rows of numbers separated by blanks or commas; `#` starts a comment. */
export function readNumbers(path: string): number[][] {
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map((line) => line.split(/[\s,]+/).map(Number));
}

/** null_dist*.txt: all values on one line after the comment. */
export function readNullDistribution(path: string): number[] {
  return readNumbers(path).flat();
}

/** A permutations file as one array a shuffle, from 0. */
export function readPermutationColumns(path: string): number[][] {
  const rows = readNumbers(path);
  const base = Math.min(...rows.map((row) => row[0]!));
  return rows[0]!.map((_, column) => rows.map((row) => row[column]! - base));
}

/** A connectivity directory as fixelconnectivity writes it. */
export function readSmallConnectivity(folder: string): {
  count: Float64Array;
  offset: Float64Array;
  fixels: Float64Array;
  values: Float64Array;
} {
  const index = readSmallImage(join(folder, "index.mif")).values;
  return {
    count: index.slice(0, index.length / 2),
    offset: index.slice(index.length / 2),
    fixels: readSmallImage(join(folder, "fixels.mif")).values,
    values: readSmallImage(join(folder, "values.mif")).values,
  };
}
