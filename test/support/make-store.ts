// A store out of numbers in memory, through the same code that conversions use.
import path from "node:path";
import { blockWidthFor } from "../../src/store/block-width.js";
import { beginStoreBuild } from "../../src/store/build-store.js";

export interface StoreContents {
  /** f32 or f64 [nSubjects x nElements], row-major. */
  readonly values: Float32Array | Float64Array;
  readonly nSubjects: number;
  /** Default FD. */
  readonly scalar?: string;
  /** As listed. Default `s0.mif`, `s1.mif`, .. */
  readonly names?: readonly string[];
  /** Default: as the store would choose. */
  readonly blockWidth?: number;
  /** Subjects written at a time. Default: all. */
  readonly groupSize?: number;
  /** Default 1 MiB. */
  readonly stagingBytes?: number;
  readonly template?: { readonly indexPath: string; readonly directionsPath: string };
}

/** Writes `directory/name` (no such store may exist) and returns its path. The sources it names do not exist. */
export async function makeStore(directory: string, name: string, contents: StoreContents): Promise<string> {
  const { values, nSubjects } = contents;
  const output = path.join(directory, name);
  const elementType = values instanceof Float32Array ? "f32" : "f64";
  const nElements = values.length / nSubjects;
  const input = (file: string) => ({ name: path.basename(file), path: file, sizeBytes: 1, mtimeMs: 0 });
  const build = beginStoreBuild(
    {
      output,
      replace: false,
      kind: contents.template ? "fixel" : "vector",
      scalar: contents.scalar ?? "FD",
      shape: { nSubjects, nElements, blockWidth: contents.blockWidth ?? blockWidthFor(nSubjects), elementType },
      sources: Array.from({ length: nSubjects }, (_, i) => input(`/nowhere/${contents.names?.[i] ?? `s${i}.mif`}`)),
      template: contents.template && {
        index: input(contents.template.indexPath),
        directions: input(contents.template.directionsPath),
      },
      command: "makeStore",
    },
    contents.stagingBytes ?? 2 ** 20,
  );
  const rowBytes = nElements * values.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const groupSize = contents.groupSize ?? nSubjects;
  for (let first = 0; first < nSubjects; first += groupSize) {
    const n = Math.min(groupSize, nSubjects - first);
    await build.writeSubjects(bytes.subarray(first * rowBytes, (first + n) * rowBytes), first, new Array(n).fill(0));
  }
  await build.finish();
  return output;
}

/** Values that show where they came from: row * 1000 + column, exact in float32 for small shapes. */
export function numberedValues(nSubjects: number, nElements: number): Float32Array {
  return Float32Array.from(
    { length: nSubjects * nElements },
    (_, i) => Math.floor(i / nElements) * 1000 + (i % nElements),
  );
}
