// Fuzz targets: HDF5 and numpy's archives. What is read of a changed file is what h5py or numpy reads of it, where Python is installed.
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { openNpy } from "../../converters/npy.js";
import { openMatrixReader } from "../../src/formats/hdf5/matrix-reader.js";
import { chooseScalar, describeScalar } from "../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../src/formats/hdf5/open.js";
import { mutatedBytes } from "./fuzz-inputs.js";
import { assertThat, type FuzzTarget } from "./fuzz-property.js";
import { hasH5py, hdf5Fixtures, PYTHON } from "./hdf5-fixtures.js";
import { bytesOf, npyBytes, zipBytes } from "./write-npy.js";

/** Small ones of every storage. */
const FILES = ["contiguous-latest", "names-fixed-length", "gzip-latest", "gzip-one-chunk", "chunks-plain", "types"];

/** An endless loop of libhdf5 is ended after 10 s (remote.ts). */
const ENDLESS_MS = 30_000;

/** Values of /scalars/NAME/values, or of an archive's array, as float64 bytes in hexadecimal; null: Python refuses it. */
const READER = `import sys, h5py, numpy as np
for line in sys.stdin:
  name, scalar, transposed = line.rstrip("\\n").split("\\t")
  try:
    if scalar == "":
      with np.load(name) as z: v = z[z.files[0]]
    else:
      with h5py.File(name, "r") as f: v = f["scalars/" + scalar + "/values"][:]
    v = v.astype("f8")
    print((v.T if transposed == "1" else v).tobytes().hex())
  except Exception: print("null")
  sys.stdout.flush()
`;

export interface IndependentReader {
  /** Undefined: it refuses the file. */
  read(file: string, scalar: string, transposed: boolean): Promise<Float64Array | undefined>;
  close(): void;
}

/** Undefined without Python: then only that nothing breaks is tested. */
export function openIndependentReader(): IndependentReader | undefined {
  if (!hasH5py) return undefined;
  const child: ChildProcess = spawn(PYTHON, ["-c", READER], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = readline.createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    async read(file, scalar, transposed) {
      child.stdin!.write(`${file}\t${scalar}\t${transposed ? 1 : 0}\n`);
      const { value, done } = await lines.next();
      assertThat(done !== true, "the reader in Python has ended");
      return value === "null" ? undefined : new Float64Array(Uint8Array.from(Buffer.from(value, "hex")).buffer);
    },
    close: () => child.stdin!.end(),
  };
}

/** Integers that mean a missing value. */
const MISSING = new Set([-(2 ** 31), -(2 ** 63)]);

function assertSame(ours: readonly number[], theirs: Float64Array | undefined): void {
  if (theirs === undefined) return; // ours is less strict: a version of libhdf5, a time of a zip
  assertThat(ours.length === theirs.length, `${ours.length} values, Python has ${theirs.length}`);
  const other = ours.findIndex((value, i) => value !== theirs[i] && !(Number.isNaN(value) && Number.isNaN(theirs[i])));
  const isMissing = other >= 0 && Number.isNaN(ours[other]) && MISSING.has(theirs[other]!);
  assertThat(other < 0 || isMissing, `value ${other} is ${ours[other]}, for Python ${theirs[other]}`);
}

export function hdf5Targets(directory: string, reader: IndependentReader | undefined): FuzzTarget<never>[] {
  const file = path.join(directory, "fuzzed.h5");
  const archive = path.join(directory, "fuzzed.npz");
  const floats = bytesOf(Float32Array.from({ length: 15 }, (_, i) => i / 8));
  const arrays = ["<f4", ">f4", "<i4", ">u2", "<f2", "<i8", "<f8", "|i1", "|b1"].map((descr, i) => {
    const valueBytes = Number(descr.slice(2));
    const data = descr === "<f4" || descr === ">f4" ? floats : new Uint8Array(15 * valueBytes).map((_, j) => j % 2);
    return npyBytes({ descr, fortran: i % 2 === 1, shape: [3, 5], data });
  });
  const targets: FuzzTarget<Uint8Array>[] = [
    {
      name: "HDF5",
      path: file,
      slowestMs: ENDLESS_MS,
      inputs: mutatedBytes(FILES.map((name) => fs.readFileSync(path.join(hdf5Fixtures, `h5py-${name}.h5`)))),
      async run(bytes) {
        fs.writeFileSync(file, bytes);
        const opened = await openHdf5(file);
        const values: number[] = [];
        try {
          const name = await chooseScalar(opened, undefined).catch(() => chooseScalar(opened, "f2"));
          const scalar = await describeScalar(opened, name);
          const scratchPath = path.join(directory, "chunk");
          const matrix = await openMatrixReader(opened, scalar, { partBytes: 2 ** 20, scratchPath });
          try {
            for await (const part of matrix.parts()) {
              const { firstElement, nElements, firstSubject } = part.rectangle;
              for (const [i, value] of part.values.entries()) {
                const subject = firstSubject + Math.floor(i / nElements);
                values[subject * scalar.nElements + firstElement + (i % nElements)] = value;
              }
            }
          } finally {
            matrix.close();
          }
          assertSame(values, await reader?.read(file, name, scalar.transposed));
        } finally {
          await opened.close();
        }
      },
    },
    {
      name: "npz",
      path: archive,
      inputs: mutatedBytes(
        arrays.flatMap((array) => [false, true].map((deflate) => zipBytes({ "arr_0.npy": array }, deflate))),
      ),
      async run(bytes) {
        fs.writeFileSync(archive, bytes);
        const source = await openNpy(archive);
        assertThat(source.nSubjects * source.nElements <= bytes.length * 1032, "more values than the file holds");
        const rows = await source.openRows();
        const Values = source.elementTypes.at(-1) === "f32" ? Float32Array : Float64Array;
        const values = new Values(source.nSubjects * source.nElements);
        try {
          await rows.readInto(values, 0, source.nSubjects, async () => {});
        } finally {
          rows.close();
        }
        assertSame(Array.from(values), await reader?.read(archive, "", false));
      },
    },
  ];
  return targets as unknown as FuzzTarget<never>[];
}
