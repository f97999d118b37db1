// The sketch of a prepared connectivity (FORMAT.md), read by ranges. Worker threads open it again: this file loads no schema library.
import { join } from "node:path";
import { openFileBytes } from "../mapping/policy.js";
import type { OpenConnectivityOptions } from "./connectivity-files.js";
import {
  GROUP,
  RECORD_BYTES,
  SKETCH_FILE,
  SKETCH_SECTIONS,
  type SketchSection,
  sketchSections,
} from "./sketch-layout.js";

export interface SketchFiles {
  /** target: RECORD_BYTES a row, of rows first..first+count in the order of the sketch. */
  copyRecordsInto(target: Uint8Array, first: number, count: number): void;
  /** target u32 [count][GROUP]: positions of groups first..first+count. */
  copyIndicesInto(target: Uint32Array, first: number, count: number): void;
  /** target u16 [count]. */
  copyWeightsInto(target: Uint16Array, first: number, count: number): void;
  close(): void;
}

/** `path`: a prepared connectivity whose sketch sketch-header.ts has found whole. Throws InputError when it is gone. */
export function openSketchFiles(
  path: string,
  { nElements, nGroups }: { readonly nElements: number; readonly nGroups: number },
  { io, windowBytes, onFallback }: OpenConnectivityOptions,
): SketchFiles {
  const places = sketchSections(nElements, nGroups);
  // each section with a window of its own: they are read side by side
  const files = SKETCH_SECTIONS.map((section) => {
    const file = openFileBytes(join(path, SKETCH_FILE), { io, ours: true, windowBytes, onFallback });
    return [section, file] as const;
  });
  const copy = (of: SketchSection, target: Uint8Array, at: number) =>
    files.find(([section]) => section === of)![1].copyInto(target, places[of].first + at);
  const bytesOf = (array: Uint32Array | Uint16Array, bytes: number) =>
    new Uint8Array(array.buffer, array.byteOffset, bytes);
  return {
    copyRecordsInto: (target, first, count) =>
      copy("records", target.subarray(0, count * RECORD_BYTES), first * RECORD_BYTES),
    copyIndicesInto: (target, first, count) => copy("indices", bytesOf(target, count * GROUP * 4), first * GROUP * 4),
    copyWeightsInto: (target, first, count) => copy("weights", bytesOf(target, count * 2), first * 2),
    close() {
      for (const [, file] of files) file.close();
    },
  };
}
