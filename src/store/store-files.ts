// Which files a store consists of, and which of them are not what store.json says.
import fs from "node:fs";
import path from "node:path";
import { describeSystemError } from "../system-error.js";
import { dataFileBytes } from "./element-type.js";
import type { Manifest } from "./manifest.js";

export interface FileProblem {
  readonly file: string;
  /** `480000 bytes in FD.f32`, or `a file index.mif`. */
  readonly expected: string;
  /** `no such file`, `1234`, `no permission`. */
  readonly got: string;
}

/** Every file that is missing, cannot be read or has another size than it must have. */
export function listFileProblems(storePath: string, manifest: Manifest): FileProblem[] {
  const problems: FileProblem[] = [];
  for (const [file, bytes] of expectedFiles(manifest)) {
    const got = obstacle(path.join(storePath, file), bytes);
    if (got === undefined) continue;
    problems.push({ file, expected: bytes === undefined ? `a file ${file}` : `${bytes} bytes in ${file}`, got });
  }
  return problems;
}

/** Bytes are undefined where any number will do. */
function* expectedFiles(manifest: Manifest): Generator<[file: string, bytes: number | undefined]> {
  for (const scalar of Object.values(manifest.scalars)) {
    yield [scalar.file, dataFileBytes({ ...manifest, elementType: scalar.elementType })];
    if (scalar.missing !== undefined) yield [scalar.missing.file, manifest.nElements * 4];
  }
  if (manifest.template === undefined) return;
  yield [manifest.template.index.file, undefined];
  yield [manifest.template.directions.file, undefined];
}

function obstacle(file: string, bytes: number | undefined): string | undefined {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return "no such file";
    if (!stat.isFile()) return stat.isDirectory() ? "a directory" : "something that is no file";
    if (bytes !== undefined && stat.size !== bytes) return String(stat.size);
    fs.accessSync(file, fs.constants.R_OK);
    return undefined;
  } catch (error) {
    return describeSystemError(error);
  }
}
