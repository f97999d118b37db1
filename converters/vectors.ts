// Vectors of any kind of input -> a store of kind "vector". Memory stays inside the budget; a killed conversion is continued.
import { InternalError, UsageError } from "../src/errors.js";
import type { NpzChoice } from "../src/formats/npy/npz.js";
import { isPlainName } from "../src/formats/plain-name.js";
import { blockWidthFor, countBlocks } from "../src/store/block-width.js";
import { beginStoreBuild, resumableElementType, type StoreBuildPlan } from "../src/store/build-store.js";
import { assertOutputFree, type StoreClaim, withClaim } from "../src/store/claim-store.js";
import type { ElementType } from "../src/store/column-source.js";
import { cutRow } from "../src/store/cut-row.js";
import { dataFileBytes } from "../src/store/element-type.js";
import { rowGroupBytes } from "../src/store/row-group.js";
import { createTurns } from "../src/turns.js";
import { openNpy } from "./npy.js";
import { type GroupPlan, planGroups, planRuns } from "./plan-groups.js";
import type { VectorSource } from "./vector-source.js";
import { openVectorText, type VectorTextOptions } from "./vector-text.js";
import { workBytes } from "./write-groups.js";

export interface VectorConversion {
  readonly source: VectorSource;
  /** The store to write. */
  readonly output: string;
  /** What the values are called in the store. */
  readonly scalar: string;
  /** What the conversion may hold beside the program itself. */
  readonly memoryBytes: number;
  /** Replace a store that exists. */
  readonly force: boolean;
  /** Of a caller that is the only writer of the output already. */
  readonly claim?: StoreClaim | undefined;
  /** For the provenance: as typed. */
  readonly command: string;
  /** Subjects, or blocks read back, done of `total`. */
  readonly onProgress?: ((phase: "read" | "verify", done: number, total: number) => void) | undefined;
  /** Ends the reading of text with its reason; the rest is stopped by what onProgress throws. */
  readonly signal?: AbortSignal | undefined;
}

export interface VectorSummary {
  /** Subjects that an earlier, killed run had written. */
  readonly nResumed: number;
  /** As typed. */
  readonly path: string;
  readonly nSubjects: number;
  readonly nElements: number;
  /** f64 when some value is not exactly a float32. */
  readonly elementType: ElementType;
  /** Of the matrix on disk. */
  readonly dataBytes: number;
  readonly missing: { readonly nElements: number; readonly nValues: number };
  /** Of integers that became NaN: a sentence. */
  readonly warnings: readonly string[];
}

export interface VectorSourceOptions extends VectorTextOptions {
  /** Which of several arrays of a .npz. */
  readonly array?: NpzChoice | undefined;
}

/** By the name of the file: .npy, .npz, else text (a list of vector files, or a matrix). Throws InputError, BudgetError. */
export async function openVectorSource(path: string, options: VectorSourceOptions): Promise<VectorSource> {
  return /\.np[yz]$/i.test(path) ? await openNpy(path, options) : await openVectorText(path, options);
}

/** Undefined: nothing is. `nMissing`: of a store made of the source. */
export function describeMissingIntegers(source: VectorSource, nMissing: number): string | undefined {
  const { missingInteger: type, path } = source;
  if (type === undefined || nMissing === 0) return undefined;
  return `${nMissing} ${nMissing === 1 ? "value" : "values"} of ${path} ${nMissing === 1 ? "is" : "are"} the least ${type}, which ${type === "int32" ? "R writes for NA" : "R and pandas write for a missing value"}: NaN is used.`;
}

/** Throws UsageError, InputError (all problems of the vector files at once), BudgetError. */
export async function convertVectors(conversion: VectorConversion): Promise<VectorSummary> {
  const { source, output, scalar, force } = conversion;
  if (!isPlainName(scalar)) {
    throw new UsageError(
      `Cannot name a scalar ${JSON.stringify(scalar)}: expected a plain file name such as values, got something else. Correct --scalar.`,
    );
  }
  assertOutputFree(output, force, conversion.claim);
  return await withClaim(output, conversion.claim ?? "store", async (claim) => {
    const resumed = resumableElementType(planOf(conversion, "f32"));
    for (const elementType of source.elementTypes) {
      if (resumed === "f64" && elementType === "f32") continue;
      const summary = await convertAs({ ...conversion, claim }, elementType);
      if (summary !== undefined) return summary;
    }
    throw new InternalError(`A value of ${source.path} is no float64.`);
  });
}

function planOf({ source, output, force, scalar, command, claim }: VectorConversion, elementType: ElementType) {
  const { nSubjects, nElements, sources } = source;
  const shape = { nSubjects, nElements, blockWidth: blockWidthFor(nSubjects), elementType };
  return {
    output,
    replace: force,
    kind: source.kind ?? "vector",
    scalar,
    shape,
    voxels: source.voxels,
    sources,
    command,
    claim,
  } satisfies StoreBuildPlan;
}

/** Undefined when a value does not fit the type. */
async function convertAs(conversion: VectorConversion, elementType: ElementType): Promise<VectorSummary | undefined> {
  const { source, onProgress } = conversion;
  const { readerBytes, nSubjects, nElements } = source;
  const plan = planOf(conversion, elementType);
  const { shape } = plan;
  const groups: GroupPlan = planGroups({ shape, readerBytes, memoryBytes: conversion.memoryBytes, isTogether: true });
  const build = beginStoreBuild(plan, groups.stagingBytes);
  // a caller stops the conversion by throwing from onProgress: it must have heard why
  const turns = createTurns(undefined);
  const onRow = async (row: number) => {
    if (!turns.isDue()) return;
    await turns.take();
    onProgress?.("read", row, nSubjects);
  };
  try {
    await build.checkResumed(() => onProgress?.("read", 0, nSubjects));
    const rows = await source.openRows();
    try {
      const buffer = new ArrayBuffer(workBytes(shape, groups));
      const groupBytes = rowGroupBytes(shape, groups.groupSize);
      const group = build.createGroup(new Uint8Array(buffer, 0, groupBytes));
      const Values = elementType === "f32" ? Float32Array : Float64Array;
      for (const { first, count } of planRuns(build.written, groups.groupSize)) {
        onProgress?.("read", first, nSubjects);
        group.begin(first, count);
        const values = new Values(buffer, groups.nRows === 0 ? 0 : groupBytes, count * nElements);
        const crc32 = await rows.readInto(values, first, count, onRow);
        if (crc32 === undefined) return undefined;
        const rowBytes = nElements * values.BYTES_PER_ELEMENT;
        for (let i = 0; i < count; i++)
          group.place(first + i, cutRow(shape, new Uint8Array(buffer, values.byteOffset + i * rowBytes, rowBytes)));
        await build.writeGroup(group, crc32);
      }
    } finally {
      rows.close();
    }
    onProgress?.("read", nSubjects, nSubjects);
    const nBlocks = countBlocks(nElements, shape.blockWidth);
    const manifest = await build.finish((iBlock) => onProgress?.("verify", iBlock + 1, nBlocks));
    const missing = manifest.scalars[plan.scalar]?.missing;
    const said = describeMissingIntegers(source, missing?.nValues ?? 0);
    return {
      warnings: said === undefined ? [] : [said],
      nResumed: build.written.filter(Boolean).length,
      path: conversion.output,
      nSubjects,
      nElements,
      elementType,
      dataBytes: dataFileBytes(shape),
      missing: { nElements: missing?.nElements ?? 0, nValues: missing?.nValues ?? 0 },
    };
  } finally {
    await build.close();
  }
}
