// NIfTI files of every kind that programs write: read as their headers say, which is what MRtrix3 reads, or refused with the reason and a command that
// makes a file of them that is read.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openImage, readImageHeader, readImageVector } from "../../src/formats/image.js";
import { type BuiltNifti, buildNifti, niftiParts, storedPattern } from "../support/build-nifti.js";
import { commandsNamedIn, hasMrtrix, readWithMrtrix, runNamedCommand } from "../support/image-peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
let nFiles = 0;

function write(bytes: Uint8Array, ending = ".nii"): string {
  const path = join(directory, `image-${nFiles++}${ending}`);
  writeFileSync(path, bytes);
  return path;
}

/** By both ways, which agree. */
async function readAll(path: string): Promise<number[]> {
  const image = openImage(path);
  const values = new Float64Array(image.nElements);
  image.copyValuesInto(values, 0, values.length);
  image.close();
  expect(Array.from((await readImageVector(path)).values)).toEqual(Array.from(values));
  return Array.from(values);
}

async function refusalOf(path: string): Promise<string> {
  let message = "";
  expect(() => openImage(path)).toThrow();
  await readImageVector(path).catch((error: Error) => {
    message = error.message;
  });
  expect(() => openImage(path)).toThrow(message);
  expect(() => readImageHeader(path)).toThrow(message);
  expect(message).toContain(path);
  return message;
}

const withoutOnes = (dimensions: readonly number[]) => dimensions.join("x").replace(/(x1)+$/, "");

/** The peer's values are ours. */
async function expectAsMrtrix(path: string): Promise<void> {
  const theirs = readWithMrtrix(path);
  expect(withoutOnes(openImage(path).header.dimensions)).toBe(withoutOnes(theirs.dimensions));
  const values = await readAll(path);
  expect(values.map((value) => value + 0)).toEqual(theirs.values.map((value) => value + 0));
}

const NUMBERS = [1, 2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280];
const LEFT = [-2, 0, 0, 10, 0, 2.5, 0, 5, 0, 0, 3, 7];
const RIGHT = [2, 0, 0, -10, 0, 2.5, 0, 5, 0, 0, 3, 7];
const TURN = [0, 0, Math.sin(Math.acos(0.8) / 2), -12.5, 3, 7];
const { NaN: NAN, POSITIVE_INFINITY: INF } = Number;

// Versions, orders and types, with and without a scaling.
const LAYOUTS = ([1, 2] as const).flatMap((version) =>
  [true, false].flatMap((littleEndian) => NUMBERS.map((type) => ({ version, littleEndian, type }))),
);
const SCALED: readonly (readonly [slope: number, intercept: number, read: (stored: number) => number])[] = [
  [0, 5, (x) => x],
  [-0, 5, (x) => x],
  [NAN, 5, (x) => x],
  [INF, 5, (x) => x],
  [2, 0, (x) => 2 * x],
  [-0.5, 7, (x) => 7 + -0.5 * x],
  [2, NAN, (x) => 2 * x],
  [2, -INF, (x) => 2 * x],
  [1, 5, (x) => 5 + x],
  [0.1, 3, (x) => 3 + 0.1 * x],
];

describe.each(LAYOUTS)("NIfTI-$version, little-endian $littleEndian, type $type", (spec) => {
  const path = write(buildNifti(spec));
  it("has the values that are stored", async () => {
    expect(readImageHeader(path).remarks).toBeUndefined();
    expect(await readAll(path)).toEqual(storedPattern(spec.type, 24));
  });
  it.skipIf(!hasMrtrix)("as MRtrix3 has them", () => expectAsMrtrix(path));
});

const INTEGERS = LAYOUTS.filter(({ type }) => ![1, 16, 64].includes(type));
describe.each(SCALED)("slope %d and intercept %d", (slope, intercept, read) => {
  it.each(INTEGERS)("of $type, NIfTI-$version, little-endian $littleEndian", async (spec) => {
    const path = write(buildNifti({ ...spec, slope, intercept }));
    // NIfTI-1 has them as float32
    const exact = spec.version === 2 || Math.fround(slope) === slope || Number.isNaN(slope);
    const expected = storedPattern(spec.type, 24).map((x) => (exact ? read(x) : intercept + Math.fround(slope) * x));
    expect(await readAll(path)).toEqual(expected);
  });
  it.skipIf(!hasMrtrix)("as MRtrix3 applies them", async () => {
    for (const version of [1, 2] as const) await expectAsMrtrix(write(buildNifti({ version, slope, intercept })));
  });
});

