// Makes a store of one scalar in a partial directory beside it, resumes it after a kill, and publishes it by rename. Converters bring the rows.
import fs from "node:fs";
import path from "node:path";
import { crc32 as checksum } from "node:zlib";
import { InputError, InternalError, isFixelstreamError } from "../errors.js";
import { beatWhenDue } from "../publish/heartbeat.js";
import type { PartialDirectory } from "../publish/partial-directory.js";
import { syncPaths } from "../publish/publish.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { formatBytes } from "../units.js";
import { type BlockSumsState, createBlockSums } from "./block-sums.js";
import { assemble, copyTemplate, dataFileName, type StoreBuildPlan } from "./build-plan.js";
import { findIntact } from "./check-journal.js";
import { assertOutputFree, claimStore, reportingWrites, type StoreClaim } from "./claim-store.js";
import { cutRow } from "./cut-row.js";
import { bytesPerValue, dataFileBytes } from "./element-type.js";
import {
  isSamePlan,
  JOURNAL_FILE,
  type JournalEntry,
  type JournalPart,
  type JournalPlan,
  type JournalWriter,
  openJournal,
} from "./journal.js";
import { FORMAT_VERSION, formatManifest, MANIFEST_FILE, type Manifest, PARTIAL_SUFFIX } from "./manifest.js";
import { clearAbandoned, findResumable, openPartial } from "./open-partial.js";
import { isWhole, publishStore } from "./publish-store.js";
import { createRowGroup, type RowGroup, rowGroupBytes } from "./row-group.js";
import { createSettling } from "./settle.js";
import type { Rectangle } from "./write-rectangle.js";
import { createScalarWriter, type ScalarWriter } from "./write-store.js";

export type { InputFile, StoreBuildPlan } from "./build-plan.js";

/** Bytes of free disk asked for beyond the data: store.json, journal, directory. */
const DISK_MARGIN_BYTES = 2 ** 24;

/** A store that is whole but for its name. */
export interface FinishedPartial {
  /** Of the caller from now on: to be published or removed. */
  readonly partial: PartialDirectory;
  readonly manifest: Manifest;
}

export type PartNotes = Pick<JournalPart, "rowCrc32" | "nMissing">;

/** What is to be known of subjects that somebody else has written; [count] each. */
export interface WrittenElsewhere {
  /** Of their source files. */
  readonly sourceCrc32: readonly number[];
  readonly valuesCrc32: readonly number[];
  readonly sums: BlockSumsState;
}

export interface StoreBuild {
  /** Where it is made. */
  readonly path: string;
  /**
   * Reads back what an earlier run wrote, before anything else is done: subjects whose values are not what its journal says count as not written. Returns how many those are.
   * Throws InputError when it cannot be read, or what `onProgress` throws.
   */
  checkResumed(onProgress?: (done: number, all: number) => void): Promise<number>;
  /** True for subjects that an earlier run wrote, as far as checkResumed found them. [nSubjects] */
  readonly written: readonly boolean[];
  /** Of subjects to be given to writeGroup; `buffer`: see createRowGroup. A subject can be placed once. */
  createGroup(buffer: Uint8Array): RowGroup;
  /**
   * Writes the subjects that were placed; `crc32`: of their source files. The group is free again when the promise is settled; it goes to the disk, and into
   * the journal, after that. One at a time. `write`: who does it instead, into the file open as `fd`, and sums what it writes. Throws InputError (disk full).
   */
  writeGroup(group: RowGroup, crc32: readonly number[], write?: (fd: number) => Promise<void>): Promise<void>;
  /**
   * Subjects firstSubject..firstSubject + count, written by `write` into the file open as `fd`, in whatever order; `hasten` begins to bring what it has written to
   * the disk. They are in the journal when all of them are on the disk. One at a time. Throws what `write` throws, or InputError (disk full).
   */
  writeElsewhere(
    firstSubject: number,
    count: number,
    write: (out: { readonly fd: number; hasten(): void }) => Promise<WrittenElsewhere>,
  ): Promise<void>;
  /** Of the subjects that another thread has placed or written. */
  mergeSums(state: BlockSumsState): void;
  /** The same for rows that are at hand, [crc32.length][nElements] little-endian, row-major: a copy is held meanwhile. */
  writeSubjects(rows: Uint8Array, firstSubject: number, crc32: readonly number[]): Promise<void>;
  /**
   * Writes part of the matrix, [nSubjects][nElements] of the rectangle. Of each subject the rectangles must come in the order of their elements. They are not
   * in the journal: a killed run begins again. The CRC-32 of such a subject's source is that of its values. Throws InputError (disk full).
   */
  writeRectangle(values: Uint8Array, rectangle: Rectangle): void;
  /** The same, but in the journal, with what is to be known of it when it is not read again. `places`: where the source's subjects go; undefined: where they are. */
  writePart(values: Uint8Array, rectangle: Rectangle, notes: PartNotes, places: readonly number[] | undefined): void;
  /**
   * What was noted of the same rectangle by an earlier run whose values are on the disk as it wrote them; they count as written then. Undefined: it must be written.
   * Throws InputError when the file cannot be read.
   */
  resumePart(rectangle: Rectangle, places: readonly number[] | undefined): PartNotes | undefined;
  /**
   * Brings everything to the disk, writes store.json and publishes. Reads back what an earlier run, or rectangles, wrote. Throws InternalError when subjects are missing.
   */
  finish(onBlock?: (iBlock: number) => void): Promise<Manifest>;
  /** As finish, but does not publish. */
  complete(onBlock?: (iBlock: number) => void): Promise<FinishedPartial>;
  /** Stops; what was written stays and can be resumed. Idempotent. */
  close(): Promise<void>;
}

