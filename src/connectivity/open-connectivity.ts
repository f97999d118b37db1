// Reads a prepared connectivity (FORMAT.md) by ranges.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { signatureOf } from "../checksum.js";
import { InputError } from "../errors.js";
import { type ConnectivityFiles, type OpenConnectivityOptions, openConnectivityFiles } from "./connectivity-files.js";
import { type ConnectivityManifest, connectivityManifest, MANIFEST_FILE } from "./manifest.js";

export interface Connectivity extends ConnectivityFiles {
  readonly manifest: ConnectivityManifest;
}

/**
 * undefined when the directory is unfinished, of another version, its files have other sizes than it says, or connectivity.json is not as it was written:
 * it is prepared again then.
 */
export function readConnectivityManifest(path: string): ConnectivityManifest | undefined {
  const file = join(path, MANIFEST_FILE);
  if (!existsSync(file)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  const parsed = connectivityManifest().safeParse(json);
  if (!parsed.success) return undefined;
  const signature = signatureOf(json);
  if (signature === undefined || signature.expectedCrc32 !== signature.gotCrc32) return undefined;
  const { nElements, nConnections } = parsed.data;
  const sizes = { "counts.u32": 4 * nElements, "norms.f32": 4 * nElements, "connections.bin": 8 * nConnections };
  for (const [name, bytes] of Object.entries(sizes)) {
    if (!existsSync(join(path, name)) || statSync(join(path, name)).size !== bytes) return undefined;
  }
  return parsed.data;
}

/** Throws InputError when it is not a finished prepared connectivity of this version. */
export function openConnectivity(path: string, options: OpenConnectivityOptions): Connectivity {
  const manifest = readConnectivityManifest(path);
  if (manifest === undefined) {
    throw new InputError(
      `Cannot read the prepared connectivity ${path}: it is unfinished or damaged. Delete it; it is made again from the matrix directory.`,
      { path },
    );
  }
  return { manifest, ...openConnectivityFiles(path, options) };
}
