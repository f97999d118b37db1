// A second scalar of the same subjects and template, added to a store. Killed at any point, the store is what it was before, or has both.
//
//   1. the scalar is converted into a store of its own beside the first, with journal and resumption like any conversion
//   2. its files are renamed into the first: store.json does not name them yet, so nothing has changed
//   3. store.json is replaced by rename
import fs from "node:fs";
import path from "node:path";
import { InputError } from "../src/errors.js";
import { openFixelDirectory } from "../src/formats/fixel-directory.js";
import { readSubjectList } from "../src/formats/text/subject-list.js";
import { checksumFile } from "../src/store/checksum-file.js";
import { formatManifest, MANIFEST_FILE } from "../src/store/manifest.js";
import { openStore, type Store } from "../src/store/open-store.js";
import { syncPath } from "../src/store/publish-store.js";
import { type ConvertSummary, convertFixelDirectory, type FixelConversion } from "./fixel-directory.js";

/** The store that the conversion adds to: `output` is one, without this scalar, and is not to be replaced. */
export function storeToExtend({ output, scalar, force }: FixelConversion): Store | undefined {
  if (force || !fs.existsSync(path.join(output, MANIFEST_FILE))) return undefined;
  const store = openStore(output, { io: "read" });
  return store.scalarNames.includes(scalar) ? undefined : store;
}

/** Throws InputError when template, subjects or their order are not those of the store, and as convertFixelDirectory does. */
export async function addScalar(store: Store, conversion: FixelConversion): Promise<ConvertSummary> {
  checkSameCohort(store, conversion);
  const beside = `${conversion.output.replace(/[/\\]+$/, "")}.${conversion.scalar}.fxs`;
  // Left by a run killed after step 2 began, it no longer holds its data: begun again.
  const summary = await convertFixelDirectory({ ...conversion, output: beside, force: true });
  const added = openStore(beside, { io: "read" }).manifest.scalars[conversion.scalar]!;
  for (const name of added.missing === undefined ? [added.file] : [added.file, added.missing.file]) {
    fs.renameSync(path.join(beside, name), path.join(store.path, name));
  }
  const scalars = { ...store.manifest.scalars, [conversion.scalar]: added };
  const draft = path.join(store.path, `${MANIFEST_FILE}.new`);
  fs.writeFileSync(draft, formatManifest({ ...store.manifest, scalars }), { flush: true });
  fs.renameSync(draft, path.join(store.path, MANIFEST_FILE));
  syncPath(store.path);
  fs.rmSync(beside, { recursive: true, force: true });
  return { ...summary, path: conversion.output };
}

function checkSameCohort(store: Store, { inputDirectory, subjectList, output, scalar }: FixelConversion): void {
  const refuse = (expected: string, got: string) =>
    new InputError(
      `Cannot add ${scalar} to ${output}: expected ${expected}, got ${got}. Give another name for a store of its own, or --force to replace this one.`,
      { path: output },
    );
  const names = readSubjectList(subjectList);
  const known = store.subjectNames(store.scalarNames[0]!);
  if (names.length !== known.length) throw refuse(`its ${known.length} subjects`, `${names.length} in ${subjectList}`);
  const other = names.findIndex((name, i) => name !== known[i]);
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
