// Makes a store of one scalar in `OUTPUT.partial`, resumes it after a kill, and publishes it by rename. Converters bring the rows.
import fs from "node:fs";
import path from "node:path";
import { crc32 as checksum } from "node:zlib";
import { InputError, InternalError, isFixelstreamError } from "../errors.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { formatBytes } from "../units.js";
import { checksumFile } from "./checksum-file.js";
import { creatorName, readProgramVersion } from "./creator.js";
import { type BlockedShape, dataFileBytes } from "./element-type.js";
import {
  isSamePlan,
  type JournalEntry,
  type JournalPlan,
  type JournalWriter,
  openJournal,
  readJournal,
} from "./journal.js";
import { FORMAT_VERSION, formatManifest, MANIFEST_FILE, type Manifest } from "./manifest.js";
import { releaseLock, takeLock } from "./partial-lock.js";
import { partialPathOf, publishStore, restoreReplaced } from "./publish-store.js";
import type { BlockScan } from "./scan-blocks.js";
import type { Rectangle } from "./write-rectangle.js";
import { createScalarWriter, type ScalarWriter } from "./write-store.js";

export const JOURNAL_FILE = "journal.ndjson";
export const LOCK_FILE = "lock.json";
/** Bytes of free disk asked for beyond the data: store.json, journal, directory. */
const DISK_MARGIN_BYTES = 2 ** 24;

/** A file that goes into a store. */
export interface InputFile {
  /** As listed. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

export interface StoreBuildPlan {
  /** As the user typed it. */
  readonly output: string;
  /** Replace a store that exists; it stays whole until the new one is. */
  readonly replace: boolean;
  readonly kind: Manifest["kind"];
  readonly scalar: string;
  readonly shape: BlockedShape;
  /** One a subject, in row order. */
  readonly sources: readonly InputFile[];
  readonly template?: { readonly index: InputFile; readonly directions: InputFile } | undefined;
  readonly command: string;
}

export interface StoreBuild {
  /** True for subjects that an earlier run wrote. [nSubjects] */
  readonly written: readonly boolean[];
  /**
   * Writes subjects firstSubject.. `rows`: [crc32.length][nElements] little-endian, row-major, free again when the promise resolves; `crc32`: of their
   * source files. The group before is then on the disk and in the journal; this one goes there while the caller reads the next.
   * Throws InputError (disk full).
   */
  writeSubjects(rows: Uint8Array, firstSubject: number, crc32: readonly number[]): Promise<void>;
  /**
   * Writes part of the matrix, [nSubjects][nElements] of the rectangle. Of each subject the rectangles must come in the order of their elements. They are not
   * in the journal: a killed run begins again. The CRC-32 of such a subject's source is that of its values. Throws InputError (disk full).
   */
  writeRectangle(values: Uint8Array, rectangle: Rectangle): void;
  /** Reads everything back, writes store.json and publishes. Throws InternalError when subjects are missing. */
  finish(onBlock?: (iBlock: number) => void): Promise<Manifest>;
  /** Stops; what was written stays and can be resumed. Idempotent. */
  close(): Promise<void>;
}

/** Throws InputError when `output` exists and is not to be replaced: to be called before long work. */
export function assertOutputFree(output: string, replace: boolean): void {
  restoreReplaced(output);
  if (fs.existsSync(output) && !replace) {
    throw new InputError(`Cannot write ${output}: it exists. Give another name, or --force to replace it.`, {
      path: output,
    });
  }
  const parent = path.dirname(path.resolve(output));
  if (!fs.existsSync(parent)) {
    throw new InputError(`Cannot write ${output}: there is no directory ${parent}. Make it first.`, { path: output });
  }
}

/** The element type of a partial store that `beginStoreBuild` would resume if asked for it. */
export function resumableElementType(plan: StoreBuildPlan): "f32" | "f64" | undefined {
  const found = readJournal(path.join(partialPathOf(plan.output), JOURNAL_FILE))?.plan;
  if (found === undefined) return undefined;
  const { elementType } = found;
  return isSamePlan(found, journalPlanOf({ ...plan, shape: { ...plan.shape, elementType } })) ? elementType : undefined;
}

