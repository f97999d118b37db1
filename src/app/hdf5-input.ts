// Subjects' values out of a ModelArray file as it lies: a contiguous dataset is row-major bytes at an offset. What cannot be used so is refused
// with the command that converts it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, UsageError } from "../errors.js";
import { openFixelDirectory } from "../formats/fixel-directory.js";
import { readFixelTables, writeFixelTemplate } from "../formats/hdf5/fixel-tables.js";
import { chooseScalar, describeScalar, type ScalarDataset } from "../formats/hdf5/modelarray-layout.js";
import { type Hdf5File, openHdf5 } from "../formats/hdf5/open.js";
import { checksumsPath } from "../formats/hdf5/write-modelarray.js";
import { readImageHeader } from "../formats/image.js";
import { openPositionalBytes } from "../formats/positional-bytes.js";
import { readSubjectList } from "../formats/text/subject-list.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import { selectRows } from "../store/select-rows.js";
import type { FixelInput, FixelInputOptions } from "./input-source.js";
import { scanRows } from "./scan-rows.js";

/** Bytes of a block: as many columns as the engine packs at once (8 B x subjects x width = 4 MiB), because a row's part of it is one read. */
const BLOCK_BYTES = 4 * 2 ** 20;
const NARROWEST = 16;
/** Elements. 16384 x 4 B = 64 KiB a read: longer ones are not faster (storage-facts 4). */
const WIDEST = 16_384;
/** Blocks that threads can share out. */
const LEAST_BLOCKS = 64;

/** 40 subjects x 600,000 elements: 9360. 1,000 x 600,000: 512. 2,244 elements: 16 .. 48. */
export function rowMajorWidthFor(nSubjects: number, nElements: number): number {
  const fits = Math.floor(BLOCK_BYTES / (8 * nSubjects * NARROWEST)) * NARROWEST;
  const shared = Math.ceil(nElements / LEAST_BLOCKS / NARROWEST) * NARROWEST;
  return Math.max(NARROWEST, Math.min(WIDEST, fits, shared));
}

/**
 * Reads metadata, and three values twice over. Throws InputError: not ModelArray's layout, damaged, chunked or compressed (with the command to run);
 * UsageError: no such scalar, no template anywhere.
 */
export async function resolveHdf5(options: FixelInputOptions): Promise<FixelInput> {
  const { input, subjects } = options;
  const file = await openHdf5(input);
  try {
    const scalar = describeScalar(file, chooseScalar(file, options.scalar));
    const spec = specInPlace(file, scalar, options);
    const template = resolveTemplate(file, scalar, options);
    const names = scalar.subjectNames;
    const checksums = readChecksums(file, scalar);
    const rows =
      subjects === "-"
        ? undefined
        : selectRows(readSubjectList(subjects), names, { listPath: subjects, storePath: input });
    const expected = rows === undefined ? spec : { ...spec, rows };
    return {
      nFixels: scalar.nElements,
      subjects: rows === undefined ? names : rows.map((row) => names[row]!),
      searchedIn: undefined,
      template,
      ending: /\.mif(\.gz)?$/.test(template.indexPath) ? ".mif" : ".nii",
      expected,
      bytesToWrite: 0,
      checkSources() {},
      async open(events) {
        const scan = await scanRows(spec, events ?? {});
        checksums?.forEach((expected, row) => {
          if (expected !== scan.crc32[row]) throw damagedRow(input, scalar, row);
        });
        const { transform, voxelSizes } = readImageHeader(template.directionsPath);
        const taken = rows ?? names.map((_, row) => row);
        return {
          spec: expected,
          missing: scan.missing,
          storePath: input,
          reused: true,
          sources: taken.map((row) => ({ name: names[row]!, crc32: scan.crc32[row]! })),
          header: { transform, voxelSizes, entries: [] },
        };
      },
    };
  } finally {
    file.close();
  }
}

function specInPlace(file: Hdf5File, scalar: ScalarDataset, options: FixelInputOptions): ColumnSourceSpec {
  const { values, nSubjects, nElements } = scalar;
  const layout = file.layoutOf(values);
  const { kind, valueBytes, littleEndian } = values;
  const isPlainFloat = kind === "float" && (valueBytes === 4 || valueBytes === 8) && littleEndian;
  const obstacle =
    layout.storage === "chunked"
      ? `${values.filters.length > 0 ? "compressed" : "uncompressed"} chunks of ${values.chunks?.join(" x ")}`
      : layout.storage !== "contiguous"
        ? `${layout.storage} storage`
        : layout.external
          ? "values in other files"
          : !isPlainFloat
            ? `${kind}${valueBytes * 8}${littleEndian ? "" : " in big-endian order"}`
            : scalar.transposed
              ? "elements x subjects"
              : undefined;
  if (obstacle !== undefined) throw refuse(scalar, options, obstacle);
  const { byteOffset, sizeBytes } = layout;
  if (byteOffset === undefined || sizeBytes !== nSubjects * nElements * valueBytes) {
    throw new InputError(
      `Cannot use ${values.objectPath} of ${file.path}: expected ${nSubjects * nElements * valueBytes} bytes of values, got ${byteOffset === undefined ? "a dataset that was never written" : sizeBytes}. Make the file again.`,
      { path: file.path },
    );
  }
  compareEnds(file, scalar, byteOffset);
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
  };
}

