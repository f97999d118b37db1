// What a conversion has done so far, one JSON value a line, in the partial directory: the plan first, then a line for every group of subjects whose
// values are on the disk; every line with its own checksum. A run that is killed and started again with the same plan continues after the last whole line.
import fs from "node:fs";
import { promisify } from "node:util";
import { signatureOf, signed } from "../checksum.js";
import type { VoxelIdentity } from "./manifest.js";
import type { Rectangle } from "./write-rectangle.js";

export const JOURNAL_FILE = "journal.ndjson";

/** What must be equal for a partial store to be continued. */
export interface JournalPlan {
  readonly formatVersion: number;
  readonly kind: string;
  readonly scalar: string;
  readonly nSubjects: number;
  readonly nElements: number;
  readonly blockWidth: number;
  readonly elementType: "f32" | "f64";
  /** Of kind voxel: which values of the inputs are taken. */
  readonly voxels?: VoxelIdentity;
  /** Of values that are computed: what they depend on beside the inputs. */
  readonly recipe?: string;
  /** Name, path, size and modification time of everything that is read. */
  readonly inputs: readonly { name: string; path: string; sizeBytes: number; mtimeMs: number }[];
}

export interface JournalEntry {
  readonly firstSubject: number;
  /** Of the source files of subjects firstSubject, firstSubject + 1, .. */
  readonly sourceCrc32: readonly number[];
  /** Of the values of each of them as they were given, [nElements] of the element type: what is on the disk must agree before it is believed. */
  readonly valuesCrc32: readonly number[];
}

/** A part of a matrix that comes in rectangles: of some elements of some subjects, as its source counts them. */
export interface JournalPart extends Rectangle {
  /** Of the values as they were written, [nSubjects][nElements]: what is on the disk must agree before it is believed. */
  readonly valuesCrc32: number;
  /** Of each row of the part as its source has it. */
  readonly rowCrc32: readonly number[];
  /** Values in it that stand for none. */
  readonly nMissing: number;
}

export interface JournalContents {
  readonly plan: JournalPlan;
  readonly entries: readonly JournalEntry[];
  /** Undefined: none. */
  readonly parts?: readonly JournalPart[];
  /** Bytes of whole lines; what follows was being written when the run was killed. */
  readonly validBytes: number;
}

/** Undefined when there is no journal, or none with a whole first line. What follows a line that cannot be, or is not as it was written, is not believed. */
export function readJournal(path: string): JournalContents | undefined {
  if (!fs.existsSync(path)) return undefined;
  let plan: JournalPlan | undefined;
  const entries: JournalEntry[] = [];
  const parts: JournalPart[] = [];
  let validBytes = 0;
  const text = fs.readFileSync(path, "utf8");
  for (const line of text.split("\n").slice(0, -1)) {
    const value = parseLine(line); // torn by a power failure, perhaps
    if (plan === undefined) {
      if (!isPlan(value)) return undefined;
      plan = value;
    } else if (isEntry(value, plan.nSubjects)) entries.push(value);
    else if (isPart(value, plan)) parts.push(value);
    else break;
    validBytes += Buffer.byteLength(line) + 1;
  }
  return plan && { plan, entries, ...(parts.length > 0 && { parts }), validBytes };
}

function parseLine(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    const signature = signatureOf(value);
    if (signature === undefined || signature.expectedCrc32 !== signature.gotCrc32) return undefined;
    const { crc32: _, ...rest } = value as { crc32: number };
    return rest;
  } catch {
    return undefined;
  }
}

function isPlan(value: unknown): value is JournalPlan {
  if (value === null || typeof value !== "object") return false;
  const { scalar, nSubjects, elementType, inputs } = value as Record<string, unknown>;
  const isType = elementType === "f32" || elementType === "f64";
  return typeof scalar === "string" && Number.isSafeInteger(nSubjects) && isType && Array.isArray(inputs);
}

function isEntry(value: unknown, nSubjects: number): value is JournalEntry {
  if (value === null || typeof value !== "object") return false;
  const { firstSubject, sourceCrc32, valuesCrc32 } = value as Record<string, unknown>;
  if (!isListOfNumbers(sourceCrc32) || !isListOfNumbers(valuesCrc32)) return false;
  return (
    sourceCrc32.length === valuesCrc32.length &&
    Number.isSafeInteger(firstSubject) &&
    (firstSubject as number) >= 0 &&
    (firstSubject as number) + sourceCrc32.length <= nSubjects
  );
}

function isPart(value: unknown, plan: JournalPlan): value is JournalPart {
  if (value === null || typeof value !== "object") return false;
  const { rowCrc32, ...numbers } = value as Record<string, unknown>;
  const { firstSubject, nSubjects, firstElement, nElements, valuesCrc32, nMissing } = numbers as Record<string, number>;
  return (
    isListOfNumbers([firstSubject, nSubjects, firstElement, nElements, valuesCrc32, nMissing]) &&
    isListOfNumbers(rowCrc32) &&
    rowCrc32.length === nSubjects &&
    Math.min(firstSubject!, firstElement!, nMissing!) >= 0 &&
    Math.min(nSubjects!, nElements!) >= 1 &&
    firstSubject! + nSubjects! <= plan.nSubjects &&
    firstElement! + nElements! <= plan.nElements
  );
}

const isListOfNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((number) => Number.isSafeInteger(number));

/** The same order of keys on both sides makes text the comparison. */
export function isSamePlan(one: JournalPlan, other: JournalPlan): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export interface JournalWriter {
  append(line: JournalPlan | JournalEntry | JournalPart): void;
  /** Resolves when every line is on the disk. Other threads do the waiting. */
  sync(): Promise<void>;
  close(): void;
}

/** Appends to `path` after its first `validBytes`; 0 begins it anew. */
export function openJournal(path: string, validBytes: number): JournalWriter {
  const fd = fs.openSync(path, validBytes === 0 ? "w" : "r+");
  fs.ftruncateSync(fd, validBytes);
  let end = validBytes;
  return {
    append(line) {
      const bytes = Buffer.from(`${JSON.stringify(signed(line))}\n`);
      for (let done = 0; done < bytes.byteLength; ) {
        done += fs.writeSync(fd, bytes, done, bytes.byteLength - done, end + done);
      }
      end += bytes.byteLength;
    },
    sync: () => promisify(fs.fdatasync)(fd),
    close: () => fs.closeSync(fd),
  };
}
