// Headers that are not as they should be, and that MRtrix3 3.0.3 reads: what is read is what mrdump and mrinfo give, and what was left out or replaced
// is remarked.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openImage, readImageHeader, readImageVector } from "../../src/formats/image.js";
import { hasCommand } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const VALUES = [0.5, 1, 1.5, 2, 2.5, 3];
const DATA = Buffer.from(Float32Array.from(VALUES).buffer);
const LINES = { dim: "dim: 6,1,1", vox: "vox: 1,1,1", layout: "layout: +0,+1,+2", datatype: "datatype: Float32LE" };
const TRANSFORM = ["transform: 1,0,0,0", "transform: 0,1,0,0", "transform: 0,0,1,0"];

interface Variant extends Partial<typeof LINES> {
  readonly more?: readonly string[];
  readonly end?: string;
  readonly offset?: number;
}

function build({ more = [], end = "END\n", offset = 512, ...lines }: Variant): Buffer {
  const text = ["mrtrix image", ...Object.values({ ...LINES, ...lines }), ...TRANSFORM, ...more, `file: . ${offset}`];
  const header = Buffer.from(`${text.join("\n")}\n${end}`, "latin1");
  return Buffer.concat([header, Buffer.alloc(offset - header.length), DATA]);
}

const write = (name: string, bytes: Uint8Array): string => {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
};

function readAll(path: string): number[] {
  const image = openImage(path);
  const values = new Float64Array(image.nElements);
  image.copyValuesInto(values, 0, values.length);
  image.close();
  return Array.from(values);
}

const peer = (command: string, ...tokens: string[]): number[] =>
  execFileSync(command, [...tokens, "-quiet"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
    .trim()
    .split(/\s+/)
    .map(Number);

const SCALED = /^the scaling "(0,0|3,0|nan,1|0,inf)", which no value survives, is left out \(line 9 of the header\)$/;
const VARIANTS: readonly (readonly [name: string, variant: Variant, remark?: RegExp])[] = [
  ["as it should be", {}],
  ["a line without a colon", { more: ["a second line"] }, /^"a second line", which is no `key: value`, is left out/],
  ["a colon in front", { more: [": value"] }, /^": value", which is no `key: value`, is left out \(line 9/],
  ["no voxel sizes", { vox: "vox: ,," }, /^1 stands for what is no number in the voxel sizes ",," \(line 3/],
  ["a gap in the voxel sizes", { vox: "vox: 1,,3" }, /^2 stands for what is no number in the voxel sizes "1,,3"/],
  ["a voxel size nan", { vox: "vox: nan,4,4" }, /^4 stands for what is no number/],
  ["more voxel sizes than axes", { vox: "vox: 1,2,3,4,5" }, /^of the voxel sizes "1,2,3,4,5" 3 are used/],
  ["keys with capitals", { dim: "Dim: 6,1,1", vox: "VOX: 2,2,2", datatype: "DataType: Float32LE" }],
  ["LAYOUT", { layout: "LAYOUT: -0,+1,+2" }],
  ["Scaling", { more: ["Scaling: 1,2"] }, /^`Scaling:` is not `scaling:` and changes nothing \(line 9/],
  ["blanks between sizes", { dim: "dim: 6 1 1" }],
  ["tabs and blanks beside commas", { dim: "dim: 6\t, 1 ,1" }],
  ["a comma at the end", { dim: "dim: 6,1,1," }],
  ["a blank before the colon", { dim: "dim : 6,1,1" }],
  ...["0,0", "3,0", "nan,1", "0,inf"].map((pair) => [pair, { more: [`scaling: ${pair}`] }, SCALED] as const),
  ["no line end after END", { end: "END" }],
  ["a blank after END", { end: "END " }],
];

const variants = VARIANTS.map(([name, variant, remark]) => ({ name, variant, remark }));

describe.each(variants)("$name", ({ name, variant, remark }) => {
  const path = write(`${name.replace(/\W/g, "_")}.mif`, build(variant));
  const header = readImageHeader(path);
  const values = readAll(path);

  it("is read, and remarked where something is lost", () => {
    expect([...values].sort()).toEqual(VALUES);
    if (remark === undefined) expect(header.remarks).toBeUndefined();
    else expect(header.remarks).toEqual([expect.stringMatching(remark)]);
  });

  it.skipIf(!hasCommand("mrdump"))("as MRtrix3 reads it", () => {
    expect(values).toEqual(peer("mrdump", path));
    expect(header.dimensions).toEqual(peer("mrinfo", path, "-size"));
    if (!/gap/.test(name)) expect(header.voxelSizes).toEqual(peer("mrinfo", path, "-spacing"));
  });
});

it("data right behind END, whatever byte they begin with", () => {
  for (const first of [0x0a, 0x0d, 0x20, 0x00, 0x41]) {
    const text = build({ end: "END" })
      .toString("latin1", 0, 400)
      .replace(/END\0*$/, "END");
    const length = text.length;
    const data = Buffer.from(DATA);
    data[0] = first;
    const path = write(`behind-${first}.mif`, Buffer.concat([Buffer.from(text.replace(". 512", `. ${length}`)), data]));
    expect(readAll(path), String(first)).toEqual(Array.from(new Float32Array(Uint8Array.from(data).buffer)));
  }
});

describe("names in .gz", () => {
  const plain = build({});
  const packed = gzipSync(plain);
  const CASES: readonly (readonly [string, Uint8Array])[] = [
    ["plain", plain],
    ["garbage", Buffer.concat([packed, Buffer.from("garbage behind the data")])],
    ["one", Buffer.concat([packed, Buffer.from([7])])],
    ["zeros", Buffer.concat([packed, Buffer.alloc(1000)])],
    ["members", Buffer.concat([gzipSync(plain.subarray(0, 300)), gzipSync(plain.subarray(300)), Buffer.from("rest")])],
    ["mark", Buffer.concat([packed, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2])])],
  ];
  it.each(CASES)("%s: read as zlib's gzread reads it", async (name, bytes) => {
    const path = write(`${name}.mif.gz`, bytes);
    expect(readAll(path)).toEqual(VALUES);
    expect(Array.from((await readImageVector(path)).values)).toEqual(VALUES);
    if (name !== "mark" && hasCommand("mrdump")) expect(peer("mrdump", path)).toEqual(VALUES);
  });
});
