// The use case "what is in this store": plain data for the info command.

import { InputError } from "../../errors.js";
import { readImageHeader } from "../../formats/image.js";
import { isPlaceUnknown } from "../../formats/unknown-place.js";
import type { IoPolicy } from "../../mapping/file-bytes.js";
import { shellWord } from "../../shell-word.js";
import { countBlocks } from "../../store/block-width.js";
import type { ElementType } from "../../store/column-source.js";
import { dataFileBytes } from "../../store/element-type.js";
import type { Manifest, SourceEntry } from "../../store/manifest.js";
import { openStore } from "../../store/open-store.js";
import { lookAtArgument } from "../arguments/path-kind.js";

export interface ScalarDescription {
  readonly name: string;
  readonly elementType: ElementType;
  readonly file: string;
  /** Bytes of the matrix on disk, padding included. */
  readonly dataBytes: number;
  /** Elements with at least one value that is not finite, and the number of such values. */
  readonly missing: { readonly nElements: number; readonly nValues: number };
  /** One a subject, in row order; `name` is what a subject list selects by. */
  readonly subjects: readonly SourceEntry[];
}

export interface StoreDescription {
  readonly path: string;
  readonly formatVersion: number;
  readonly creator: string;
  readonly kind: Manifest["kind"];
  readonly nSubjects: number;
  readonly nElements: number;
  /** Elements of a block on disk. */
  readonly blockWidth: number;
  readonly nBlocks: number;
  /** Bytes of all matrices. */
  readonly dataBytes: number;
  readonly template: { readonly indexPath: string; readonly directionsPath: string } | undefined;
  /** The template was made of tables without voxel size and position. */
  readonly placeUnknown: boolean;
  readonly scalars: readonly ScalarDescription[];
  readonly provenance: Manifest["provenance"];
}

/** What is nearly a store, or can become one. Throws InputError. */
function assertStore(path: string): void {
  const { kind } = lookAtArgument(path);
  const cannot = `Cannot describe ${path}: expected a store or an .h5, got`;
  const word = shellWord(path);
  const message = {
    fixels: `a fixel directory. Make a store of it: fixelstream convert fixels ${word} SUBJECTS.txt COHORT.fxs.`,
    matrix: "a connectivity matrix of fixelconnectivity, which has no manifest. It is given to fixelcfestats as it is.",
    image: `an image. Its header is shown by mrinfo ${word}.`,
  }[kind as string];
  if (message !== undefined) throw new InputError(`${cannot} ${message}`, { path });
}

/** Reads store.json, and the header of the template's index. Throws InputError when the store does not open. */
export function describeStore(storePath: string, options: { io: IoPolicy }): StoreDescription {
  assertStore(storePath);
  const store = openStore(storePath, options);
  const { manifest } = store;
  const scalars = Object.entries(manifest.scalars).map(([name, entry]) => ({
    name,
    elementType: entry.elementType,
    file: entry.file,
    dataBytes: dataFileBytes({ ...manifest, elementType: entry.elementType }),
    missing: { nElements: entry.missing?.nElements ?? 0, nValues: entry.missing?.nValues ?? 0 },
    subjects: entry.sources,
  }));
  store.close();
  return {
    path: storePath,
    formatVersion: manifest.formatVersion,
    creator: manifest.creator,
    kind: manifest.kind,
    nSubjects: manifest.nSubjects,
    nElements: manifest.nElements,
    blockWidth: manifest.blockWidth,
    nBlocks: countBlocks(manifest.nElements, manifest.blockWidth),
    dataBytes: scalars.reduce((sum, scalar) => sum + scalar.dataBytes, 0),
    template: store.template,
    placeUnknown: store.template !== undefined && isPlaceUnknown(readImageHeader(store.template.indexPath).entries),
    scalars,
    provenance: manifest.provenance,
  };
}