/**
 * Opens or makes the partial directory. `stagingBytes`: held until finish or close. A partial store of another plan is removed.
 * Throws InputError: output exists, no room on the disk, another process writes it.
 */
export function beginStoreBuild(plan: StoreBuildPlan, stagingBytes: number): StoreBuild {
  assertOutputFree(plan.output, plan.replace);
  const partial = partialPathOf(plan.output);
  const lock = path.join(partial, LOCK_FILE);
  const isNew = !fs.existsSync(partial);
  reportingWrites(plan.output, () => {
    fs.mkdirSync(partial, { recursive: true });
    takeLock(lock, plan.output);
  });
  try {
    return reportingWrites(plan.output, () => openBuild(plan, stagingBytes, partial));
  } catch (error) {
    releaseLock(lock);
    if (isNew) fs.rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

/** The system's refusals as InputError. */
function reportingWrites<T>(output: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (systemErrorCode(cause) === undefined || isFixelstreamError(cause)) throw cause;
    throw new InputError(
      `Cannot write ${output}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. Mend that and run the command again.`,
      { path: output, cause },
    );
  }
}

function openBuild(plan: StoreBuildPlan, stagingBytes: number, partial: string): StoreBuild {
  const { shape } = plan;
  const journalPath = path.join(partial, JOURNAL_FILE);
  const dataPath = path.join(partial, dataFileName(plan));
  const journalPlan = journalPlanOf(plan);
  const found = readJournal(journalPath);
  const resumed =
    found !== undefined && isSamePlan(found.plan, journalPlan) && fs.existsSync(dataPath) ? found : undefined;
  if (resumed === undefined) removeAllBut(partial, LOCK_FILE);
  assertDiskHasRoom(plan, dataPath);

  const crc32: (number | undefined)[] = new Array(shape.nSubjects).fill(undefined);
  for (const entry of resumed?.entries ?? [])
    for (const [i, crc] of entry.crc32.entries()) crc32[entry.firstSubject + i] = crc;

  const writer: ScalarWriter = createScalarWriter({
    path: dataPath,
    shape,
    stagingBytes,
    resume: resumed !== undefined,
  });
  const journal: JournalWriter = openJournal(journalPath, resumed?.validBytes ?? 0);
  if (resumed === undefined) journal.append(journalPlan);
  /** Of the elements that rectangles have written so far. */
  const partialCrc32 = new Uint32Array(shape.nSubjects);
  let open = true;
  // At most one group on its way to the disk. Its failure is kept for the next call, because an fsync reports an error once and never again.
  let settling: Promise<void> = Promise.resolve();
  const settle = async (entry: JournalEntry) => {
    await writer.sync();
    journal.append(entry); // values first, then the line that promises them
  };
  const settled = async () => {
    await settling.catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InputError(`Cannot write ${plan.output}: ${reason}. Check the disk, and run the command again.`, {
        path: plan.output,
        cause,
      });
    });
  };
  const close = async () => {
    if (!open) return;
    open = false;
    await settling.catch(() => {});
    writer.close();
    journal.close();
    releaseLock(path.join(partial, LOCK_FILE));
  };

  return {
    written: crc32.map((crc) => crc !== undefined),
    async writeSubjects(rows, firstSubject, crcs) {
      await settled();
      writer.writeSubjects(rows, firstSubject, crcs.length);
      for (const [i, crc] of crcs.entries()) crc32[firstSubject + i] = crc;
      settling = settle({ firstSubject, crc32: crcs });
      settling.catch(() => {}); // answered by settled()
    },
    writeRectangle(values, rectangle) {
      writer.writeRectangle(values, rectangle);
      const { firstSubject, nSubjects, firstElement, nElements } = rectangle;
      const rowBytes = values.byteLength / nSubjects;
      for (let i = 0; i < nSubjects; i++) {
        const subject = firstSubject + i;
        const crc = checksum(values.subarray(i * rowBytes, (i + 1) * rowBytes), partialCrc32[subject]);
        partialCrc32[subject] = crc;
        if (firstElement + nElements === shape.nElements) crc32[subject] = crc;
      }
    },
    async finish(onBlock) {
      const absent = crc32.indexOf(undefined);
      if (absent >= 0) throw new InternalError(`Subject ${absent} of ${plan.output} was never written.`);
      const scan = await writer.scan(onBlock);
      await settled();
      const manifest = reportingWrites(plan.output, () => {
        const made = assemble(plan, partial, crc32 as number[], scan);
        fs.writeFileSync(path.join(partial, MANIFEST_FILE), formatManifest(made));
        // The journal goes last: killed before the rename, the next run resumes; after it, a journal beside a whole store does no harm.
        publishStore(plan.output, { replace: plan.replace });
        return made;
      });
      await close();
      for (const name of [JOURNAL_FILE, LOCK_FILE]) fs.rmSync(path.join(plan.output, name), { force: true });
      return manifest;
    },
    close,
  };
}

