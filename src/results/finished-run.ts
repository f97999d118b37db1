// The results of a run that is done, to be read again: its record, and its images as the files have them, element for element.
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { signatureOf } from "../checksum.js";
import { InputError } from "../errors.js";
import { readImageVector } from "../formats/image.js";
import type { ImageHeader } from "../formats/image-header.js";
import { pathKindOf } from "../formats/path-kind.js";
import { describeSystemError } from "../system-error.js";
import { checksumOf } from "./earlier-run.js";
import { readNumbers } from "./read-numbers.js";
import { RUN_RECORD_FILE } from "./result-folder.js";
import { postfixOf, sharedPostfixOf } from "./result-list.js";
import { type FileChecksum, RUN_RECORD_FORMAT, type RunRecord } from "./run-record.js";
import { findShards } from "./shard-file.js";

export interface FinishedRun {
  /** Of the results. */
  readonly directory: string;
  /** In front of the names of all files. */
  readonly base: string;
  readonly record: RunRecord;
  readonly kind: RunRecord["runPlan"]["kind"];
  readonly hypotheses: readonly {
    readonly name: string;
    readonly kind: "t" | "F";
    /** Of names of files; `sharedPostfix`: of those that the directions of a test share (--two-tailed). */
    readonly postfix: string;
    readonly sharedPostfix: string;
    /** Of a direction of a t-test (stats/inference/families.ts). */
    readonly test?: string;
    readonly direction?: "positive" | "negative";
  }[];
  /** Whether the run wrote a result of that name. */
  has(name: string): boolean;
  /** Throws InputError: not there, changed since, or not as large as the others. */
  read(name: string): Promise<FileValues>;
  /** One or one a variance group. */
  readDeviations(): Promise<Float64Array[]>;
}

/** In the order of the file. */
export interface FileValues {
  readonly file: string;
  readonly values: Float64Array;
  /** Of images. */
  readonly header: ImageHeader | undefined;
  /** Of texts: numbers a row. */
  readonly nColumns: number | undefined;
}

/** A directory, the prefix of results, or their run.json. `purpose`: what cannot be done, up to the colon. Throws InputError. */
export function openFinishedRun(output: string, purpose: string): FinishedRun {
  const path = findRecord(output);
  const refuse = (got: string) => {
    const shards = findShards(output);
    const remedy =
      shards === undefined
        ? "Name the output directory, or the prefix, of a run."
        : `Make the results of ${shards} first: fixelstream merge ${output}`;
    return new InputError(
      `${purpose}: expected the results of a run, with its ${RUN_RECORD_FILE}, got ${got}. ${remedy}`,
      { path: output },
    );
  };
  if (path === undefined) throw refuse("none");
  const record = readRecord(path, refuse);
  const directory = dirname(path);
  const base = basename(path).slice(0, -RUN_RECORD_FILE.length);
  const found = record.problem["hypotheses"] as readonly Omit<
    FinishedRun["hypotheses"][number],
    "postfix" | "sharedPostfix"
  >[];
  const fileOf = (name: string): string | undefined =>
    [".mif", ".nii", ".csv", ".txt"]
      .map((ending) => `${base}${name}${ending}`)
      .find((file) => record.files.includes(file));
  const read = async (name: string): Promise<FileValues> => {
    const file = fileOf(name);
    const about = `${purpose}: expected ${base}${name} among the results`;
    if (file === undefined) throw new InputError(`${about}, got none. Run the analysis again.`, { path: output });
    const place = join(directory, file);
    const listed = record.checksums?.[file];
    if (!isAsListed(place, listed)) {
      throw new InputError(
        `${purpose}: expected ${file} as the run wrote it, got another. Restore it, or run the analysis again.`,
        { path: place },
      );
    }
    if (/\.(mif|nii)$/.test(file)) {
      const { header, values } = await readImageVector(place);
      return { file, values: Float64Array.from(values), header, nColumns: undefined };
    }
    const { values, nColumns } = await readNumbers(place);
    return { file, values, header: undefined, nColumns };
  };
  return {
    ...{ directory, base, record, kind: record.runPlan.kind, read },
    hypotheses: found.map(({ name, kind, test, direction }, h) => ({
      ...{ name, kind, ...(direction && { test, direction }) },
      postfix: postfixOf({ hypotheses: found }, h),
      sharedPostfix: sharedPostfixOf({ hypotheses: found }, h),
    })),
    has: (name) => fileOf(name) !== undefined,
    async readDeviations() {
      const groups: Float64Array[] = [];
      if (fileOf("std_dev") === undefined) {
        for (let g = 0; fileOf(`std_dev${g}`) !== undefined; g++) groups.push((await read(`std_dev${g}`)).values);
        return groups;
      }
      const { values, nColumns } = await read("std_dev");
      if (record.runPlan.kind !== "vector") return [values];
      // a row a group
      for (let first = 0; first < values.length; first += nColumns!)
        groups.push(values.subarray(first, first + nColumns!));
      return groups;
    },
  };
}

/** Records of the first versions had no checksums. */
function isAsListed(path: string, listed: FileChecksum | undefined): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  if (listed === undefined) return true;
  const { sizeBytes, crc32 } = checksumOf(path);
  return sizeBytes === listed.sizeBytes && crc32 === listed.crc32;
}

function findRecord(output: string): string | undefined {
  const isRecord = (path: string) => basename(path).endsWith(RUN_RECORD_FILE) && pathKindOf(path) === "file";
  return [output, join(output, RUN_RECORD_FILE), `${output}${RUN_RECORD_FILE}`].find(isRecord);
}

function readRecord(path: string, refuse: (got: string) => InputError): RunRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw refuse(cause instanceof SyntaxError ? `a damaged ${path}` : `${path}: ${describeSystemError(cause)}`);
  }
  const record = parsed as Partial<RunRecord> | null;
  if (record?.format !== RUN_RECORD_FORMAT || !Array.isArray(record.files) || record.runPlan === undefined)
    throw refuse(`another file under the name ${path}`);
  const signature = signatureOf(parsed);
  if (signature !== undefined && signature.gotCrc32 !== signature.expectedCrc32)
    throw refuse(`a ${path} that was changed`);
  return record as RunRecord;
}
