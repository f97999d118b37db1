// Fuzz targets: images in every format, and fixel directories.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { openFixelDirectory } from "../../src/formats/fixel-directory.js";
import { openImage, readImageHeader, readImageVector, writeImage } from "../../src/formats/image.js";
import type { ImageHeader } from "../../src/formats/image-header.js";
import { parseMifHeader } from "../../src/formats/mif/header.js";
import { parseNiftiHeader } from "../../src/formats/nifti/header.js";
import { buildData, buildMif, buildMifHeader } from "./byte-builders.js";
import { mutatedBytes, mutatedText } from "./fuzz-inputs.js";
import { assertThat, type FuzzTarget } from "./fuzz-property.js";
import { writeTemplate } from "./make-cohort.js";

const TURN = [
  [0, -1, 0, 12.5],
  [1, 0, 0, -3],
  [0, 0, -1, 7],
];
const IMAGES = [
  { dimensions: [6, 1, 1], dataType: "Float32LE", values: [1, 2, 3, 4, 5, Number.NaN] },
  { dimensions: [2, 3, 2], dataType: "Int16BE", layout: "-1,+0,+2", values: [...Array(12).keys()], scaling: "1.5,-2" },
  {
    dimensions: [3, 1, 1, 2],
    dataType: "UInt64LE",
    layout: "+1,+2,+3,+0",
    values: [1, 1, 1, 0, 1, 2],
    transform: TURN,
  },
  { dimensions: [13, 1, 1], dataType: "Bit", values: [1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0], lines: ["nfixels: 13"] },
];
const HEADER_LINES = [
  ...["dim: 2,3,2", "dim: 2000000000,1,1", "dim: 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "dim: 94906267,94906267", "vox: "],
  ...["layout: +0,+1,+2", "layout: -0,-0,-0", "datatype: Float64LE", "datatype: CFloat32LE", "scaling: 0,0", "END"],
  ...["transform: 1,0,0,0", "transform: nan,nan,nan,nan", "file: . 64", "file: ../x.dat 0", "file: /dev/zero", ": x"],
  ...["file: . 99999999999999", "file: fuzzed.mih 0", "file: \u0001 1", "comments: \ud83e\udde0"],
];

function checkHeader(header: ImageHeader): void {
  const { dimensions, layout, dataOffset } = header;
  assertThat(dimensions.length >= 1 && dimensions.length <= 16, "number of axes");
  assertThat(
    dimensions.every((size) => Number.isSafeInteger(size) && size >= 1),
    `dimensions ${dimensions}`,
  );
  assertThat(layout.length === dimensions.length, "layout");
  assertThat(Number.isSafeInteger(dataOffset) && dataOffset >= 0, `offset ${dataOffset}`);
  assertThat(header.transform === undefined || header.transform.flat().every(Number.isFinite), "transform");
}

/** Opened, read in two pieces, and read whole by the other way: all three agree. */
async function readByAllWays(file: string): Promise<void> {
  checkHeader(readImageHeader(file));
  const image = openImage(file);
  const values = new Float64Array(image.nElements);
  try {
    const half = Math.floor(image.nElements / 2);
    image.copyValuesInto(values, 0, half);
    image.copyValuesInto(values.subarray(half), half, image.nElements - half);
  } finally {
    image.close();
  }
  const vector = await readImageVector(file);
  assertThat(vector.values.length === values.length, "length");
  assertThat(
    values.every((value, i) => Object.is(Math.fround(value), Math.fround(vector.values[i]!)) || Number.isNaN(value)),
    "values",
  );
}

interface FileInput {
  readonly ending: string;
  readonly bytes: Uint8Array;
}

function fileTarget(name: string, directory: string, inputs: fc.Arbitrary<FileInput>): FuzzTarget<FileInput> {
  const stem = path.join(directory, "fuzzed");
  return {
    name,
    path: stem,
    inputs,
    run({ ending, bytes }) {
      fs.writeFileSync(stem + ending, bytes);
      return readByAllWays(stem + ending);
    },
  };
}

export function imageTargets(directory: string): FuzzTarget<never>[] {
  const mifs = IMAGES.map((image) => shorten(buildMif(image)));
  const headers = IMAGES.map((image) => buildMifHeader(image, ". 512"));
  const niftis = writeNiftis(directory);
  fs.writeFileSync(path.join(directory, "x.dat"), buildData(IMAGES[0]!));
  const withData = mutatedText(headers, HEADER_LINES).map((text) =>
    Buffer.concat([Buffer.from(text), Buffer.alloc(1024, 7)]),
  );
  const mifBytes = fc.oneof(mutatedBytes(mifs, 400), withData);
  const bare = mutatedText(
    [headers[0]!.replace(". 512", "x.dat 0"), headers[1]!.replace(". 512", "x.dat 4")],
    HEADER_LINES,
  );
  const ending = <E extends string>(e: E) => fc.constant(e);
  const targets = [
    {
      name: "mif header",
      path: "folder/fuzzed.mif",
      inputs: mifBytes,
      run: (bytes: Uint8Array) => checkHeader(parseMifHeader(bytes, "folder/fuzzed.mif")),
    },
    {
      name: "NIfTI header",
      path: "folder/fuzzed.nii",
      inputs: mutatedBytes(niftis, 560),
      run: (bytes: Uint8Array) => checkHeader(parseNiftiHeader(bytes, "folder/fuzzed.nii")),
    },
    fileTarget(
      "mif file",
      directory,
      fc.oneof(
        fc.record({ ending: ending(".mif"), bytes: mifBytes }),
        fc.record({ ending: ending(".mih"), bytes: bare.map((text) => Buffer.from(text)) }),
        fc.record({
          ending: ending(".mif.gz"),
          bytes: fc.oneof(
            mifBytes.map((b) => gzipSync(b, { level: 1 })),
            mutatedBytes(mifs.map((b) => gzipSync(b))),
          ),
        }),
      ),
    ),
    fileTarget(
      "NIfTI file",
      directory,
      fc.oneof(
        fc.record({ ending: ending(".nii"), bytes: mutatedBytes(niftis, 560) }),
        fc.record({
          ending: ending(".nii.gz"),
          bytes: mutatedBytes(niftis, 560).map((b) => gzipSync(b, { level: 1 })),
        }),
        fc.record({ ending: ending(".nii.gz"), bytes: mutatedBytes(niftis.map((b) => gzipSync(b))) }),
      ),
    ),
    directoryTarget(path.join(directory, "fixels")),
  ];
  return targets as unknown as FuzzTarget<never>[];
}

/** Data nearer to the header, so that mutations hit something. */
function shorten(mif: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(mif.subarray(0, 512).toString("latin1").replace(". 4096", ". 512 "), "latin1"),
    mif.subarray(4096),
  ]);
}

