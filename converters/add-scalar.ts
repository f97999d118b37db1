// A second scalar of the same subjects and template, added to a store. Killed at any point, the store is what it was before, or has both.
//
//   1. the scalar is converted in a partial directory beside the store, with journal and resumption like any conversion
//   2. its store.json gets the scalars that the store has
//   3. its files and store.json are moved into the store, store.json last; the next conversion to the store undoes what a kill leaves half done
import fs from "node:fs";
import path from "node:path";
import { InputError } from "../src/errors.js";
import { openFixelDirectory } from "../src/formats/fixel-directory.js";
import { readSubjectList } from "../src/formats/text/subject-list.js";
import { checksumFile } from "../src/publish/checksum-file.js";
import { type FileIdentity, identityOf } from "../src/publish/file-identity.js";
import type { HeldLock } from "../src/publish/lock.js";
import { publishFiles } from "../src/publish/publish-files.js";
import type { FinishedPartial } from "../src/store/build-store.js";
import { reportingWrites, withClaim } from "../src/store/claim-store.js";
import { formatManifest, MANIFEST_FILE } from "../src/store/manifest.js";
import { settleAdding } from "../src/store/open-partial.js";
import { openStore, type Store } from "../src/store/open-store.js";
import { firstDifference, keysInCommon } from "../src/subject-names.js";
import { formatCount } from "../src/units.js";
import { type ConvertSummary, convertFixelDirectory, type FixelConversion } from "./fixel-directory.js";

/** The store that the conversion adds to: `output` is one, without this scalar, and is not to be replaced. */
export function storeToExtend({ output, scalar, force }: FixelConversion): Store | undefined {
  if (force || !fs.existsSync(path.join(output, MANIFEST_FILE))) return undefined;
  const store = openStore(output, { io: "read" });
  return store.scalarNames.includes(scalar) ? undefined : store;
}

/**
 * Throws InputError when the output has the scalar by now, when template, subjects or their order are not those of the store, and as
 * convertFixelDirectory does.
 */
export async function addScalar(conversion: FixelConversion): Promise<ConvertSummary> {
  const { output, scalar } = conversion;
  return await withClaim(output, "parts", async (claim) => {
    reportingWrites(output, () => settleAdding(output));
    // As it is now that nobody else can write it.
    const store = storeToExtend(conversion);
    if (store === undefined) {
      throw new InputError(
        `Cannot add ${scalar} to ${output}: it has that scalar. Give another name with --scalar, or --force to replace the store.`,
        { path: output },
      );
    }
    const { subjectList, memoryBytes, signal } = conversion;
    const names = conversion.names ?? (await readSubjectList(subjectList, { memoryBytes, signal }));
    checkSameCohort(store, conversion, names);
    return await convertFixelDirectory({
      ...conversion,
      names,
      claim,
      onComplete: (finished) => reportingWrites(output, () => moveInto(store, conversion, finished, claim.lock)),
    });
  });
}

function moveInto(
  store: Store,
  { scalar, output }: FixelConversion,
  { partial, manifest }: FinishedPartial,
  lock: HeldLock,
): void {
  const added = manifest.scalars[scalar]!;
  const scalars = { ...store.manifest.scalars, [scalar]: added };
  fs.writeFileSync(path.join(partial.path, MANIFEST_FILE), formatManifest({ ...store.manifest, scalars }));
  const replaceable = new Map<string, FileIdentity>([
    [MANIFEST_FILE, identityOf(path.join(store.path, MANIFEST_FILE))!],
  ]);
  publishFiles(partial, {
    into: store.path,
    names: [added.file, ...(added.missing === undefined ? [] : [added.missing.file]), MANIFEST_FILE],
    replaceable,
    ifKilled: "undo",
    under: (move) => move(lock),
    purpose: `Cannot add ${scalar} to ${output}`,
  });
}

function checkSameCohort(store: Store, conversion: FixelConversion, names: readonly string[]): void {
  const { inputDirectory, output, scalar, subjectList } = conversion;
  const refuse = (expected: string, got: string) =>
    new InputError(
      `Cannot add ${scalar} to ${output}: expected ${expected}, got ${got}. Give another name for a store of its own, or --force to replace this one.`,
      { path: output },
    );
  const first = store.scalarNames[0]!;
  const known = store.subjectNames(first);
  if (names.length !== known.length)
    throw refuse(`its ${formatCount(known.length, "subjects")}`, `${names.length} in ${subjectList}`);
  // each scalar's files have names of their own: what tells the subjects apart must be the same, in the same order
  const keys = keysInCommon([
    { scalar: first, names: known },
    { scalar, names },
  ]);
  const other = keys === undefined ? firstDifference(known, names) : firstDifference(keys[0]!, keys[1]!);
  if (other >= 0) {
    throw refuse(
      `its subjects in its order (subject ${other + 1} is ${known[other]})`,
      `${names[other]} in ${subjectList}`,
    );
  }
  const { indexPath, directionsPath } = openFixelDirectory(inputDirectory);
  const { template } = store.manifest;
  if (template?.index.crc32 !== checksumFile(indexPath) || template.directions.crc32 !== checksumFile(directionsPath)) {
    throw refuse("its template", `another index or directions in ${inputDirectory}`);
  }
}
