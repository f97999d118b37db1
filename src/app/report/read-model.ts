// The model of a run: out of run.json, or of the files that it names where they are as they were.
import { createHash } from "node:crypto";
import { readMatrix } from "../../formats/text/matrix.js";
import type { Maybe, ModelData } from "../../report/report-data.js";
import type { RunRecord } from "../../results/run-record.js";

export interface FoundModel {
  readonly model: Maybe<ModelData>;
  /** By the name of the hypothesis. */
  contrast(name: string): readonly (readonly number[])[] | undefined;
}

const rowOf = (text: string): number[] => text.split(" ").map(Number);

export async function readModel(record: RunRecord): Promise<FoundModel> {
  const { model: recorded } = record;
  const { factors } = record.problem as { factors?: readonly string[] };
  const { column } = record.options as { column?: readonly string[] };
  const withNames = (design: number[][], groups?: readonly number[]): ModelData => ({
    design,
    factors: Array.from({ length: design[0]!.length }, (_, i) => factors?.[i] ?? nameOf(design, i)),
    isNamed: factors !== undefined,
    nElementColumns: column?.length ?? 0,
    varianceGroups: groups,
  });
  if (recorded !== undefined) {
    const model = withNames(recorded.design.map(rowOf), recorded.varianceGroups);
    return { model: { found: model }, contrast: (name) => recorded.contrasts[name]?.map(rowOf) };
  }
  const nowhere = { contrast: () => undefined };
  const { path, sha256 } = (record.inputs.design ?? {}) as { path?: string; sha256?: string };
  if (path === undefined) return { model: { missing: "run.json does not say what the design was." }, ...nowhere };
  try {
    const hash = createHash("sha256");
    const read = await readMatrix(path, { onBytes: (bytes) => void hash.update(bytes) });
    if (hash.digest("hex") !== sha256)
      return { model: { missing: `The design ${path} is not as it was when the run was made.` }, ...nowhere };
    const design = Array.from({ length: read.nRows }, (_, i) =>
      Array.from(read.values.subarray(i * read.nColumns, (i + 1) * read.nColumns)),
    );
    const contrasts = await contrastsOf(record);
    return { model: { found: withNames(design) }, contrast: (name) => contrasts?.get(name) };
  } catch {
    return { model: { missing: `The design ${path} cannot be read any more.` }, ...nowhere };
  }
}

/** Rows of t-tests alone: F-tests have no effect that would need them. */
async function contrastsOf(record: RunRecord): Promise<Map<string, number[][]> | undefined> {
  const { path } = (record.inputs.contrast ?? record.inputs.ttests ?? {}) as { path?: string };
  if (path === undefined) return undefined;
  const { values, nRows, nColumns } = await readMatrix(path);
  return new Map(
    Array.from({ length: nRows }, (_, i) => [
      `t${i + 1}`,
      [Array.from(values.subarray(i * nColumns, (i + 1) * nColumns))],
    ]),
  );
}

/** Where the design has no names. */
const nameOf = (design: readonly (readonly number[])[], i: number): string =>
  design.every((row) => row[i] === 1) ? `column ${i + 1} (intercept)` : `column ${i + 1}`;
