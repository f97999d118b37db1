// From a spec (plain data, as workers get it) to a source. One line a layout.

import { InputError, InternalError } from "../errors.js";
import type { Fallback } from "../mapping/file-bytes.js";
import { openFileBytes } from "../mapping/policy.js";
import { identityBehind, isSameIdentity } from "../publish/file-identity.js";
import { formatCount } from "../units.js";
import { createBlockedSource } from "./blocked-source.js";
import type { ColumnSource, ColumnSourceSpec } from "./column-source.js";
import { bytesPerValue, dataFileBytes } from "./element-type.js";
import { createRowMajorSource } from "./row-major-source.js";

const LAYOUTS = { blocked: createBlockedSource, "row-major": createRowMajorSource } as const;

/**
 * Opens the file of `spec` in this thread. `onFallback` is told where it should be mapped and is read by position instead.
 * Throws InputError when the file cannot be opened or is too short for the matrix.
 */
export function openColumnSource(spec: ColumnSourceSpec, onFallback?: (fallback: Fallback) => void): ColumnSource {
  const { io, ours, windowBytes } = spec;
  if (!Number.isSafeInteger(spec.byteOffset) || spec.byteOffset < 0)
    throw new InternalError(`Byte offset ${spec.byteOffset} of ${spec.path}.`);
  const file = openFileBytes(spec.path, { io, ours, onFallback, windowBytes });
  const needed = spec.byteOffset + matrixBytes(spec);
  if (file.sizeBytes < needed) {
    file.close();
    throw new InputError(
      `Cannot read ${spec.path}: expected ${needed} bytes for ${formatCount(spec.nRowsInFile, "rows")} of ${spec.nElements} elements, got ${file.sizeBytes}. ` +
        "The file is damaged: restore it or convert again.",
      { path: spec.path },
    );
  }
  try {
    assertSameFile(spec);
    return LAYOUTS[spec.layout](spec, file);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** To be asked after opening: what was opened by that name is what has it now. Throws InputError: another one than when the spec was made. */
export function assertSameFile({ path, identity }: Pick<ColumnSourceSpec, "path" | "identity">): void {
  if (identity === undefined || isSameIdentity(identityBehind(path), identity)) return;
  throw new InputError(
    `Cannot read ${path}: expected the file that was there when the run began, got another one, put there meanwhile. Run the command again.`,
    { path },
  );
}

function matrixBytes(spec: ColumnSourceSpec): number {
  if (spec.layout === "row-major") return spec.nRowsInFile * spec.nElements * bytesPerValue(spec.elementType);
  return dataFileBytes({ ...spec, nSubjects: spec.nRowsInFile });
}