/** The element type of a partial store that `beginStoreBuild` would resume if asked for it. */
export function resumableElementType(plan: StoreBuildPlan): "f32" | "f64" | undefined {
  const isWanted = (found: JournalPlan) => {
    const { elementType } = found;
    return isSamePlan(found, journalPlanOf({ ...plan, shape: { ...plan.shape, elementType } }));
  };
  return findResumable(plan.output, isWanted)?.elementType;
}

/**
 * Opens or makes the partial directory. `stagingBytes`: held until finish or close. A partial store of another plan is removed when its maker is dead.
 * Throws InputError: output exists, no room on the disk, another process writes it.
 */
export function beginStoreBuild(plan: StoreBuildPlan, stagingBytes: number): StoreBuild {
  assertOutputFree(plan.output, plan.replace, plan.claim);
  const claim = plan.claim ?? claimStore(plan.output);
  const release = () => {
    if (plan.claim === undefined) claim.lock.release();
  };
  try {
    return reportingWrites(plan.output, () => openBuild(plan, stagingBytes, claim, release));
  } catch (error) {
    release();
    throw error;
  }
}

function openBuild(plan: StoreBuildPlan, stagingBytes: number, claim: StoreClaim, release: () => void): StoreBuild {
  const { shape } = plan;
  const journalPlan = journalPlanOf(plan);
  const { partial, resumed } = openPartial(plan.output, journalPlan, {
    file: dataFileName(plan),
    bytes: dataFileBytes(shape),
  });
  let writer: ScalarWriter | undefined;
  let journal: JournalWriter;
  try {
    const dataPath = path.join(partial.path, dataFileName(plan));
    assertDiskHasRoom(plan, dataPath);
    writer = createScalarWriter({ path: dataPath, shape, stagingBytes, resume: resumed !== undefined });
    journal = openJournal(path.join(partial.path, JOURNAL_FILE), resumed?.validBytes ?? 0);
    if (resumed === undefined) journal.append(journalPlan);
  } catch (error) {
    writer?.close();
    if (resumed === undefined) partial.remove();
    else partial.leave();
    throw error;
  }
  return runBuild({
    plan,
    claim,
    release,
    partial,
    writer,
    journal,
    earlier: resumed?.entries ?? [],
    parts: resumed?.parts ?? [],
  });
}

interface OpenedBuild {
  readonly plan: StoreBuildPlan;
  readonly claim: StoreClaim;
  readonly release: () => void;
  readonly partial: PartialDirectory;
  /** What the journal says of an earlier run. */
  readonly earlier: readonly JournalEntry[];
  readonly parts: readonly JournalPart[];
  readonly writer: ScalarWriter;
  readonly journal: JournalWriter;
}

