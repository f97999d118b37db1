// A scalar of a ModelArray file where it lies: a contiguous dataset is row-major bytes at an offset. What cannot be used so is refused with the command
// that converts it; what fixelstream wrote is compared with its checksums.
import { InputError } from "../../errors.js";
import { assertOffset } from "../../formats/hdf5/check-offset.js";
import { assertRows, readRowChecksums } from "../../formats/hdf5/checksums.js";
import { elementsOf } from "../../formats/hdf5/element-kind.js";
import type { ScalarDataset } from "../../formats/hdf5/modelarray-layout.js";
import { assertUsable } from "../../formats/hdf5/obstacles.js";
import type { Hdf5File } from "../../formats/hdf5/open.js";
import { plainNameFor } from "../../formats/hdf5/remedies.js";
import type { IoPolicy } from "../../mapping/file-bytes.js";
import type { FileIdentity } from "../../publish/file-identity.js";
import { shellWord } from "../../shell-word.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import { type RowScan, type ScanEvents, scanRows } from "./scan-rows.js";

export interface InPlaceOptions {
  /** As typed. */
  readonly input: string;
  readonly io: IoPolicy;
  /** Of the file as it was before it was opened. */
  readonly identity: FileIdentity | undefined;
  /** False: checksums are not compared. Default: true. */
  readonly verify?: boolean | undefined;
  /** For the command that is told. */
  readonly template?: string | undefined;
}

export interface MatrixInPlace {
  readonly spec: ColumnSourceSpec;
  /** One pass over all rows. Throws InputError naming a subject whose values are not as fixelstream wrote them. */
  scan(events: ScanEvents): Promise<RowScan>;
}

/** Bytes of a block: as many columns as the engine packs at once (8 B x subjects x width = 4 MiB), because a row's part of it is one read. */
const BLOCK_BYTES = 4 * 2 ** 20;
const NARROWEST = 16;
/** Elements. 16384 x 4 B = 64 KiB a read: longer ones are not faster. */
const WIDEST = 16_384;
/** Blocks that threads can share out. */
const LEAST_BLOCKS = 64;

/** 40 subjects x 600,000 elements: 9360. 1,000 x 600,000: 512. 2,244 elements: 16 .. 48. */
export function rowMajorWidthFor(nSubjects: number, nElements: number): number {
  const fits = Math.floor(BLOCK_BYTES / (8 * nSubjects * NARROWEST)) * NARROWEST;
  const shared = Math.ceil(nElements / LEAST_BLOCKS / NARROWEST) * NARROWEST;
  return Math.max(NARROWEST, Math.min(WIDEST, fits, shared));
}

/** Reads metadata, and three values twice over. Throws InputError: chunked, compressed, another type (with the command to run), damaged. */
export async function describeInPlace(
  file: Hdf5File,
  scalar: ScalarDataset,
  options: InPlaceOptions,
): Promise<MatrixInPlace> {
  const spec = await specInPlace(file, scalar, options);
  const checksums = options.verify !== false ? await readRowChecksums(file, scalar) : undefined;
  return {
    spec,
    async scan(events) {
      const scan = await scanRows(spec, events);
      if (checksums !== undefined) assertRows(options.input, scalar, checksums, scan.crc32);
      return scan;
    },
  };
}

async function specInPlace(file: Hdf5File, scalar: ScalarDataset, options: InPlaceOptions): Promise<ColumnSourceSpec> {
  const { values, nSubjects, nElements } = scalar;
  const layout = await file.layoutOf(values);
  assertUsable(values, layout, file.path);
  const { kind, valueBytes, littleEndian, typeName } = values;
  const isPlainFloat = kind === "float" && (valueBytes === 4 || valueBytes === 8) && littleEndian;
  const obstacle =
    layout.storage === "chunked"
      ? `${values.filters.length > 0 ? "compressed" : "uncompressed"} chunks of ${values.chunks?.join(" x ")}`
      : layout.storage !== "contiguous"
        ? `${layout.storage} storage`
        : !isPlainFloat
          ? `${typeName}${littleEndian ? "" : " in big-endian order"}`
          : scalar.transposed
            ? "elements x subjects"
            : undefined;
  if (obstacle !== undefined) throw await refuse(file, scalar, options, obstacle);
  const { byteOffset, sizeBytes } = layout;
  if (byteOffset === undefined || sizeBytes !== nSubjects * nElements * valueBytes) {
    throw new InputError(
      `Cannot use ${values.objectPath} of ${file.path}: expected ${nSubjects * nElements * valueBytes} bytes of values, got ${byteOffset === undefined ? "a dataset that was never written" : sizeBytes}. Make the file again.`,
      { path: file.path },
    );
  }
  await assertOffset(file, values, byteOffset);
  return {
    path: options.input,
    byteOffset,
    layout: "row-major",
    nRowsInFile: nSubjects,
    nElements,
    elementType: valueBytes === 4 ? "f32" : "f64",
    blockWidth: rowMajorWidthFor(nSubjects, nElements),
    io: options.io,
    // Others may open it and write to it: by default it is read by position.
    ours: false,
    identity: options.identity,
  };
}

/** A store needs to know where its fixels are; what is not fixels becomes another .h5. */
async function refuse(
  file: Hdf5File,
  { name, values }: ScalarDataset,
  { input, template }: InPlaceOptions,
  obstacle: string,
): Promise<InputError> {
  const isPlaced = template !== undefined || (await elementsOf(file)) === "fixels";
  const output = isPlaced ? input.replace(/(\.[^./]+)?$/, ".fxs") : plainNameFor(input);
  const more = template === undefined ? "" : ` --template ${shellWord(template)}`;
  const command = `fixelstream convert modelarray ${shellWord(input)} ${shellWord(output)} --scalar ${shellWord(name)}${more}`;
  return new InputError(
    `Cannot use ${values.objectPath} of ${input} where it lies: expected contiguous, uncompressed float32 or float64 of subjects x elements, got ${obstacle}. Convert it once: ${command}`,
    { path: input },
  );
}
