// Opens a store directory: reads store.json, checks that every file is there with the size it must have, and refuses otherwise, saying why.
import fs from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { formatCrc32 } from "../checksum.js";
import { InputError, UsageError } from "../errors.js";
import type { IoPolicy } from "../mapping/file-bytes.js";
import { checksumFile } from "../publish/checksum-file.js";
import { type FileIdentity, identityBehind, isSameIdentity } from "../publish/file-identity.js";
import { parseId } from "../publish/maker.js";
import { systemErrorCode } from "../system-error.js";
import type { ColumnSourceSpec } from "./column-source.js";
import {
  assertSigned,
  type CheckedFile,
  MANIFEST_FILE,
  type Manifest,
  PARTIAL_SUFFIX,
  parseManifest,
  readSignedManifest,
  type ScalarEntry,
} from "./manifest.js";
import { hasPartial } from "./open-partial.js";
import { isSetAside, restoreReplaced } from "./publish-store.js";
import { listFileProblems } from "./store-files.js";

export interface Store {
  /** As the user typed it. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly nSubjects: number;
  readonly nElements: number;
  /** Elements of a block on disk. */
  readonly blockWidth: number;
  readonly scalarNames: readonly string[];
  /** The template's images, or undefined for kinds that have none. */
  readonly template: { readonly indexPath: string; readonly directionsPath: string } | undefined;
  /** Subjects of a scalar as listed when it was converted, in row order. Throws UsageError for an unknown scalar. */
  subjectNames(scalar: string): string[];
  /** Where the scalar's columns are, for openColumnSource in any thread. `rows`: subjects taken, in order; absent: all. Throws UsageError for an unknown scalar. */
  spec(scalar: string, rows?: readonly number[]): ColumnSourceSpec;
  /** u32 [nElements]: subjects without a finite value; undefined when every value is finite. Counts ALL subjects of the store. */
  missing(scalar: string): Uint32Array | undefined;
  /** Throws InputError when it was replaced since: what was read of it by name may be another's. */
  assertSame(): void;
  /** Throws InputError when index or directions are not as they were written. */
  checkTemplate(): void;
  /** store.json has a checksum: those of versions before it had none. */
  readonly isSigned: boolean;
  /** Nothing is held open; kept for symmetry with other sources. Idempotent. */
  close(): void;
}

export interface OpenStoreOptions {
  readonly io: IoPolicy;
  /** False: no checksum is compared, now or by who reads what `spec` describes. Default: true. */
  readonly verify?: boolean | undefined;
}

/** Throws InputError: no store, an unfinished or damaged one, or one of another format version. */
export function openStore(storePath: string, { io, verify = true }: OpenStoreOptions): Store {
  const { manifest, signature, identities } = readSettled(storePath, verify);
  const entry = (scalar: string): ScalarEntry => {
    const found = Object.hasOwn(manifest.scalars, scalar) ? manifest.scalars[scalar] : undefined;
    if (found !== undefined) return found;
    throw new UsageError(`Cannot use scalar ${scalar}: ${storePath} has ${Object.keys(manifest.scalars).join(", ")}.`);
  };
  const { nSubjects, nElements, blockWidth, template } = manifest;
  return {
    path: storePath,
    manifest,
    nSubjects,
    nElements,
    blockWidth,
    scalarNames: Object.keys(manifest.scalars),
    template: template && {
      indexPath: path.join(storePath, template.index.file),
      directionsPath: path.join(storePath, template.directions.file),
    },
    isSigned: signature !== undefined,
    subjectNames: (scalar) => entry(scalar).sources.map((source) => source.name),
    spec(scalar, rows) {
      const { file, elementType, blockCrc32 } = entry(scalar);
      return {
        path: path.join(storePath, file),
        byteOffset: 0,
        layout: "blocked",
        nRowsInFile: nSubjects,
        nElements,
        elementType,
        blockWidth,
        io,
        ours: true,
        identity: identities.get(file),
        ...(verify ? { blockCrc32: Uint32Array.from(blockCrc32) } : {}),
        ...(rows === undefined ? {} : { rows }),
      };
    },
    missing(scalar) {
      const { missing } = entry(scalar);
      if (missing === undefined) return undefined;
      const bytes = fs.readFileSync(path.join(storePath, missing.file));
      if (verify) assertAsWritten(storePath, missing, crc32(bytes));
      return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    },
    assertSame() {
      if (isSameIdentity(manifestIdentity(storePath), identities.get(MANIFEST_FILE))) return;
      // Another scalar may have been added: the rest is as it was.
      const now = readManifest(storePath);
      const isSame = Object.entries(manifest.scalars).every(
        ([name, found]) => JSON.stringify(found) === JSON.stringify(now.scalars[name]),
      );
      if (isSame && JSON.stringify(manifest.template) === JSON.stringify(now.template)) return;
      throw new InputError(
        `Cannot use ${storePath}: expected the store that was there when the run began, got another one, put there meanwhile. Run the command again.`,
        { path: storePath },
      );
    },
    checkTemplate() {
      if (!verify || template === undefined) return;
      for (const checked of [template.index, template.directions]) {
        assertAsWritten(storePath, checked, checksumFile(path.join(storePath, checked.file)));
      }
    },
    close() {},
  };
}

