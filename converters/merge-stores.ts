// Finished stores of one scalar each, of the same subjects' number and template, into one store: files are moved, nothing is written twice.
import fs from "node:fs";
import path from "node:path";
import { InternalError } from "../src/errors.js";
import type { HeldLock } from "../src/publish/lock.js";
import type { FinishedPartial } from "../src/store/build-store.js";
import { reportingWrites } from "../src/store/claim-store.js";
import { formatManifest, MANIFEST_FILE, type Manifest } from "../src/store/manifest.js";
import { clearAbandoned } from "../src/store/open-partial.js";
import { publishStore } from "../src/store/publish-store.js";

/** `parts` are used up. Killed at any point, `output` is what it was before, or whole. */
export function mergeStores(
  parts: readonly FinishedPartial[],
  output: string,
  options: { readonly replace: boolean; readonly command: string; readonly lock: HeldLock },
): void {
  const [first, ...others] = parts;
  if (first === undefined) throw new InternalError("No stores to merge.");
  reportingWrites(output, () => {
    const scalars: Manifest["scalars"] = {};
    for (const { manifest } of parts) Object.assign(scalars, manifest.scalars);
    const provenance = { ...first.manifest.provenance, command: options.command };
    for (const { partial, manifest } of others) {
      partial.assertMine(output);
      for (const { file, missing } of Object.values(manifest.scalars)) {
        for (const name of missing === undefined ? [file] : [file, missing.file])
          fs.renameSync(path.join(partial.path, name), path.join(first.partial.path, name));
      }
      partial.remove();
    }
    const text = formatManifest({ ...first.manifest, scalars, provenance });
    fs.writeFileSync(path.join(first.partial.path, MANIFEST_FILE), text);
    publishStore(first.partial, { output, replace: options.replace, lock: options.lock });
    clearAbandoned(output);
  });
}
