// Streamlines out of .tck files, front to back in batches.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { openTracks } from "../../src/formats/tck/tracks.js";
import { openNumberStream } from "../../src/formats/text/number-stream.js";
import { type TckOptions, tckBytes } from "../support/make-tracks.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";

const folder = makeTemporaryDirectory();
const random = createRandom(7);
/** Of no point, one, and up to hundreds: many chunks. */
const streamlines = Array.from({ length: 900 }, (_, i) => {
  const n = i < 3 ? i : random.integer(240);
  return Float32Array.from({ length: 3 * n }, () => Math.fround(random.normal() * 50));
});

function write(options: TckOptions = {}, made = streamlines, cut?: number): string {
  const file = path.join(folder, `${Math.floor(random.uniform() * 1e9)}.tck`);
  const bytes = tckBytes(made, options);
  fs.writeFileSync(file, cut === undefined ? bytes : bytes.subarray(0, bytes.length + cut));
  return file;
}

function readAll(file: string, mostPoints = 1000, mostLines = 64) {
  const tracks = openTracks(file);
  const points = new Float32Array(3 * mostPoints);
  const lengths = new Uint32Array(mostLines);
  const read: number[][] = [];
  try {
    for (;;) {
      const batch = tracks.readInto(points, lengths);
      if (batch === undefined) break;
      expect(batch.first).toBe(read.length);
      let at = 0;
      for (const length of lengths.subarray(0, batch.nStreamlines)) {
        read.push(Array.from(points.subarray(3 * at, 3 * (at + length))));
        at += length;
      }
      expect(at).toBe(batch.nPoints);
    }
    return {
      read,
      warnings: tracks.warnings().map(({ message }) => message.replace(file, "T.tck")),
      header: tracks.header,
    };
  } finally {
    tracks.close();
  }
}
const asLists = (made: readonly Float32Array[]) => made.map((points) => Array.from(points));

it.each(["Float32LE", "Float32BE", "Float64LE", "Float64BE"] as const)("%s, whatever fits into a batch", (type) => {
  const file = write({ type, lines: { step_size: "0.5" } });
  for (const [mostPoints, mostLines] of [
    [240, 1],
    [333, 7],
    [100_000, 1000],
  ] as const) {
    const { read, warnings, header } = readAll(file, mostPoints, mostLines);
    expect(read).toEqual(asLists(streamlines));
    expect(warnings).toEqual([]);
    expect(header).toMatchObject({ count: 900, stepSize: 0.5 });
  }
});

it("the points in a file of their own", () => {
  const file = write({ lines: { file: "points.dat 256" } });
  fs.copyFileSync(file, path.join(folder, "points.dat"));
  fs.writeFileSync(file, fs.readFileSync(file).subarray(0, 256));
  expect(readAll(file).read).toEqual(asLists(streamlines));
});

it.each([
  ["", undefined],
  ["0", undefined],
  ["nan", undefined],
  ["-1", undefined],
  ["0.2", 0.2],
])("a step_size of %j", (text, stepSize) => {
  expect(readAll(write({ lines: { step_size: text } })).header.stepSize).toBe(stepSize);
});

const SAME = "As MRtrix3 reads it; tckedit writes a file with a header that is right.";
it("says what is not as the header says", () => {
  const cases: [TckOptions, number | undefined, number, string][] = [
    [{ lines: { count: "0" } }, undefined, 900, ""],
    [{ lines: { count: undefined } }, undefined, 900, ""],
    [{ lines: { count: "17" } }, undefined, 17, "its header says 17, and the other 883 are left out"],
    [{ lines: { count: "1000" } }, undefined, 900, "its header says 1000, and it holds 900"],
    [{ end: [] }, undefined, 900, "it has no mark of the end behind them"],
    [{}, -5, 900, "it has no mark of the end behind them"],
    [
      { lines: { count: "0" }, end: [1, 2, 3] },
      -4,
      900,
      "it has no mark of the end behind them; the last streamline, which has no end, is left out",
    ],
    [
      { lines: { count: "0" }, end: [1, 2, 3, Infinity, Infinity, Infinity] },
      undefined,
      900,
      "the mark of the end stands inside of one, which is left out",
    ],
  ];
  for (const [options, cut, nRead, said] of cases) {
    const { read, warnings } = readAll(write(options, streamlines, cut));
    expect(read).toEqual(asLists(streamlines.slice(0, nRead)));
    expect(warnings).toEqual(said === "" ? [] : [`T.tck: ${nRead} streamlines are used: ${said}. ${SAME}`]);
  }
});

it("numbers of a long text, one after the other", () => {
  const file = path.join(folder, "numbers.txt");
  const values = Array.from({ length: 60_000 }, (_, i) => i / 7);
  const pieces = values.map((value, i) => `${value}${i % 1000 === 0 ? " # 12 13\r\n" : i % 3 === 0 ? ", " : " "}`);
  for (const text of [
    pieces.join(""),
    `\ufeff${values.join("\n")}`,
    `# ${"x ".repeat(100_000)}\n${values.join(",")}`,
  ]) {
    fs.writeFileSync(file, text);
    const stream = openNumberStream(file);
    const read: number[] = [];
    for (let value = stream.next(); value !== undefined; value = stream.next()) read.push(value);
    expect(read).toEqual(values);
    expect(stream.nRead).toBe(60_000);
    stream.close();
  }
});
