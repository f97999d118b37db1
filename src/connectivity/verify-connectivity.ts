// A prepared connectivity, and its sketch, against the checksums that they were written with: one pass over the files, before the first number of them is used.
import { join } from "node:path";
import { formatCrc32 } from "../checksum.js";
import { InputError } from "../errors.js";
import { checksumSteps } from "../publish/checksum-file.js";
import { describeSystemError } from "../system-error.js";
import { createTurns, type Turns } from "../turns.js";
import type { ConnectivityManifest } from "./manifest.js";
import type { SketchHeader } from "./sketch-header.js";
import { SKETCH_FILE, SKETCH_SECTIONS, sketchSections } from "./sketch-layout.js";

export interface DamagedFile {
  readonly file: string;
  readonly expectedCrc32: number;
  readonly gotCrc32: number;
}

export interface VerifyConnectivityEvents {
  /** Bytes read, of all files. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Files that are not as they were written. Throws InputError when one cannot be read, or the reason of the signal. */
export async function findDamaged(
  path: string,
  { files, nElements, nConnections }: ConnectivityManifest,
  { onProgress, signal }: VerifyConnectivityEvents = {},
): Promise<DamagedFile[]> {
  const turns = createTurns(signal);
  const allBytes = 8 * nElements + 8 * nConnections;
  let done = 0;
  const onRead = (bytes: number) => {
    done += bytes;
    onProgress?.(done, allBytes);
  };
  const damaged: DamagedFile[] = [];
  for (const [file, expectedCrc32] of Object.entries(files)) {
    const gotCrc32 = await checksum(join(path, file), turns, onRead);
    if (gotCrc32 !== expectedCrc32) damaged.push({ file, expectedCrc32, gotCrc32 });
  }
  return damaged;
}

/** The same of its sketch. */
export async function findDamagedSketch(
  path: string,
  { nElements, nGroups, sections }: SketchHeader,
  { onProgress, signal }: VerifyConnectivityEvents = {},
): Promise<DamagedFile[]> {
  const turns = createTurns(signal);
  const places = sketchSections(nElements, nGroups);
  const allBytes = SKETCH_SECTIONS.reduce((sum, section) => sum + places[section].bytes, 0);
  let done = 0;
  const onRead = (bytes: number) => {
    done += bytes;
    onProgress?.(done, allBytes);
  };
  for (const section of SKETCH_SECTIONS) {
    const gotCrc32 = await checksum(join(path, SKETCH_FILE), turns, onRead, places[section]);
    if (gotCrc32 !== sections[section]) return [{ file: SKETCH_FILE, expectedCrc32: sections[section], gotCrc32 }];
  }
  return [];
}

/** Throws InputError naming the first file that is not as it was written, or the reason of the signal. */
export async function assertAsWritten(
  path: string,
  manifest: ConnectivityManifest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first] = await findDamaged(path, manifest, { signal });
  if (first !== undefined) throw damage(path, first, "delete the directory");
}

/** The same of its sketch. */
export async function assertSketchAsWritten(
  path: string,
  header: SketchHeader,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first] = await findDamagedSketch(path, header, { signal });
  if (first !== undefined) throw damage(path, first, `delete ${SKETCH_FILE}`);
}

function damage(path: string, { file, expectedCrc32, gotCrc32 }: DamagedFile, remedy: string): InputError {
  return new InputError(
    `Cannot use the prepared connectivity ${path}: expected ${file} as it was written, CRC-32 ${formatCrc32(expectedCrc32)}, got ${formatCrc32(gotCrc32)}. It is damaged: ${remedy}, and it is made again from the matrix directory.`,
    { path: join(path, file) },
  );
}

async function checksum(
  file: string,
  turns: Turns,
  onRead: (bytes: number) => void,
  part?: { readonly first: number; readonly bytes: number },
): Promise<number> {
  const steps = checksumSteps(file, 0, part);
  try {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      onRead(step.value);
      if (turns.isDue()) await turns.take();
    }
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const message = `Cannot read ${file}: expected a readable file, got ${describeSystemError(cause)}. Delete the prepared connectivity; it is made again.`;
    throw new InputError(message, { path: file, cause });
  } finally {
    steps.return(0); // closes the file where a signal came between two steps
  }
}
