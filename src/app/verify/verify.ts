// The use case "is this store whole": every checksum, and for damaged blocks the subjects whose values are no longer those of their files.
import fs from "node:fs";
import path from "node:path";
import { isFixelstreamError } from "../../errors.js";
import { openImage } from "../../formats/image.js";
import { bytesPerValue } from "../../store/element-type.js";
import type { Manifest, SourceEntry } from "../../store/manifest.js";
import { type DamagedBlock, type VerifyReport as StoreReport, verifyStoreSteps } from "../../store/verify.js";
import { describeSystemError } from "../../system-error.js";
import { withoutTurns } from "../../turns.js";
import { checksumSource } from "../inputs/source-checksum.js";

export type { DamagedBlock };

export interface DamagedSubject {
  readonly scalar: string;
  readonly row: number;
  /** As listed when the store was made. */
  readonly name: string;
  readonly nValues: number;
}

export interface VerifyReport extends Omit<StoreReport, "manifest"> {
  /** Subjects with values in damaged blocks that differ from their source files. */
  readonly damagedSubjects: readonly DamagedSubject[];
  /** Subjects whose source files are gone, changed or cannot be read: they may be damaged too. Empty without damaged blocks. */
  readonly untoldSubjects: readonly { readonly scalar: string; readonly name: string; readonly reason: string }[];
  /** The command that made the store. */
  readonly madeBy: string;
}

type OnProgress = (doneBlocks: number, allBlocks: number) => void;

/** Recomputes every checksum. Damage is in the report; throws InputError when there is no store.json that can be understood. */
export const verify = (storePath: string, onProgress?: OnProgress): VerifyReport =>
  withoutTurns(verifySteps(storePath, onProgress));

/** The same in steps of a block or a subject's file. */
export function* verifySteps(storePath: string, onProgress?: OnProgress): Generator<unknown, VerifyReport> {
  const { manifest, ...report } = yield* verifyStoreSteps(storePath, onProgress);
  const damagedSubjects: DamagedSubject[] = [];
  const untoldSubjects: VerifyReport["untoldSubjects"][number][] = [];
  for (const scalar of Object.keys(manifest.scalars)) {
    const blocks = report.damagedBlocks.filter((block) => block.scalar === scalar);
    if (blocks.length === 0) continue;
    const rows = openRows(storePath, manifest, scalar);
    try {
      for (const [row, source] of manifest.scalars[scalar]!.sources.entries()) {
        yield;
        const found = compareWithSource(source, blocks, (block) => rows.read(block, row));
        if (typeof found === "string") untoldSubjects.push({ scalar, name: source.name, reason: found });
        else if (found > 0) damagedSubjects.push({ scalar, row, name: source.name, nValues: found });
      }
    } finally {
      rows.close();
    }
  }
  return { ...report, damagedSubjects, untoldSubjects, madeBy: manifest.provenance.command };
}

type Values = Float32Array | Float64Array;

/** One subject's values in one block at a time. */
function openRows(storePath: string, { nSubjects, blockWidth, scalars }: Manifest, scalar: string) {
  const { file, elementType } = scalars[scalar]!;
  const fd = fs.openSync(path.join(storePath, file), "r");
  const rowBytes = blockWidth * bytesPerValue(elementType);
  const bytes = new Uint8Array(rowBytes);
  const values = elementType === "f32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  return {
    /** Valid until the next call. */
    read(block: DamagedBlock, row: number): Values {
      const offset = (block.iBlock * nSubjects + row) * rowBytes;
      for (let done = 0; done < rowBytes; ) {
        const got = fs.readSync(fd, bytes, done, rowBytes - done, offset + done);
        if (got === 0) break; // it shrank since it was scanned: what is left over differs
        done += got;
      }
      return values.subarray(0, block.nElements);
    },
    close: () => fs.closeSync(fd),
  };
}

/** How many values differ; or why that cannot be told. */
function compareWithSource(
  source: SourceEntry,
  blocks: readonly DamagedBlock[],
  readRow: (block: DamagedBlock) => Values,
): number | string {
  try {
    if (checksumSource(source.path) !== source.crc32) return `${source.path} was changed since`;
    const image = openImage(source.path);
    try {
      let nDifferent = 0;
      for (const block of blocks) {
        const original = new Float64Array(block.nElements);
        image.copyValuesInto(original, block.firstElement, block.nElements);
        nDifferent += countDifferences(readRow(block), original);
      }
      return nDifferent;
    } finally {
      image.close();
    }
  } catch (error) {
    // An InternalError too: the file has fewer values than the store.
    return isFixelstreamError(error) ? error.message : `${source.path}: ${describeSystemError(error)}`;
  }
}

/** NaN is NaN. */
function countDifferences(stored: Values, original: Float64Array): number {
  const round = stored instanceof Float32Array ? Math.fround : (value: number) => value;
  let nDifferent = 0;
  for (const [i, value] of original.entries()) {
    if (stored[i] !== round(value) && !(Number.isNaN(value) && Number.isNaN(stored[i]))) nDifferent++;
  }
  return nDifferent;
}
