// Stores of one scalar each, of the same subjects' number and template, into one store: files are moved, nothing is written twice.
import fs from "node:fs";
import path from "node:path";
import { InternalError } from "../src/errors.js";
import { formatManifest, MANIFEST_FILE, type Manifest } from "../src/store/manifest.js";
import { openStore } from "../src/store/open-store.js";
import { partialPathOf, publishStore } from "../src/store/publish-store.js";

/** `paths` are used up. Killed at any point, `output` is what it was before, or whole. */
export function mergeStores(
  paths: readonly string[],
  output: string,
  options: { readonly replace: boolean; readonly command: string },
): void {
  const stores = paths.map((store) => openStore(store, { io: "read" }));
  const [first] = stores;
  if (first === undefined) throw new InternalError("No stores to merge.");
  const scalars: Manifest["scalars"] = {};
  for (const { manifest } of stores) Object.assign(scalars, manifest.scalars);
  const merged = {
    ...first.manifest,
    scalars,
    provenance: { ...first.manifest.provenance, command: options.command },
  };
  const partial = partialPathOf(output);
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial);
  const { template } = first.manifest;
  for (const { file } of template === undefined ? [] : [template.index, template.directions])
    fs.renameSync(path.join(first.path, file), path.join(partial, file));
  for (const store of stores) {
    for (const { file, missing } of Object.values(store.manifest.scalars)) {
      for (const name of missing === undefined ? [file] : [file, missing.file])
        fs.renameSync(path.join(store.path, name), path.join(partial, name));
    }
  }
  fs.writeFileSync(path.join(partial, MANIFEST_FILE), formatManifest(merged));
  publishStore(output, { replace: options.replace });
}