function assemble(plan: StoreBuildPlan, partial: string, crc32: readonly number[], scan: BlockScan): Manifest {
  const { shape, template } = plan;
  const version = readProgramVersion();
  return {
    formatVersion: FORMAT_VERSION,
    creator: creatorName(version),
    complete: true,
    kind: plan.kind,
    nSubjects: shape.nSubjects,
    nElements: shape.nElements,
    blockWidth: shape.blockWidth,
    byteOrder: "little",
    scalars: {
      [plan.scalar]: {
        elementType: shape.elementType,
        file: dataFileName(plan),
        ...(scan.missing === undefined ? {} : { missing: writeMissing(partial, plan.scalar, scan.missing) }),
        blockCrc32: scan.blockCrc32,
        sources: plan.sources.map((source, i) => ({ ...source, crc32: crc32[i]! })),
      },
    },
    ...(template && {
      template: { index: copyInto(partial, template.index), directions: copyInto(partial, template.directions) },
    }),
    provenance: { command: plan.command, version, date: new Date().toISOString() },
  };
}

function writeMissing(partial: string, scalar: string, missing: Uint32Array) {
  const file = `${scalar}.missing`;
  const bytes = new Uint8Array(missing.buffer, missing.byteOffset, missing.byteLength);
  fs.writeFileSync(path.join(partial, file), bytes); // publishing brings every file to the disk
  const affected = missing.filter((count) => count > 0);
  return {
    file,
    crc32: checksumFile(path.join(partial, file)),
    nElements: affected.length,
    nValues: affected.reduce((sum, count) => sum + count, 0),
  };
}

function copyInto(partial: string, input: InputFile) {
  const file = path.basename(input.path);
  fs.copyFileSync(input.path, path.join(partial, file));
  return { file, crc32: checksumFile(path.join(partial, file)) };
}

function assertDiskHasRoom(plan: StoreBuildPlan, dataPath: string): void {
  const templateBytes = plan.template ? plan.template.index.sizeBytes + plan.template.directions.sizeBytes : 0;
  const needed = dataFileBytes(plan.shape) + plan.shape.nElements * 4 + templateBytes + DISK_MARGIN_BYTES;
  // What a resumed run has written already; blocks count 512 B whatever the file system's own size.
  const present = (fs.statSync(dataPath, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
  const { bavail, bsize } = fs.statfsSync(path.dirname(dataPath));
  if (bavail * bsize + present >= needed) return;
  throw new InputError(
    `Cannot write ${plan.output}: expected ${formatBytes(needed - present)} of free disk, got ${formatBytes(bavail * bsize)}. ` +
      "Make room, or write it to another disk.",
    { path: plan.output },
  );
}

function journalPlanOf({ kind, scalar, shape, sources, template }: StoreBuildPlan): JournalPlan {
  const inputs = [...sources, ...(template ? [template.index, template.directions] : [])];
  return {
    formatVersion: FORMAT_VERSION,
    kind,
    scalar,
    nSubjects: shape.nSubjects,
    nElements: shape.nElements,
    blockWidth: shape.blockWidth,
    elementType: shape.elementType,
    inputs: inputs.map(({ name, path, sizeBytes, mtimeMs }) => ({ name, path, sizeBytes, mtimeMs })),
  };
}

function dataFileName({ scalar, shape }: StoreBuildPlan): string {
  return `${scalar}.${shape.elementType}`;
}

function removeAllBut(directory: string, keep: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (name !== keep) fs.rmSync(path.join(directory, name), { recursive: true, force: true });
  }
}
