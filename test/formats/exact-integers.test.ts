// Integers of 64 bits are read exactly or refused by their digits, whichever format holds them: float64 has 53 bits.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openImage, readImageVector, writeImage } from "../../src/formats/image.js";
import { buildMif } from "../support/byte-builders.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const EXACT = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 2n, 2n ** 60n, 2n ** 62n + 2n ** 10n];
const INEXACT = [2n ** 53n + 1n, 2n ** 54n + 2n, 2n ** 60n + 1n, 2n ** 63n - 1n];
const SIGNED = [
  ...EXACT.flatMap((value) => [value, -value]),
  -(2n ** 63n), // the least of them
];
const UNSIGNED = [...EXACT, 2n ** 63n, 2n ** 64n - 2n ** 11n];

let nFiles = 0;
type Kind = "Int64LE" | "Int64BE" | "UInt64LE" | "UInt64BE";

/** Two values, 1 and `value`, in a file of the ending. */
function fileOf(value: bigint, dataType: Kind, ending: string): string {
  const path = join(directory, `${nFiles++}${ending}`);
  const plain = path.replace(/\.gz$/, "");
  const spec = { dimensions: [2, 1, 1], dataType, values: [1, 2] };
  if (ending.startsWith(".nii")) writeImage(plain, spec, spec.values);
  const bytes = ending.startsWith(".nii") ? readFileSync(plain) : buildMif(spec);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setBigUint64(bytes.byteLength - 8, BigInt.asUintN(64, value), dataType.endsWith("LE"));
  writeFileSync(path, ending.endsWith(".gz") ? gzipSync(bytes) : bytes);
  return path;
}

const FORMATS = [".mif", ".nii", ".mif.gz", ".nii.gz"].flatMap((ending) =>
  (["Int64LE", "Int64BE", "UInt64LE", "UInt64BE"] as const).map((kind) => [ending, kind] as const),
);
describe.each(FORMATS)("%s of %s", (ending, kind) => {
  it.each(kind.startsWith("U") ? UNSIGNED : SIGNED)("reads %d", async (value) => {
    const path = fileOf(value, kind, ending);
    expect(BigInt((await readImageVector(path)).values[1]!)).toBe(value);
    const target = new Float64Array(2);
    openImage(path).copyValuesInto(target, 0, 2);
    expect(Array.from(target, BigInt)).toEqual([1n, value]);
  });
  it.each(kind.startsWith("U") ? [...INEXACT, 2n ** 64n - 1n] : INEXACT.flatMap((value) => [value, -value]))(
    "refuses %d",
    async (value) => {
      const path = fileOf(value, kind, ending);
      const converted = path.replace(/\.(mif|nii)(\.gz)?$/, ending.startsWith(".mif") ? "-converted.mif" : ".mif");
      const message = `Cannot read ${path}: expected integers that float64 holds exactly, as all within 2^53 are, got ${value}. If it may be rounded: mrconvert ${path} ${converted} -datatype float64. Else it is damaged; make it again.`;
      await expect(readImageVector(path)).rejects.toThrow(message);
      expect(() => openImage(path).copyValuesInto(new Float64Array(2), 0, 2)).toThrow(message);
    },
  );
});