function runBuild(build: OpenedBuild): StoreBuild {
  const { plan, claim, partial, writer, journal, earlier } = build;
  const { shape } = plan;
  /** Of the sources of subjects that are written. */
  const crc32: (number | undefined)[] = new Array(shape.nSubjects).fill(undefined);
  const written: boolean[] = new Array(shape.nSubjects).fill(false);
  /** Of the elements that rectangles have written so far. */
  const partialCrc32 = new Uint32Array(shape.nSubjects);
  let open = true;
  let handedOver = false;
  /** What is written can be continued. */
  let isInJournal = true;
  /** Files that are on the disk as they are. */
  const synced = new Set<string>();
  const sums = createBlockSums(shape);
  const settling = createSettling(writer.sync, journal);
  /** At once: at the end it would wait for the disk. */
  const template = copyTemplate(plan, partial.path);
  template.catch(() => {}); // answered by whoever waits for it
  const asWriteError = (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new InputError(`Cannot write ${plan.output}: ${reason}. Check the disk, and run the command again.`, {
      path: plan.output,
      cause,
    });
  };
  /** The group that is being written: its failure is its caller's. */
  let writing: Promise<unknown> = Promise.resolve();
  const writeGroup: StoreBuild["writeGroup"] = async (group, crcs, write) => {
    const { blocks, firstSubject, count } = group;
    const valuesCrc32 = group.valuesCrc32();
    try {
      settling.assertFine();
    } catch (cause) {
      throw asWriteError(cause);
    }
    beatWhenDue();
    if (write === undefined) {
      writing = writer.writeBlocks(blocks, firstSubject, count);
      sums.addBlocks(firstSubject, count, blocks);
    } else writing = writer.writeElsewhere(write);
    await writing;
    for (const [i, crc] of crcs.entries()) crc32[firstSubject + i] = crc;
    settling.add({ firstSubject, sourceCrc32: crcs, valuesCrc32 });
  };
  const writeElsewhere: StoreBuild["writeElsewhere"] = async (firstSubject, count, write) => {
    const hasten = () => {
      beatWhenDue();
      settling.hasten();
    };
    let found: WrittenElsewhere | undefined;
    writing = writer.writeElsewhere(async (fd) => {
      found = await write({ fd, hasten });
    });
    await writing;
    try {
      settling.assertFine();
    } catch (cause) {
      throw asWriteError(cause);
    }
    const { sourceCrc32, valuesCrc32, sums: state } = found!;
    sums.merge(state);
    for (let i = 0; i < count; i++) crc32[firstSubject + i] = sourceCrc32[i];
    settling.add({ firstSubject, sourceCrc32, valuesCrc32 });
  };
  /** Rows of a rectangle, one below the other as far as they are so in the matrix. */
  const write = (values: Uint8Array, rectangle: Rectangle) => {
    beatWhenDue();
    writer.writeRectangle(values, rectangle);
    sumRows(values, rectangle);
  };
  const sumRows = (values: Uint8Array, { firstSubject, nSubjects, firstElement, nElements }: Rectangle) => {
    const rowBytes = values.byteLength / nSubjects;
    for (let i = 0; i < nSubjects; i++) {
      const subject = firstSubject + i;
      const crc = checksum(values.subarray(i * rowBytes, (i + 1) * rowBytes), partialCrc32[subject]);
      partialCrc32[subject] = crc;
      if (firstElement + nElements === shape.nElements) crc32[subject] = crc;
    }
  };
  const earlierParts = new Map(build.parts.map((part) => [keyOf(part), part]));
  const close = async () => {
    if (!open) return;
    open = false;
    await writing.catch(() => {});
    await settling.settled().catch(() => {});
    await template.catch(() => {});
    writer.close();
    journal.close();
    // Nothing when it was published.
    if (!handedOver && isInJournal) partial.leave();
    else if (!handedOver) partial.remove();
    build.release();
  };
  const complete = async (onBlock?: (iBlock: number) => void): Promise<FinishedPartial> => {
    const absent = crc32.indexOf(undefined);
    if (absent >= 0) throw new InternalError(`Subject ${absent} of ${plan.output} was never written.`);
    const scan = sums.result() ?? (await writer.scan(onBlock));
    onBlock?.(scan.blockCrc32.length - 1);
    await template.catch((cause: unknown) => {
      throw asWriteError(cause);
    });
    const manifest = reportingWrites(plan.output, () => {
      partial.assertMine(plan.output);
      const made = assemble(plan, partial.path, crc32 as number[], scan);
      fs.writeFileSync(path.join(partial.path, MANIFEST_FILE), formatManifest(made));
      return made;
    });
    const beside = [MANIFEST_FILE, manifest.scalars[plan.scalar]?.missing?.file].filter((name) => name !== undefined);
    const syncing = syncPaths(beside.map((name) => path.join(partial.path, name))); // beside the values: one wait for the disk
    const [, ofValues] = await Promise.allSettled([syncing, settling.settled("last")]);
    if (ofValues.status === "rejected") throw asWriteError(ofValues.reason);
    await syncing.catch((cause: unknown) => {
      throw asWriteError(cause);
    });
    for (const name of beside) synced.add(name);
    const { index, directions } = plan.template ?? {};
    for (const file of [index, directions]) if (file !== undefined) synced.add(path.basename(file.path)); // copyTemplate
    if (isInJournal) synced.add(dataFileName(plan)); // a line of the journal follows its values' sync
    return { partial, manifest };
  };

  return {
    path: partial.path,
    written,
    async checkResumed(onProgress) {
      const dataPath = path.join(partial.path, dataFileName(plan));
      const intact = await findIntact(dataPath, shape, earlier, onProgress).catch((cause: unknown) => {
        throw asReadError(plan.output, cause);
      });
      const promised = new Set<number>();
      for (const { firstSubject, sourceCrc32 } of earlier) {
        for (const [i, crc] of sourceCrc32.entries()) {
          const subject = firstSubject + i;
          promised.add(subject);
          if (!intact.has(subject)) continue;
          crc32[subject] = crc;
          written[subject] = true;
        }
      }
      return promised.size - intact.size;
    },
    createGroup: (buffer) => createRowGroup(shape, buffer, sums),
    writeGroup,
    writeElsewhere,
    mergeSums: sums.merge,
    async writeSubjects(rows, firstSubject, crcs) {
      const group = createRowGroup(shape, new Uint8Array(rowGroupBytes(shape, crcs.length)), sums);
      group.begin(firstSubject, crcs.length);
      const rowBytes = rows.byteLength / crcs.length;
      for (const i of crcs.keys())
        group.place(firstSubject + i, cutRow(shape, rows.subarray(i * rowBytes, (i + 1) * rowBytes)));
      await writeGroup(group, crcs);
    },
    writeRectangle(values, rectangle) {
      isInJournal = false;
      write(values, rectangle);
    },
    writePart(values, rectangle, notes, places) {
      try {
        settling.assertFine();
      } catch (cause) {
        throw asWriteError(cause);
      }
      for (const [rows, place] of placedRows(values, rectangle, places)) write(rows, place);
      settling.add({ ...rectangle, valuesCrc32: checksum(values), ...notes });
    },
    resumePart(rectangle, places) {
      const part = earlierParts.get(keyOf(rectangle));
      if (part === undefined) return undefined;
      const values = new Uint8Array(rectangle.nSubjects * rectangle.nElements * bytesPerValue(shape.elementType));
      const placed = [...placedRows(values, rectangle, places)];
      try {
        if (!placed.every(([rows, place]) => writer.readRectangle(rows, place))) return undefined;
      } catch (cause) {
        throw asReadError(plan.output, cause);
      }
      if (checksum(values) !== part.valuesCrc32) return undefined;
      for (const [rows, place] of placed) sumRows(rows, place);
      return part;
    },
    async finish(onBlock) {
      const { manifest } = await complete(onBlock);
      await claim.assertUnchanged?.();
      reportingWrites(plan.output, () => {
        if (claim.use === "entry" && isWhole(plan.output)) partial.remove();
        else publishStore(partial, { synced, output: plan.output, replace: plan.replace, lock: claim.lock });
      });
      await close();
      clearAbandoned(plan.output);
      return manifest;
    },
    async complete(onBlock) {
      const finished = await complete(onBlock);
      handedOver = true;
      await close();
      return finished;
    },
    close,
  };
}