type Case = readonly [name: string, spec: BuiltNifti, remark?: string];
const ZEROS = "sizes of 0 in 3 x 2 x 2 x 2 x 0 x 0 x 0 are taken for 1";
const EXTENSION = Buffer.concat([Buffer.from([1, 0, 0, 0, 32, 0, 0, 0, 6, 0, 0, 0]), Buffer.alloc(24, "text")]);
const pixdim = (...sizes: number[]) => ({ pixdim: [1, ...sizes, 1, 1, 1, 1] });
const ELSEWHERE = "qform and sform put the voxels elsewhere, and the sform is used";
const ODD: readonly Case[] = [
  ...Array.from({ length: 7 }, (_, i): Case => {
    const sizes = [3, 2, 2, 2, 1, 1, 1].slice(0, i + 1);
    return [`${i + 1} axes`, { dim: [i + 1, ...sizes] }];
  }),
  ["7 axes in use", { dim: [7, 3, 2, 2, 2, 1, 3, 2] }],
  ["zeros behind the axes in use", { dim: [4, 3, 2, 2, 2, 0, 0, 0] }],
  ["zeros in the axes in use", { dim: [7, 3, 2, 2, 2, 0, 0, 0] }, ZEROS],
  ...[348, 350, 353, 1000].map((offset): Case => [`data at byte ${offset}`, { offset, extensions: Buffer.alloc(0) }]),
  ["data at an odd byte of NIfTI-2", { version: 2, offset: 4097 }],
  ["an extension", { extensions: EXTENSION }],
  ["extensions that are said and not there", { extensions: Buffer.from([1, 0, 0, 0]) }],
  ["an extension of negative length", { extensions: Buffer.from([1, 0, 0, 0, 251, 255, 255, 255, 0, 0, 0, 0]) }],
  ...[2, 5, 1001, 1005, 1007, 1011, 2003, 77].map((intent): Case => [`intent ${intent}`, { intent }]),
  ...[0, 1, 2, 3, 4, 5, -1].flatMap((sform): Case[] =>
    [0, 1, 4, -1].map((qform): Case => {
      const spec = { sform, qform, rows: LEFT, quaternion: TURN };
      return sform !== 0 && qform !== 0
        ? [`sform ${sform}, qform ${qform}`, spec, ELSEWHERE]
        : [`sform ${sform}, qform ${qform}`, spec];
    }),
  ),
  ["qform and sform that agree", { sform: 1, qform: 1, rows: RIGHT, quaternion: [0, 0, 0, -10, 5, 7] }],
  ["a mirrored qform", { qform: 1, quaternion: TURN, pixdim: [-1, 2, 2.5, 3, 1, 1, 1, 1] }],
  ["a half turn", { qform: 1, quaternion: [0, 0, 1, 10, 3, 7] }],
  ["a quaternion too long", { qform: 1, quaternion: [1, 0.2, 0.1, 0, 0, 0] }],
  [
    "a quaternion of NaN",
    { qform: 1, quaternion: [NAN, 1, 1, 0, 0, 0] },
    "the qform is no orientation and is left out",
  ],
  ["an sform of zeros", { sform: 1, rows: [] }, "the sform is no orientation and is left out"],
  ["an sform of NaN", { sform: 1, rows: [NAN] }, "the sform is no orientation and is left out"],
  ["a sheared sform", { sform: 1, rows: [2, 1, 0, 0, 0, 2.5, 0, 0, 0, 0, 3, 0] }],
  ["a turned sform", { sform: 1, rows: [0, 0, 3, 1, 2, 0, 0, 2, 0, -2.5, 0, 3] }],
  ["negative voxel sizes", pixdim(-2, -2.5, -3)],
  ["voxel sizes of zero", pixdim(0, 0, 0)],
  ["voxel sizes of NaN", pixdim(NAN, NAN, NAN), "1 stands for what is no number in the voxel sizes NaN, NaN, NaN"],
  [
    "a voxel size of infinity",
    { ...pixdim(INF, 2, 3), qform: 1, quaternion: [0, 0, 1, 10, 3, 7] },
    "2.5 stands for what is no number in the voxel sizes Infinity, 2, 3",
  ],
  ["another bitpix", { bitpix: 8 }, "bitpix 8 is not that of Int16LE, 16, and is left out"],
  ["a mark of NIfTI-2 without its end", { version: 2, mark: "n+2\0" }],
];

const odd = ODD.map(([name, spec, remark]) => ({ name, spec, remark }));
describe.each(odd)("$name", ({ spec, remark }) => {
  const path = write(buildNifti(spec));
  it("is read, and remarked where something is lost", async () => {
    const dim = spec.dim ?? [4, 3, 2, 2, 2];
    const n = dim.slice(1).reduce((product, size) => product * (size || 1), 1);
    const values = await readAll(path);
    expect([...values].sort()).toEqual(storedPattern(4, n).sort());
    const { remarks, voxelSizes } = readImageHeader(path);
    expect(remarks).toEqual(remark === undefined ? undefined : [remark]);
    expect(voxelSizes.slice(0, 3).every((size) => Number.isFinite(size) && size >= 0)).toBe(true);
  });
  it.skipIf(!hasMrtrix)("as MRtrix3 reads it", () => expectAsMrtrix(path));
});

describe(".nii.gz", () => {
  const plain = buildNifti({ type: 16, littleEndian: false });
  const values = storedPattern(16, 24);
  it.each([
    ["one member", gzipSync(plain)],
    ["three members", Buffer.concat([0, 100, 360].map((at, i, all) => gzipSync(plain.subarray(at, all[i + 1]))))],
    ["members of nothing", Buffer.concat([gzipSync(""), gzipSync(plain), gzipSync("")])],
    ["a member and other bytes", Buffer.concat([gzipSync(plain), Buffer.from("rest")])],
    ["not compressed at all", plain],
  ])("%s", async (_, bytes) => {
    const path = write(bytes, ".nii.gz");
    expect(await readAll(path)).toEqual(values);
    if (hasMrtrix) await expectAsMrtrix(path);
  });
});

