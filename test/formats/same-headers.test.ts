// Files of a cohort begin with the same bytes: what was parsed of one is taken for the next. It must be what parsing says, whatever comes after what.
import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openImage, readImageHeader, readStoredHeader } from "../../src/formats/image.js";
import { niftiPieces } from "../../src/formats/nifti/write.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
let nFiles = 0;

/** `lines`: of the header, between the first and `file`. */
function mif(lines: readonly string[], { offset = 512, values = 3, ending = ".mif", file = "file" } = {}): string {
  const path = join(directory, `image-${nFiles++}${ending}`);
  const text = ["mrtrix image", ...lines, `${file}: . ${offset}`, "END"].join("\n");
  const bytes = Buffer.alloc(offset + 4 * values);
  bytes.write(text);
  for (let i = 0; i < values; i++) bytes.writeFloatLE(nFiles + i, offset + 4 * i);
  writeFileSync(path, bytes);
  return path;
}

const LINES = ["dim: 3,1,1", "vox: 1,1,1", "layout: +0,+1,+2", "datatype: Float32LE"];
const TURNED = ["transform: -1,0,0,0", "transform: 0,1,0,0", "transform: 0,0,1,0"];

describe("headers of one file after the other", () => {
  it("are what each of them says, in any order of same and other ones", () => {
    const kinds: readonly (readonly string[])[] = [
      LINES,
      [...LINES, ...TURNED],
      [...LINES, "subject: 7"],
      ["dim: 1,3,1", ...LINES.slice(1)],
      [...LINES.slice(0, 3), "datatype: Int32LE", "scaling: 1,2"],
    ];
    const paths = kinds.map((lines) => mif(lines));
    const alone = paths.map((path) => {
      readImageHeader(mif([...LINES, "between: them"]));
      return { shown: readImageHeader(path), stored: readStoredHeader(path) };
    });
    expect(alone[1]!.shown.layout[0]).toEqual({ rank: 0, reversed: true });
    expect(alone[1]!.stored.layout[0]).toEqual({ rank: 0, reversed: false });
    for (const i of [0, 0, 1, 1, 0, 2, 1, 3, 4, 4, 2, 2]) {
      expect(readImageHeader(paths[i]!)).toEqual(alone[i]!.shown);
      expect(readStoredHeader(paths[i]!)).toEqual(alone[i]!.stored);
      expect(openImage(paths[i]!).header).toEqual(alone[i]!.shown);
    }
  });

  it("are refused by the name and size of their own file", () => {
    const [whole, short] = [mif(LINES), mif(LINES)];
    truncateSync(short, 520);
    readImageHeader(whole);
    expect(() => readImageHeader(short)).toThrow(`Cannot read ${short}: expected 524 bytes`);
    readImageHeader(whole);
    truncateSync(short, 300);
    expect(() => readImageHeader(short)).toThrow(`Cannot read ${short}: expected 524 bytes`);
    truncateSync(short, 20);
    expect(() => readImageHeader(short)).toThrow(`Cannot read ${short}: expected a line \`END\``);
  });

  it("are those of their own format, and unpacked where a name says so", () => {
    const path = mif(LINES);
    readImageHeader(path);
    const asNifti = mif(LINES, { ending: ".nii" });
    expect(() => readImageHeader(asNifti)).toThrow(`Cannot read ${asNifti}: expected a NIfTI header`);
    expect(readImageHeader(mif(LINES, { ending: ".mif.gz" }))).toEqual(readImageHeader(path)); // as gzread takes it
    const spec = { dimensions: [3, 1, 1], voxelSizes: [1, 1, 1], dataType: "Float32LE", entries: [] } as const;
    const [one, other] = [1, 2].map((first) => {
      const name = join(directory, `nifti-${first}.nii`);
      writeFileSync(name, "");
      for (const piece of niftiPieces({ ...spec, transform: undefined }, Float32Array.of(first, 3, 4)))
        appendFileSync(name, piece);
      return name;
    });
    expect(readImageHeader(other!)).toEqual(readImageHeader(one!));
    const values = new Float64Array(3);
    openImage(other!).copyValuesInto(values, 0, 3);
    expect([...values]).toEqual([2, 3, 4]);
  });

  it("are parsed anew where the end of the header might go on in the data", () => {
    const spelled = { file: "file ", offset: 87, values: 3 };
    const text = ["mrtrix image", ...LINES, "file : . 87", "END"].join("\n");
    expect(text).toHaveLength(87); // END touches the data
    const [zero, other] = [mif(LINES, spelled), mif(LINES, spelled)];
    const bytes = Buffer.concat([Buffer.from(text), Buffer.alloc(12)]);
    writeFileSync(zero, bytes);
    bytes.write("abc", 87);
    writeFileSync(other, bytes);
    expect(readImageHeader(zero).dataOffset).toBe(87);
    expect(() => readImageHeader(other)).toThrow("a line `END` after the header");
  });
});
