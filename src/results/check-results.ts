// Results against the record of the run that wrote them: run.json has size and CRC-32 of everything that was published with it.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatCrc32, type Signature, signatureOf } from "../checksum.js";
import { InputError } from "../errors.js";
import { describeSystemError } from "../system-error.js";
import { checksumOf, isFileChecksum } from "./earlier-run.js";
import { type FileChecksum, RUN_RECORD_FORMAT } from "./run-record.js";

export interface ResultsCheck {
  /** Files that were looked at, the record included. */
  readonly files: readonly string[];
  readonly damaged: readonly {
    readonly file: string;
    /** `1200 bytes with CRC-32 0a1b2c3d`. */
    readonly expected: string;
    readonly got: string;
  }[];
  /** The record has a checksum: those of versions before it had none. */
  readonly isSigned: boolean;
}

/** `record`: name of the run record in the directory. Throws InputError when it is not one. */
export function checkResults(directory: string, record: string): ResultsCheck {
  const { checksums, signature } = readChecksums(join(directory, record));
  const damaged: ResultsCheck["damaged"][number][] = [];
  if (signature !== undefined && signature.expectedCrc32 !== signature.gotCrc32) {
    const [expected, got] = [signature.expectedCrc32, signature.gotCrc32].map((crc) => `CRC-32 ${formatCrc32(crc)}`);
    damaged.push({ file: record, expected: expected!, got: got! });
  }
  for (const [file, listed] of Object.entries(checksums)) {
    const expected = describe(listed);
    const got = describeFile(join(directory, file));
    if (got !== expected) damaged.push({ file, expected, got });
  }
  return { files: [...Object.keys(checksums), record], damaged, isSigned: signature !== undefined };
}

function readChecksums(path: string): { checksums: Record<string, FileChecksum>; signature: Signature | undefined } {
  const refuse = (got: string, cause?: unknown) =>
    new InputError(`Cannot check the results of ${path}: expected the record of a run, got ${got}.`, { path, cause });
  let record: unknown;
  try {
    record = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const got = cause instanceof SyntaxError ? `a damaged one (${cause.message})` : describeSystemError(cause);
    throw refuse(got, cause);
  }
  const { format, checksums = {} } = (record ?? {}) as Record<string, unknown>;
  if (format !== RUN_RECORD_FORMAT || checksums === null || typeof checksums !== "object") throw refuse("another file");
  const wrong = Object.entries(checksums).find(([name, sum]) => /[/\\\0]/.test(name) || !isFileChecksum(sum));
  if (wrong !== undefined) throw refuse(`a damaged one (no size and CRC-32 of ${JSON.stringify(wrong[0])})`);
  return { checksums: checksums as Record<string, FileChecksum>, signature: signatureOf(record) };
}

const describe = ({ sizeBytes, crc32 }: FileChecksum) => `${sizeBytes} bytes with CRC-32 ${formatCrc32(crc32)}`;

function describeFile(path: string): string {
  try {
    return statSync(path).isFile() ? describe(checksumOf(path)) : "something that is no file";
  } catch (cause) {
    return describeSystemError(cause);
  }
}