/** store.json and the files that it was read with: none of them is of a store that took the name meanwhile. */
function readSettled(
  storePath: string,
  verify: boolean,
): ReturnType<typeof readSignedManifest> & { identities: Map<string, FileIdentity | undefined> } {
  for (let attempt = 1; ; attempt++) {
    const before = manifestIdentity(storePath);
    const { manifest, signature } = readSignedManifest(readManifestText(storePath), storePath);
    if (verify) assertSigned(storePath, signature);
    checkFiles(storePath, manifest);
    const identities = new Map(
      Object.values(manifest.scalars).map(({ file }) => [file, identityBehind(path.join(storePath, file))]),
    );
    identities.set(MANIFEST_FILE, before);
    if (isSameIdentity(before, manifestIdentity(storePath)) || attempt === MOST_ATTEMPTS)
      return { manifest, signature, identities };
  }
}

const MOST_ATTEMPTS = 3;
const manifestIdentity = (storePath: string) => identityBehind(path.join(storePath, MANIFEST_FILE));

function assertAsWritten(storePath: string, { file, crc32: expected }: CheckedFile, got: number): void {
  if (got === expected) return;
  throw new InputError(
    `Cannot use ${path.join(storePath, file)}: expected it as it was written, CRC-32 ${formatCrc32(expected)}, got ${formatCrc32(got)}. ` +
      "The store is damaged: copy it again, or convert the cohort again (one in the cache: delete it).",
    { path: path.join(storePath, file) },
  );
}

/** store.json alone; whether the other files are there is not looked at. Throws InputError. */
export function readManifest(storePath: string): Manifest {
  return parseManifest(readManifestText(storePath), storePath);
}

/** Throws InputError: no store, or an unfinished one. */
export function readManifestText(storePath: string): string {
  const refuse = (reason: string, cause?: unknown) =>
    new InputError(`Cannot open ${storePath} as a store: ${reason}`, { path: storePath, cause });
  const bare = storePath.replace(/[/\\]+$/, "");
  if (isPartialName(bare)) {
    throw refuse("it is a conversion that did not finish. Run the same convert command again.");
  }
  if (!fs.existsSync(storePath)) bringBackReplaced(storePath);
  if (!fs.existsSync(storePath)) {
    throw refuse(
      hasPartial(bare) || fs.existsSync(`${bare}${PARTIAL_SUFFIX}`)
        ? "its conversion did not finish. Run the same convert command again."
        : "there is no such directory.",
    );
  }
  try {
    return fs.readFileSync(path.join(storePath, MANIFEST_FILE), "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT")
      throw refuse(
        `expected a directory with a ${MANIFEST_FILE}, got one without. Give the directory that convert wrote.`,
        cause,
      );
    if (code === "ENOTDIR")
      throw refuse("expected a directory, got a file. Give the directory that convert wrote.", cause);
    throw refuse(`${cause instanceof Error ? cause.message : cause}.`, cause);
  }
}

/** One that is being replaced just now is waited for; one that a run killed meanwhile left aside gets its name back. */
function bringBackReplaced(storePath: string): void {
  for (let attempt = 1; isSetAside(storePath) && attempt <= MOST_LOOKS; attempt++) {
    try {
      restoreReplaced(storePath, "free");
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return; // not ours to rename: it is said that there is none
    }
    if (fs.existsSync(storePath)) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
  }
}

const MOST_LOOKS = 40;
const LOOK_AGAIN_MS = 25;

/** `cohort.fxs.partial-ID`; without an id it was written by version 0.1. */
function isPartialName(bare: string): boolean {
  const [, id] = /\.partial(?:-([^/\\]*))?$/.exec(bare) ?? [undefined, "none"];
  return id === undefined || parseId(id) !== undefined;
}

function checkFiles(storePath: string, manifest: Manifest): void {
  const [problem] = listFileProblems(storePath, manifest);
  if (problem === undefined) return;
  throw new InputError(
    `Cannot open ${storePath} as a store: expected ${problem.expected}, got ${problem.got}. ` +
      "It is damaged or was copied in part: copy it again, or convert the cohort again.",
    { path: storePath },
  );
}
