// One test a message a user can meet when an image is damaged or not what it seems.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/errors.js";
import { openImage, readImageHeader, readImageVector, writeImage } from "../../src/formats/image.js";
import { parseMifHeader } from "../../src/formats/mif/header.js";
import { buildMif } from "../support/byte-builders.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const GOOD = `mrtrix image
dim: 4,1,1
vox: 1,1,1
layout: +0,+1,+2
datatype: Float32LE
file: . 200
END
`;

/** The sentence for a header with `from` replaced. */
function refusal(from: string | RegExp, to: string): string {
  try {
    parseMifHeader(encode(GOOD.replace(from, to)), "X.mif");
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).path).toBe("X.mif");
    return (error as Error).message;
  }
  throw new Error("not refused");
}

describe("headers", () => {
  it.each([
    [/^mrtrix image/, "mrtrix imago", 'Cannot read X.mif: expected the first line `mrtrix image`, got "mrtrix imago".'],
    [/^[\s\S]*$/, "", "expected the first line `mrtrix image`, got an empty file"],
    ["END", "DNE", "expected a line `END` after the header, got none in 88 bytes. The file is truncated"],
    [
      "vox: 1,1,1",
      "vox 1,1,1",
      'expected a header line `vox:`, got none: "vox 1,1,1", which is no `key: value`, is left out (line 3 of the header).',
    ],
    ["file", "File", "got none: `File:` is not `file:` and changes nothing (line 6"],
    ["dim: 4,1,1", "Dim: 4,1,1\ndim: 4,1,1", "expected one line `dim:`, got a second one (line 3"],
    ["dim: 4,1,1\n", "", "expected a header line `dim:`, got none."],
    ["vox: 1,1,1\n", "", "expected a header line `vox:`, got none."],
    ["layout: +0,+1,+2\n", "", "expected a header line `layout:`, got none."],
    ["datatype: Float32LE\n", "", "expected a header line `datatype:`, got none."],
    ["file: . 200\n", "", "expected a header line `file:`, got none."],
    ["file", "dim: 4,1,1\nfile", "expected one line `dim:`, got a second one (line 6 of the header)"],
    ["file", "datatype: Bit\nfile", "expected one line `datatype:`, got a second one"],
    ["END", "file: . 200\nEND", "expected one line `file:`, got a second one"],
    [
      "4,1,1",
      "4,0,1",
      'expected 1 to 16 sizes of at least 1, with a product below 2^53, got "4,0,1" (line 2 of the header)',
    ],
    ["4,1,1", "-4,1,1", 'got "-4,1,1"'],
    ["4,1,1", "4,,1", 'got "4,,1"'],
    ["4,1,1", "4x1", 'got "4x1"'],
    ["4,1,1", "4294967296,4294967296,1", "with a product below 2^53"],
    ["4,1,1", "9007199254740991,1,1", "expected an image of less than 2^50 bytes, got 9007199254740991 x 1 x 1"],
    ["4,1,1", Array(17).fill(1).join(), "expected 1 to 16 sizes"],
    [
      "Float32LE",
      "CFloat32LE",
      "Complex images have no place here. Magnitudes: mrcalc X.mif -abs X-converted.mif. Real parts: mrcalc X.mif -real X-converted.mif.",
    ],
    [
      "Float32LE",
      "Float8",
      'expected a datatype out of Bit, Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Float16, Float32 or Float64, with LE or BE, got "Float8" (line 5',
    ],
    ["Float32LE", "BitLE", 'got "BitLE"'],
    [
      "Float32LE",
      "Int16",
      'expected a datatype with its byte order, Int16LE or Int16BE, got "Int16" (line 5 of the header). Nothing says which; nearly all machines write Int16LE. Correct the line.',
    ],
    [
      "Float32LE\n",
      "Int16LE\nscaling: 0,0\n",
      'expected a finite offset and a finite scale other than 0, got "0,0" (line 6',
    ],
    ["Float32LE\n", "UInt8\nscaling: nan,1\n", 'expected a finite offset and a finite scale other than 0, got "nan,1"'],
    ["vox: 1,1,1", "vox: 1,-1,1", 'expected voxel sizes that are not negative, got "1,-1,1" (line 3'],
    ["vox: 1,1,1", "vox: 1,1", 'expected 3 voxel sizes or more, got "1,1" (line 3'],
    [". 200", ". -5", 'expected `file: . OFFSET`, an offset in whole bytes from 0, got ". -5" (line 6'],
    ["vox: 1,1,1", "vox: 1,one,1", 'expected up to 3 voxel sizes, got "1,one,1" (line 3'],
    ["vox: 1,1,1", "vox: 1 1 1", 'expected up to 3 voxel sizes, got "1 1 1"'],
    ["+0,+1,+2", "+0 +1 +2", 'got "+0 +1 +2"'],
    ["4,1,1", "4;1;1", 'got "4;1;1"'],
    ["4,1,1", "4:5,1", 'got "4:5,1"'],
    ["+0,+1,+2", "+0,+1", 'expected 3 signed ranks, each of 0 to 2 once (such as +0,+1,+2), got "+0,+1" (line 4'],
    ["+0,+1,+2", "+0,+1,+1", 'got "+0,+1,+1"'],
    ["+0,+1,+2", "+1,+2,+3", 'got "+1,+2,+3"'],
    ["+0,+1,+2", "a,b,c", 'got "a,b,c"'],
    ["file", "scaling: 0\nfile", "expected `offset,scale`, two numbers"],
    ["file", "scaling: 0,1,2\nfile", 'got "0,1,2"'],
    ["file", "scaling: 0 1\nfile", 'got "0 1"'],
    ["file", "transform: 1,0,0,0\nfile", "expected 3 `transform:` lines, got 1 (line 6"],
    ["file", "transform: 1,0,0\nfile", "expected four numbers in a row of the transform"],
    [". 200", "", "expected `file: NAME OFFSET`"],
    [". 200", ". 20", "expected data that start after the header, at byte 87 or later, got byte 20 (line 6"],
    [". 200", ".", "expected data that start after the header"],
    [". 200", "slice[].dat 0", 'expected one data file, got "slice[].dat", a numbered series'],
    [". 200", ". 99999999999999999999", "expected `file: NAME OFFSET`"],
  ] as const)("%s -> %j", (from, to, expected) => {
    expect(refusal(from, to)).toContain(expected);
  });

  it("are read or refused in words, whatever the bytes", () => {
    const mutate = fc.tuple(fc.nat(GOOD.length), fc.nat(20), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(mutate, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = GOOD;
        for (const [at, cut, insert] of edits) text = text.slice(0, at) + insert + text.slice(at + cut);
        try {
          parseMifHeader(encode(text), "X.mif");
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("files", () => {
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };
  const image = buildMif({ dimensions: [4, 1, 1], dataType: "Float32LE", values: [1, 2, 3, 4] });

  async function expectRefusal(path: string, expected: RegExp): Promise<void> {
    expect(() => openImage(path)).toThrow(expected);
    await expect(readImageVector(path)).rejects.toThrow(expected);
    await expect(readImageVector(path)).rejects.toBeInstanceOf(InputError);
  }

  it("are refused when truncated", async () => {
    const path = write("short.mif", image.subarray(0, image.length - 1));
    const expected =
      /short.mif: expected 4112 bytes \(4 x 1 x 1 elements of Float32LE from byte 4096\), got 4111. The file is truncated/;
    await expectRefusal(path, expected);
    expect(() => readImageHeader(path)).toThrow(expected);
  });

  it("are refused when missing, a folder, or of another kind", async () => {
    await expectRefusal(
      join(directory, "none.mif"),
      /none.mif: expected a readable file, got no such file. Check the path/,
    );
    mkdirSync(join(directory, "folder.mif"));
    await expectRefusal(join(directory, "folder.mif"), /got a directory/);
    expect(() => openImage("image.png")).toThrow(
      /expected a name ending in one of \.mif, \.mih, \.mif\.gz, \.nii, \.nii\.gz/,
    );
    await expectRefusal(write("noise.mif", Buffer.alloc(100_000, 7)), /expected the first line `mrtrix image`/);
  });

  it("are refused when the data file of a .mih is missing", async () => {
    const path = write("lonely.mih", encode(GOOD.replace(". 200", "lonely.dat 0")));
    await expectRefusal(path, /lonely.dat: expected a readable file, got no such file/);
  });

  it("are refused when the header has no end within 16 MiB", async () => {
    const path = write("endless.mif", encode(`mrtrix image\n${"x: y\n".repeat(4e6)}`));
    await expectRefusal(path, /expected a line `END` after the header, got none in 16777216 bytes/);
    await expectRefusal(
      write("endless.mif.gz", gzipSync(`mrtrix image\n${"x: y\n".repeat(4e6)}`)),
      /expected a line `END`/,
    );
  });

  it("are refused when gzip data are damaged, cut off or a bomb", async () => {
    const gz = gzipSync(image);
    const broken = Uint8Array.from(gz);
    broken[3] = 0xff;
    await expectRefusal(write("broken.mif.gz", broken), /broken.mif.gz: expected gzip data, got damaged or other data/);
    const last = Uint8Array.from(gz);
    last[gz.length - 6]! ^= 1;
    await expectRefusal(
      write("tail.mif.gz", Buffer.concat([last, Buffer.from("more than a member")])),
      /tail.mif.gz: expected gzip data, got damaged or other data \(incorrect data check\)/,
    );
    await expectRefusal(
      write("cut.mif.gz", gz.subarray(0, gz.length - 10)),
      /expected 4112 bytes of gzip data as its header promises, got a truncated file/,
    );
    await expectRefusal(
      write("less.mif.gz", gzipSync(image.subarray(0, 4100))),
      /expected 4112 bytes after decompression as its header promises, got 4100/,
    );
    const bomb = gzipSync(Buffer.concat([image, Buffer.alloc(2 ** 26)]));
    expect(bomb.length).toBeLessThan(100_000);
    await expectRefusal(
      write("bomb.mif.gz", bomb),
      /expected 4112 bytes of gzip data as its header promises, got more/,
    );
    const padded = Buffer.concat([gz, Buffer.alloc(2 ** 20)]);
    await expectRefusal(
      write("padded.mif.gz", padded),
      /expected at most \d+ compressed bytes for 4112 bytes of header and data, got/,
    );
    const huge = buildMif({ dimensions: [4, 1, 1], dataType: "Float32LE", values: [1, 2, 3, 4] });
    const promised = Buffer.from(huge.toString("latin1").replace("dim: 4,1,1\n", "dim: 4000000000,1,1\n"), "latin1");
    await expectRefusal(
      write("huge.mif.gz", gzipSync(promised)),
      /expected at most 2 GiB of compressed data, got 16000004096 bytes. Decompress it first/,
    );
  });

  it("are not overwritten unasked, and leave nothing behind when they cannot be written", () => {
    const path = write("there.mif", image);
    const spec = { dimensions: [1], dataType: "Float32LE" } as const;
    expect(() => writeImage(path, spec, [1])).toThrow(
      /Cannot write .*there.mif: expected a new file in a writable folder, got one that exists already/,
    );
    writeImage(path, { ...spec, overwrite: true }, [1]);
    expect(readImageHeader(path).dimensions).toEqual([1]);
    expect(() => writeImage(join(directory, "no", "x.mif"), spec, [1])).toThrow(/got no such file/);
    const wrong = join(directory, "wrong.mif");
    expect(() => writeImage(wrong, { ...spec, dimensions: [2] }, [1])).toThrow(/needs 2 values, got 1/);
    expect(() => openImage(wrong)).toThrow(/no such file/);
    expect(() => writeImage(wrong, { ...spec, dataType: "UInt8" }, [256])).toThrow(/256 cannot be stored as UInt8/);
    expect(() => writeImage(wrong, { ...spec, dataType: "UInt32LE" }, [Number.NaN])).toThrow(
      /NaN cannot be stored as UInt32LE/,
    );
  });
});