/** Of the rows' bytes; only files of ours have them. */
function readChecksums(file: Hdf5File, { name, nSubjects }: ScalarDataset): Uint32Array | undefined {
  const objectPath = checksumsPath(name);
  if (file.kindOf(objectPath) !== "dataset") return undefined;
  const description = file.describe(objectPath);
  if (description.shape.length !== 1 || description.shape[0] !== nSubjects) return undefined;
  return Uint32Array.from(file.readRectangle(description, [0], [nSubjects]), Number);
}

function damagedRow(input: string, { name, values, subjectNames }: ScalarDataset, row: number): InputError {
  return new InputError(
    `Cannot use ${values.objectPath} of ${input}: expected subject ${row} (${subjectNames[row]}, counted from 0) as fixelstream wrote it, got values with another checksum. The file is damaged or was changed: convert it again, or, if you changed it, delete ${checksumsPath(name)} in it.`,
    { path: input },
  );
}

/** The first, the middle and the last value must be the same through libhdf5 and at the offset. */
function compareEnds(file: Hdf5File, { values, nSubjects, nElements }: ScalarDataset, byteOffset: number): void {
  const bytes = openPositionalBytes(file.path);
  try {
    const found = new Uint8Array(values.valueBytes);
    for (const place of [0, Math.floor((nSubjects * nElements) / 2), nSubjects * nElements - 1]) {
      bytes.copyInto(found, byteOffset + place * values.valueBytes);
      const view = file.readRectangle(values, [Math.floor(place / nElements), place % nElements], [1, 1]);
      const expected = new Uint8Array(view.buffer, view.byteOffset, values.valueBytes);
      if (Buffer.compare(found, expected) === 0) continue;
      throw new InputError(
        `Cannot use ${values.objectPath} of ${file.path}: value ${place} differs between libhdf5 and byte ${byteOffset + place * values.valueBytes}. Convert the file instead: fixelstream convert modelarray ${file.path} cohort.fxs.`,
        { path: file.path },
      );
    }
  } finally {
    bytes.close();
  }
}

function refuse({ name, values }: ScalarDataset, { input, template }: FixelInputOptions, obstacle: string): InputError {
  const output = input.replace(/\.[^.]+$/, ".fxs");
  const more = template === undefined ? "" : ` --template ${template}`;
  return new InputError(
    `Cannot use ${values.objectPath} of ${input} where it lies: expected contiguous, uncompressed float32 or float64 of subjects x elements, got ${obstacle}. Convert it once: fixelstream convert modelarray ${input} ${output} --scalar ${name}${more}`,
    { path: input },
  );
}

/** Templates that the process made. */
const rebuilt = new Set<string>();

/** The directory named, or one rebuilt from /fixels and /voxels that lasts as long as the process. */
function resolveTemplate(file: Hdf5File, scalar: ScalarDataset, { template, input }: FixelInputOptions) {
  if (template !== undefined) {
    const directory = openFixelDirectory(template);
    if (directory.nFixels === scalar.nElements) return directory;
    throw new InputError(
      `Cannot use the template ${template} with ${input}: expected ${scalar.nElements} fixels, got ${directory.nFixels}. Give the fixel directory that the file was made with.`,
      { path: template },
    );
  }
  const tables = readFixelTables(file);
  if (tables === undefined) {
    throw new UsageError(
      `Cannot write results for ${input}: it has no /fixels and /voxels to make index and directions from. Give the fixel directory that it was made with: --template DIRECTORY.`,
    );
  }
  if (tables.nFixels !== scalar.nElements) {
    throw new InputError(
      `Cannot use ${input}: expected ${scalar.nElements} fixels in /fixels, as ${scalar.name} has, got ${tables.nFixels}. Give the fixel directory with --template.`,
      { path: input },
    );
  }
  const directory = mkdtempSync(join(tmpdir(), "fixelstream-template-"));
  if (rebuilt.size === 0) {
    process.once("exit", () => {
      for (const path of rebuilt) rmSync(path, { recursive: true, force: true });
    });
  }
  rebuilt.add(directory);
  return writeFixelTemplate(directory, tables);
}
