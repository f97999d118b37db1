// Where the values of subjects are: the store that the run read, its cache, or the ModelArray file whose values were used where they lie.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { chooseScalar, describeScalar } from "../../formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../formats/hdf5/open.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { openStore } from "../../store/open-store.js";

export interface SubjectSource {
  /** In the order of its rows. */
  readonly names: readonly string[];
  spec(rows: readonly number[]): ColumnSourceSpec;
}

/** A sentence where there is none any more. Throws InputError: damaged. */
export async function findSubjectSource(
  path: string | undefined,
  scalar: string | undefined,
  signal?: AbortSignal,
): Promise<SubjectSource | { readonly missing: string }> {
  if (path !== undefined && isHdf5Path(path)) {
    if (existsSync(path)) return await inHdf5(path, scalar, signal);
    return { missing: `The values of subjects are read from the input, which is not at ${path} any more.` };
  }
  if (path === undefined || !existsSync(join(path, "store.json")))
    return {
      missing: `The values of subjects are read from the converted data, which are not at ${path ?? "a known place"} any more. The same command makes them again; then fixelstream report does.`,
    };
  // some blocks of a large file: mapping them costs more than the copies
  const store = openStore(path, { io: "read", verify: false });
  const name = scalar ?? store.scalarNames[0]!;
  return { names: store.subjectNames(name), spec: (rows) => store.spec(name, [...rows]) };
}

/** Elements that are read together: as many as a picture asks for at once. */
const BLOCK_WIDTH = 64;

async function inHdf5(
  path: string,
  scalar: string | undefined,
  signal: AbortSignal | undefined,
): Promise<SubjectSource | { readonly missing: string }> {
  const file = await openHdf5(path, signal);
  try {
    const { values, nSubjects, nElements, subjectNames, transposed } = await describeScalar(
      file,
      await chooseScalar(file, scalar),
    );
    const layout = await file.layoutOf(values);
    const { kind, valueBytes, littleEndian } = values;
    const isPlain =
      layout.storage === "contiguous" &&
      layout.byteOffset !== undefined &&
      layout.sizeBytes === nSubjects * nElements * valueBytes &&
      kind === "float" &&
      (valueBytes === 4 || valueBytes === 8) &&
      littleEndian &&
      !transposed;
    if (!isPlain) return { missing: `The values of subjects in ${path} do not lie there as the run had them.` };
    const { byteOffset } = layout;
    return {
      names: subjectNames,
      spec: (rows) => ({
        ...{ path, byteOffset: byteOffset!, layout: "row-major", nRowsInFile: nSubjects, nElements },
        ...{ elementType: valueBytes === 4 ? "f32" : "f64", blockWidth: BLOCK_WIDTH, rows, io: "read", ours: false },
      }),
    };
  } finally {
    await file.close();
  }
}