function writeNiftis(directory: string): Buffer[] {
  const specs = [
    { dimensions: [6, 1, 1], dataType: "Float32LE" as const },
    { dimensions: [2, 3, 1], dataType: "Int16BE" as const, transform: TURN },
    { dimensions: [40_000, 1, 1], dataType: "UInt8" as const }, // NIfTI-2
  ];
  return specs.map((spec) => {
    const file = path.join(directory, "valid.nii");
    const n = spec.dimensions.reduce((product, size) => product * size, 1);
    writeImage(
      file,
      { ...spec, overwrite: true },
      Float32Array.from({ length: n }, (_, i) => i % 100),
    );
    return fs.readFileSync(file);
  });
}

/** index.mif is mutated in its header and its numbers; directions.mif stays. */
function directoryTarget(directory: string): FuzzTarget<Uint8Array> {
  writeTemplate(directory, 9);
  const index = fs.readFileSync(path.join(directory, "index.mif"));
  const keyed = Buffer.from(
    index
      .toString("latin1")
      .replace("END\n", "nfixels: 9\nEND\n")
      .replace(/\0{11}/, ""),
    "latin1",
  );
  return {
    name: "fixel directory",
    path: directory,
    inputs: fc.oneof(mutatedBytes([index, keyed]), mutatedBytes([index, keyed], 180)),
    run(bytes) {
      fs.writeFileSync(path.join(directory, "index.mif"), bytes);
      assertThat(openFixelDirectory(directory).nFixels === 9, "fixels beyond its directions");
    },
  };
}
