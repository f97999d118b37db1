// Values that are converted into the cache once and used by every analysis of the same files: found there, waited for while another process converts them,
// or converted now. What differs between subjects, columns and vectors is the record that comes in.
import fs from "node:fs";
import path from "node:path";
import { InputError, isFixelstreamError } from "../../errors.js";
import type { IoPolicy } from "../../mapping/file-bytes.js";
import { type FileIdentity, identityOf } from "../../publish/file-identity.js";
import { noteUse, type UseMark, useEntry } from "../../publish/in-use.js";
import { describeHolder, type Holder } from "../../publish/lock.js";
import { makeOrWait } from "../../publish/make-or-wait.js";
import { blockWidthFor } from "../../store/block-width.js";
import type { StoreClaim } from "../../store/claim-store.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { dataFileBytes } from "../../store/element-type.js";
import { MANIFEST_FILE } from "../../store/manifest.js";
import { openStore, type Store } from "../../store/open-store.js";
import { tidyStore } from "../../store/publish-store.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import type { Warning } from "../../warnings.js";
import type { OpenEvents } from "./input-source.js";

export interface CachedInputOptions {
  readonly cache: string;
  /** 24 hexadecimal digits: of everything that decides what is converted, as it is now. Asked again before what was converted is published. */
  keyNow(): Promise<string>;
  readonly scalar: string;
  readonly nSubjects: number;
  readonly nElements: number;
  readonly io: IoPolicy;
  /** False: checksums are not compared. Default: true. */
  readonly verify?: boolean | undefined;
  /** Converts into `output`, which is in the cache, under the claim. */
  convert(target: ConversionTarget): Promise<unknown>;
}

export interface ConversionTarget {
  readonly output: string;
  readonly claim: StoreClaim;
  /** An entry that is there cannot be used. */
  readonly force: true;
  /** Only `read` is shown. Throws the reason of the signal. */
  onProgress(phase: string, done: number, total: number): void;
  readonly onWarning: ((warning: Warning) => void) | undefined;
}

export interface CachedInput {
  /** The data as far as they are known without converting: float32 until a value turns up that needs more. */
  readonly expected: ColumnSourceSpec;
  /** Bytes that `open` will write to the cache. */
  readonly bytesToWrite: number;
  /** It was in the cache when it was looked for. */
  readonly isKnown: boolean;
  /** `reused`: this process did not convert it. Until `close` nobody clears it away. */
  open(events?: OpenEvents): Promise<{ readonly store: Store; readonly reused: boolean }>;
  /** Idempotent. */
  close(): void;
}

/** Looks into the cache; nothing is written there. */
export async function findCachedInput(options: CachedInputOptions): Promise<CachedInput> {
  const { cache, scalar, nSubjects, nElements, io } = options;
  const key = await options.keyNow();
  const entry = path.join(cache, `${key}.fxs`);
  const assertUnchanged = async () => {
    if ((await options.keyNow()) === key) return;
    throw new InputError(
      `Cannot keep ${entry}: expected files as they were when the run began, got others, changed meanwhile. Make sure that nothing writes to the inputs, and run the command again.`,
    );
  };
  const open = () => openEntry(entry, options);
  const known = open();
  const expected = known?.store.spec(scalar) ?? {
    path: entry,
    byteOffset: 0,
    layout: "blocked",
    nRowsInFile: nSubjects,
    nElements,
    elementType: "f32",
    blockWidth: blockWidthFor(nSubjects),
    io,
    ours: true,
    // its checksums are not known yet, but that it will have some
    ...(options.verify === false ? {} : { blockCrc32: new Uint32Array(0) }),
  };
  let use: UseMark | undefined;
  const close = () => {
    use?.release();
    use = undefined;
  };
  return {
    expected,
    bytesToWrite: known === undefined ? dataFileBytes({ ...expected, nSubjects }) : 0,
    isKnown: known !== undefined,
    async open({ onProgress, onWarning, signal } = {}) {
      try {
        use ??= useEntry(entry, (reason) => onWarning?.(unmarkedWarning(entry, reason)));
        const { value: store, made } = await makeOrWait({
          target: entry,
          find: () => (known !== undefined && isSame(entry, known.identity) ? known : open())?.store,
          make: async (lock) => {
            const report = (phase: string, done: number, total: number) => {
              signal?.throwIfAborted();
              if (phase === "read") onProgress?.(done / total);
            };
            await options.convert({
              output: entry,
              claim: { lock, use: "entry", assertUnchanged },
              force: true,
              onProgress: report,
              onWarning,
            });
          },
          onWaiting: (holder) => onWarning?.(waitingWarning(entry, holder)),
          signal,
        });
        if (!made) {
          tidyStore(entry);
          noteUse(entry);
          const foreign = ownerWarning(entry, options);
          if (foreign !== undefined) onWarning?.(foreign);
        }
        return { store, reused: !made };
      } catch (error) {
        close();
        throw asInputError(error, cache);
      }
    },
    close,
  };
}

/** A stop that may be long and must be seen. */
export function waitingWarning(entry: string, holder: Holder): Warning {
  const message = `Waiting for ${entry}: it is being made by ${describeHolder(holder)}.`;
  return { tag: "waiting-for-cache", message };
}

/** Whoever clears the cache will not see that it is used. */
export function unmarkedWarning(entry: string, reason: string): Warning {
  const message = `Cannot mark ${entry} as used: expected a directory that can be written, got ${reason}. Do not run cache clear while this analysis goes on.`;
  return { tag: "cache-not-marked", message };
}

/** Of an entry in the cache that another user made; undefined: our own, or nobody knows. */
export function ownerWarning(
  entry: string,
  { verify }: { readonly verify?: boolean | undefined },
): Warning | undefined {
  const owner = fs.statSync(entry, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || process.getuid === undefined || owner === process.getuid()) return undefined;
  const checked =
    verify === false
      ? "nothing of it is compared"
      : "its checksums are compared, but what it was made from is that user's word";
  const message = `${entry} was made by another user (number ${owner}): ${checked}. Give --cache a directory of your own if that is not enough.`;
  return { tag: "cache-of-another-user", message };
}

interface KnownEntry {
  readonly store: Store;
  /** Of store.json. */
  readonly identity: FileIdentity;
}

/** Undefined: not there, unfinished, or of another version; it is converted (again). */
function openEntry(entry: string, { io, verify }: Pick<CachedInputOptions, "io" | "verify">): KnownEntry | undefined {
  if (!fs.existsSync(entry)) return undefined;
  try {
    const identity = identityOf(path.join(entry, MANIFEST_FILE));
    return identity && { store: openStore(entry, { io, verify }), identity };
  } catch (error) {
    if (isFixelstreamError(error)) return undefined;
    throw error;
  }
}

function isSame(entry: string, identity: FileIdentity): boolean {
  return JSON.stringify(identityOf(path.join(entry, MANIFEST_FILE))) === JSON.stringify(identity);
}

function asInputError(cause: unknown, cache: string): unknown {
  if (isFixelstreamError(cause) || systemErrorCode(cause) === undefined) return cause;
  return new InputError(
    `Cannot keep converted data in ${cache}: expected a directory that can be written, got ${describeSystemError(cause)}. Choose another place with --cache.`,
    { path: cache, cause },
  );
}
