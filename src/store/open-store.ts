// Opens a store directory: reads store.json, checks that every file is there with the size it must have, and refuses otherwise, saying why.
import fs from "node:fs";
import path from "node:path";
import { InputError, UsageError } from "../errors.js";
import type { IoPolicy } from "../mapping/file-bytes.js";
import { parseId } from "../publish/maker.js";
import type { ColumnSourceSpec } from "./column-source.js";
import { MANIFEST_FILE, type Manifest, PARTIAL_SUFFIX, parseManifest, type ScalarEntry } from "./manifest.js";
import { hasPartial } from "./open-partial.js";
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
  /** Nothing is held open; kept for symmetry with other sources. Idempotent. */
  close(): void;
}

/** Throws InputError: no store, an unfinished or damaged one, or one of another format version. */
export function openStore(storePath: string, options: { io: IoPolicy }): Store {
  const manifest = readManifest(storePath);
  checkFiles(storePath, manifest);
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
    subjectNames: (scalar) => entry(scalar).sources.map((source) => source.name),
    spec(scalar, rows) {
      const { file, elementType } = entry(scalar);
      return {
        path: path.join(storePath, file),
        byteOffset: 0,
        layout: "blocked",
        nRowsInFile: nSubjects,
        nElements,
        elementType,
        blockWidth,
        io: options.io,
        ours: true,
        ...(rows === undefined ? {} : { rows }),
      };
    },
    missing(scalar) {
      const { missing } = entry(scalar);
      if (missing === undefined) return undefined;
      const bytes = fs.readFileSync(path.join(storePath, missing.file));
      return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    },
    close() {},
  };
}

/** store.json alone; whether the other files are there is not looked at. Throws InputError. */
export function readManifest(storePath: string): Manifest {
  const refuse = (reason: string, cause?: unknown) =>
    new InputError(`Cannot open ${storePath} as a store: ${reason}`, { path: storePath, cause });
  const bare = storePath.replace(/[/\\]+$/, "");
  if (isPartialName(bare)) {
    throw refuse("it is a conversion that did not finish. Run the same convert command again.");
  }
  if (!fs.existsSync(storePath)) {
    throw refuse(
      hasPartial(bare) || fs.existsSync(`${bare}${PARTIAL_SUFFIX}`)
        ? "its conversion did not finish. Run the same convert command again."
        : "there is no such directory.",
    );
  }
  let text: string;
  try {
    text = fs.readFileSync(path.join(storePath, MANIFEST_FILE), "utf8");
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
  return parseManifest(text, storePath);
}

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
