// A prepared connectivity against the checksums that it was written with: one pass over its files, before the first number of it is used.
import { join } from "node:path";
import { formatCrc32 } from "../checksum.js";
import { InputError } from "../errors.js";
import { checksumSteps } from "../publish/checksum-file.js";
import { describeSystemError } from "../system-error.js";
import { createTurns, type Turns } from "../turns.js";
import type { ConnectivityManifest } from "./manifest.js";

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

/** Throws InputError naming the first file that is not as it was written, or the reason of the signal. */
export async function assertAsWritten(
  path: string,
  manifest: ConnectivityManifest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first] = await findDamaged(path, manifest, { signal });
  if (first === undefined) return;
  const { file, expectedCrc32, gotCrc32 } = first;
  throw new InputError(
    `Cannot use the prepared connectivity ${path}: expected ${file} as it was written, CRC-32 ${formatCrc32(expectedCrc32)}, got ${formatCrc32(gotCrc32)}. It is damaged: delete the directory, and it is made again from the matrix directory.`,
    { path: join(path, file) },
  );
}

async function checksum(file: string, turns: Turns, onRead: (bytes: number) => void): Promise<number> {
  const steps = checksumSteps(file);
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