const keyOf = ({ firstSubject, nSubjects, firstElement, nElements }: Rectangle) =>
  [firstSubject, nSubjects, firstElement, nElements].join(" ");

/** The rectangle, or its rows one by one where they go to other places. */
function* placedRows(
  values: Uint8Array,
  rectangle: Rectangle,
  places: readonly number[] | undefined,
): Generator<[Uint8Array, Rectangle]> {
  if (places === undefined) return yield [values, rectangle];
  const rowBytes = values.byteLength / rectangle.nSubjects;
  for (let i = 0; i < rectangle.nSubjects; i++) {
    const place = { ...rectangle, firstSubject: places[rectangle.firstSubject + i]!, nSubjects: 1 };
    yield [values.subarray(i * rowBytes, (i + 1) * rowBytes), place];
  }
}

function asReadError(output: string, cause: unknown): unknown {
  if (systemErrorCode(cause) === undefined || isFixelstreamError(cause)) return cause;
  const message = `Cannot continue the conversion to ${output}: expected to read back what was converted, got ${describeSystemError(cause)}. Check the disk; without ${output}${PARTIAL_SUFFIX}-.. it begins anew.`;
  return new InputError(message, { path: output, cause });
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

function journalPlanOf({
  kind,
  scalar,
  shape,
  voxels,
  sources,
  template,
  templateOf,
  recipe,
}: StoreBuildPlan): JournalPlan {
  const templates = templateOf !== undefined ? [templateOf] : template ? [template.index, template.directions] : [];
  const inputs = [...sources, ...templates];
  return {
    formatVersion: FORMAT_VERSION,
    kind,
    scalar,
    nSubjects: shape.nSubjects,
    nElements: shape.nElements,
    blockWidth: shape.blockWidth,
    elementType: shape.elementType,
    ...(voxels === undefined ? {} : { voxels }),
    ...(recipe === undefined ? {} : { recipe }),
    inputs: inputs.map(({ name, path, sizeBytes, mtimeMs }) => ({ name, path, sizeBytes, mtimeMs })),
  };
}