/** What the command makes is read as the peer reads what was refused. */
describe("refused, with a command that works", () => {
  const pair = (spec: BuiltNifti): string => {
    const { header, data } = niftiParts({ offset: 0, ...spec });
    const stem = join(directory, `pair-${nFiles++}`);
    writeFileSync(`${stem}.hdr`, header);
    writeFileSync(`${stem}.img`, data);
    return `${stem}.img`;
  };
  const MAGNITUDE =
    /got complex values \(code \d+\)\. Magnitudes: mrcalc \S+ -abs \S+\. Real parts: mrcalc \S+ -real \S+\.$/;
  const PAIR =
    /expected header and data in one file, got the name of a pair \(\.hdr and \.img\)\. Make one file of it: /;
  const SCALING =
    /expected values of Float(32LE|64BE) without scaling, got 3 \+ -0\.5 x what is stored: its format says to apply that, MRtrix3 leaves it out of all but integers\. Write down which is meant\. Applied: mrcalc \S+ -0\.5 -mult 3 -add \S+\. Left out: mrconvert /;
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    ["a pair", () => pair({ mark: "ni1\0", slope: 0.5, intercept: 2, sform: 1, rows: LEFT }), PAIR],
    ["a pair of NIfTI-2", () => pair({ version: 2, mark: "ni2\0\r\n\x1a\n" }), PAIR],
    ["a big-endian pair with an offset", () => pair({ littleEndian: false, mark: "ni1\0" }), PAIR],
    ["Analyze 7.5", () => pair({ mark: "\0\0\0\0" }), PAIR],
    [
      "Analyze 7.5 in one file",
      () => write(buildNifti({ mark: "\0\0\0\0" })),
      /got none, as Analyze 7\.5 has it, which does not say where left and right are\. With x from right to left, as MRtrix3 takes it: /,
    ],
    [
      "a pair's header before data",
      () => write(buildNifti({ mark: "ni1\0" })),
      /a header with its data in an \.img file\. If they follow the header all the same: /,
    ],
    [
      "a size below 0",
      () => write(buildNifti({ dim: [3, -3, 2, 2] })),
      /expected sizes of at least 1, with a product below 2\^53, got -3 x 2 x 2\. Without signs, as MRtrix3 reads it: /,
    ],
    [
      "half a byte",
      () => write(buildNifti({ offset: 352.5 })),
      /expected data that start at a whole byte 348 or later \(vox_offset\), got byte 352\.5\. Whole, as MRtrix3 reads it: /,
    ],
    ["complex64", () => write(buildNifti({ type: 32 })), MAGNITUDE],
    ["complex128", () => write(buildNifti({ type: 1792 })), MAGNITUDE],
    ["scaled float32", () => write(buildNifti({ type: 16, slope: -0.5, intercept: 3 })), SCALING],
    [
      "scaled float64",
      () => write(buildNifti({ version: 2, littleEndian: false, type: 64, slope: -0.5, intercept: 3 })),
      SCALING,
    ],
  ];
  it.each(cases)("%s", async (_, build, expected) => {
    const path = build();
    const message = await refusalOf(path);
    expect(message).toMatch(expected);
    const commands = commandsNamedIn(message);
    expect(commands.length).toBeGreaterThan(0);
    if (!hasMrtrix) return;
    for (const command of commands) {
      const made = runNamedCommand(command);
      const values = await readAll(made);
      const theirs = readWithMrtrix(path).values;
      if (command.includes("-abs")) expect(values).toEqual(theirs.map(Math.abs));
      else if (command.includes("-mult")) expect(values).toEqual(theirs.map((x) => 3 - 0.5 * x));
      else expect(values).toEqual(theirs);
      rmSync(made);
    }
  });
  it("the header of a pair names its image", () => {
    const header = pair({ mark: "ni1\0" }).replace(/img$/, "hdr");
    expect(() => openImage(header)).toThrow(`Make one file of it: mrconvert ${header.replace(/hdr$/, "img")} `);
  });
  it.skipIf(hasMrtrix)("not run: MRtrix3 is not installed", () => {});
});

describe("refused, by MRtrix3 too", () => {
  it.each([128, 2304, 1536, 2048, 0, 77])("type %i", async (type) => {
    const path = write(buildNifti({ type }));
    const message = await refusalOf(path);
    expect(message).toMatch(
      /expected values of Bit, UInt8, Int16, Int32, Float32, Float64, Int8, UInt16, UInt32, Int64, UInt64, got (colours|128-bit floats|complex values|an unknown type) \(code \d+\)\. MRtrix3 does not read it either: write numbers of one of these types with the program that made it\.$/,
    );
    if (hasMrtrix) expect(() => readWithMrtrix(path)).toThrow();
  });
});
