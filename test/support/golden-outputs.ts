// What test/golden hashes: the values of a run's outputs, never their bytes. Readers of its own (peer.ts): what writes them is what is to be rebuilt.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readSmallImage } from "./peer.js";
import { isOfReport } from "./report-files.js";

/** First 16 hex digits of SHA-256 of the values; for images a blank and 8 of the header's keys. */
export type Hashes = Record<string, string>;

/** What a run says of how it ran. A twin that ran as its plain twin did would show nothing. */
export interface RunFacts {
  readonly nBatches: number;
  readonly wideBatches: number;
}

const digest = (data: string | Uint8Array, digits = 16) =>
  createHash("sha256").update(data).digest("hex").slice(0, digits);

/** Where a run's outputs are: those of `directory` whose names begin with `prefix`. */
export interface OutputPlace {
  readonly directory: string;
  readonly prefix: string;
}

/** One entry a file, by name without the prefix; of run.json its stable part. */
export function hashOutputs({ directory, prefix }: OutputPlace): Hashes {
  const names = readdirSync(directory).filter(
    (name) => name.startsWith(prefix) && !isOfReport(name.slice(prefix.length)),
  );
  const entries = names.sort().map((name) => [name.slice(prefix.length), hashFile(join(directory, name))] as const);
  return Object.fromEntries(entries);
}

/** Without the headers' hashes, and whatever the images' ending. */
export function valuesOnly(hashes: Hashes): Hashes {
  return Object.fromEntries(
    Object.entries(hashes).map(([name, hash]) => [name.replace(/\.nii$/, ".mif"), hash.split(" ")[0]!]),
  );
}

/** Differences as sentences without the case: file, what, and both hashes. */
export function compareHashes(found: Hashes, wanted: Hashes): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort().flatMap((name) => {
    const [is, was] = [found[name], wanted[name]];
    if (is === was) return [];
    if (is === undefined) return [`${name}: is not written any more`];
    if (was === undefined) return [`${name}: was not written before`];
    const what = is.split(" ")[0] === was.split(" ")[0] ? "header" : "values";
    return [`${name}: other ${what} (hash ${is}, expected ${was})`];
  });
}

function hashFile(path: string): string {
  if (path.endsWith(".mif")) return `${hashValues(readSmallImage(path))} ${digest(mifKeys(path), 8)}`;
  if (path.endsWith(".nii")) return hashNifti(path);
  if (path.endsWith("run.json")) return digest(JSON.stringify(stableRecord(path)));
  return digest(textNumbers(path));
}

/** f64 bits with one NaN, so that -0 is not 0; the dimensions count. */
function hashValues({ dim, values }: { dim: readonly number[]; values: ArrayLike<number> }): string {
  const canonical = Float64Array.from(values, (value) => (Number.isNaN(value) ? Number.NaN : value));
  const shape = `${dim.join("x")}:`;
  return digest(Buffer.concat([Buffer.from(shape), new Uint8Array(canonical.buffer)]));
}

/** All lines but the dimensions (hashed with the values), those that name the command or a version, and the offset, which depends on their length. */
function mifKeys(path: string): string {
  const text = readFileSync(path, "latin1");
  const lines = text.slice(0, text.indexOf("\nEND\n")).split("\n").slice(1);
  return lines.filter((line) => !/^(dim|file|command_history|\w*version):/.test(line)).join("\n");
}

/** Float32, little-endian, as ours are. */
function hashNifti(path: string): string {
  const bytes = readFileSync(path);
  const [isVersion1, float32] = [bytes.readInt32LE(0) === 348, 16];
  if (!isVersion1) throw new Error(`Not NIfTI-1: ${path}`);
  const dim = Array.from({ length: bytes.readInt16LE(40) }, (_, axis) => bytes.readInt16LE(42 + 2 * axis));
  while (dim.length < 3) dim.push(1);
  const count = dim.reduce((a, b) => a * b, 1);
  const offset = bytes.readFloatLE(108);
  const read = bytes.readInt16LE(70) === float32 ? bytes.readFloatLE : bytes.readUInt32LE;
  const values = Float64Array.from({ length: count }, (_, i) => read.call(bytes, offset + 4 * i));
  return `${hashValues({ dim, values })} ${digest(bytes.subarray(0, 348), 8)}`;
}

/** As printed, comments and separators apart: every digit counts. */
function textNumbers(path: string): string {
  const lines = readFileSync(path, "utf8").split("\n");
  const rows = lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  const numbers = rows.map((row) => row.split(/[\s,]+/));
  const odd = numbers
    .flat()
    .find((number) => number !== "nan" && Number.isNaN(Number(number.replace("inf", "Infinity"))));
  if (odd !== undefined) throw new Error(`Not a number in ${path}: ${odd}`);
  return numbers.map((row) => row.join(",")).join("\n");
}

// ------------------------------------------------------------------------------------------------------------------------------- run.json

/** The one place that knows the names in run.json: where they move, this moves with them, and no hash. */
function stableRecord(path: string): unknown {
  const { problem, results, warnings } = JSON.parse(readFileSync(path, "utf8"));
  const { varianceGroups, ...ofVectors } = problem; // of fixels only, when the hashes were made
  return {
    problem: sorted("nFixels" in problem ? problem : ofVectors),
    hypotheses: results.hypotheses.map(({ name, significant, largestFwe }: Record<string, unknown>) => ({
      name,
      significant,
      largestFwe,
    })),
    // io-fallback is about the machine
    warnings: warnings.map(({ tag }: { tag: string }) => tag).filter((tag: string) => tag !== "io-fallback"),
  };
}

export function readFacts({ directory, prefix }: OutputPlace): RunFacts {
  const { plan, results } = JSON.parse(readFileSync(join(directory, `${prefix}run.json`), "utf8"));
  return { nBatches: plan.nBatches, wideBatches: results.wideBatches ?? 0 };
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
