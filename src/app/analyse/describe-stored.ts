// What a store says of a matrix before it is opened.
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { openStore } from "../../store/open-store.js";
import type { SourceChecksum } from "./data-input.js";

export interface StoredMatrix {
  /** u32 [nElements] over all subjects of the store; undefined: every value is finite. */
  readonly missing: Uint32Array | undefined;
  /** Of each row of the spec. */
  readonly sources: readonly SourceChecksum[];
}

/** Undefined: not in a store, or not yet. Throws InputError for a store that is damaged. */
export function describeStored({ path, ours, rows, io, blockCrc32 }: ColumnSourceSpec): StoredMatrix | undefined {
  const directory = dirname(path);
  if (!ours || !existsSync(join(directory, "store.json"))) return undefined;
  const store = openStore(directory, { io, verify: blockCrc32 !== undefined });
  const scalar = store.scalarNames.find((name) => store.manifest.scalars[name]!.file === basename(path));
  if (scalar === undefined) return undefined;
  const sources = store.manifest.scalars[scalar]!.sources.map(({ name, crc32 }) => ({ name, crc32 }));
  return { missing: store.missing(scalar), sources: rows === undefined ? sources : rows.map((row) => sources[row]!) };
}
