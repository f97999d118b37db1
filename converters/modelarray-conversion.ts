// What a conversion of a ModelArray file is asked for, and what comes of it.
import type { FileElements } from "../src/formats/hdf5/element-kind.js";
import type { MatrixReader } from "../src/formats/hdf5/matrix-reader.js";
import type { ScalarDataset } from "../src/formats/hdf5/modelarray-layout.js";
import type { ElementType } from "../src/store/column-source.js";

export interface ModelArrayConversion {
  readonly input: string;
  /** `.h5`: ModelArray's layout, contiguous or compressed; else a store. */
  readonly output: string;
  /** Undefined: all of them. */
  readonly scalar: string | undefined;
  /** Fixel directory; undefined: from /fixels and /voxels. */
  readonly template: string | undefined;
  readonly gzipLevel: number | undefined;
  readonly memoryBytes: number;
  readonly force: boolean;
  readonly command: string;
  /** `share` 0..1 of the phase. */
  readonly onProgress?: ((phase: "read" | "verify" | "compress", share: number) => void) | undefined;
  /** What a killed run had converted was not read again: of a scalar, `share` 0..1 of its values. */
  readonly onResumed?: ((scalar: string, share: number) => void) | undefined;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ModelArraySummary {
  readonly path: string;
  /** What the elements are, by the tables of the input. */
  readonly elements: FileElements;
  readonly nElements: number;
  readonly scalars: readonly {
    readonly name: string;
    readonly nSubjects: number;
    /** f64 when some value is not exactly a float32. */
    readonly elementType: ElementType;
  }[];
  /** Of all matrices. */
  readonly dataBytes: number;
  /** Scalars whose rows were brought into the order of the first; what of the input is not in the output, or not as it was: a sentence or two. */
  readonly warnings: readonly string[];
}

export type Converted = Omit<ModelArraySummary, "warnings" | "elements">;

/** What of a scalar's values is not as it stood in the file. */
export interface ReadRemarks {
  /** Integers that stand for a missing value. */
  readonly nMissing: number;
  /** Values of chunks that were never written. */
  readonly unwritten: MatrixReader["unwritten"];
}

export interface Watched {
  /** Of each scalar; filled. */
  readonly remarks: Map<string, ReadRemarks>;
  readonly assertUnchanged: () => void;
}

export function summarise(
  output: string,
  scalars: readonly ScalarDataset[],
  types: ReadonlyMap<string, ElementType>,
): Converted {
  const described = scalars.map(({ name, nSubjects }) => ({ name, nSubjects, elementType: types.get(name)! }));
  const nElements = scalars[0]!.nElements;
  const bytes = scalars.map(({ name, nSubjects }) => nSubjects * nElements * (types.get(name) === "f32" ? 4 : 8));
  return { path: output, nElements, scalars: described, dataBytes: bytes.reduce((sum, size) => sum + size, 0) };
}
