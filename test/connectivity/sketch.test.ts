// sketch.bin: what bounds are made of, beside a prepared matrix. Every weight at most its group's, every connection once, rows along the curve.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { openConnectivityFiles } from "../../src/connectivity/connectivity-files.js";
import { mortonKey, rowKey } from "../../src/connectivity/order-rows.js";
import { prepareConnectivity } from "../../src/connectivity/prepare-connectivity.js";
import { prepareSketch } from "../../src/connectivity/prepare-sketch.js";
import { openSketchFiles } from "../../src/connectivity/sketch-files.js";
import {
  GROUP,
  groupsOf,
  RECORD_BYTES,
  SKETCH_FILE,
  sketchBytes,
  sketchRow,
} from "../../src/connectivity/sketch-layout.js";
import { isFixelstreamError } from "../../src/errors.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawMif } from "../support/make-cohort.js";
import { createRandom } from "../support/seeded-random.js";
import { writeMatrix } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let nProblems = 0;

interface Problem {
  readonly nFixels: number;
  readonly most: number;
  readonly weightOf: (uniform: number) => number;
  readonly exponent?: number;
  readonly masked?: boolean;
}

async function prepare({ nFixels, most, weightOf, exponent = 0.5, masked = false }: Problem) {
  const random = createRandom(nFixels * 31 + most);
  const home = path.join(root, `problem-${nProblems++}`);
  writeMatrix(path.join(home, "matrix"), nFixels, (fixel) => {
    const count = fixel % 7 === 3 ? 0 : random.integer(most + 1);
    return Array.from({ length: count }, () => [random.integer(nFixels), Math.fround(weightOf(random.uniform()))]);
  });
  const inside = masked
    ? Int32Array.from({ length: nFixels }, (_, f) => (f % 3 === 0 ? -1 : f - 1 - Math.floor(f / 3)))
    : undefined;
  const nElements = inside === undefined ? nFixels : inside.filter((element) => element >= 0).length;
  const given = { nFixels, nElements, elementOfFixel: inside, exponent };
  const cache = path.join(home, "cache");
  const prepared = await prepareConnectivity({ directory: path.join(home, "matrix"), cache, ...given });
  return { home, ...prepared, elementOfFixel: inside, template: undefined };
}

/** nx x 2 x 2 voxels with two fixels each, along z and along x. */
function writeTemplate(home: string, nFixels: number) {
  const nVoxels = nFixels / 2;
  const index = Uint32Array.from({ length: 2 * nVoxels }, (_, i) => (i < nVoxels ? 2 : 2 * (i - nVoxels)));
  const directions = new Float32Array(3 * nFixels);
  for (let fixel = 0; fixel < nFixels; fixel++) directions[(fixel % 2 === 0 ? 2 : 0) * nFixels + fixel] = -1;
  const template = { indexPath: path.join(home, "index.mif"), directionsPath: path.join(home, "directions.mif") };
  const bytes = (array: Uint32Array | Float32Array) => new Uint8Array(array.buffer);
  fs.writeFileSync(template.indexPath, rawMif([nVoxels / 4, 2, 2, 2], "UInt32LE", bytes(index)));
  fs.writeFileSync(template.directionsPath, rawMif([nFixels, 3, 1], "Float32LE", bytes(directions)));
  return template;
}

async function sketchOf(inputs: Parameters<typeof prepareSketch>[0]) {
  const sketch = await prepareSketch(inputs);
  if (!("header" in sketch)) throw new Error(sketch.reason);
  return sketch;
}

const PROBLEMS: Readonly<Record<string, Problem>> = {
  ordinary: { nFixels: 300, most: 60, weightOf: (u) => 0.01 + 0.99 * u },
  "all alike": { nFixels: 100, most: 30, weightOf: () => 0.25 },
  "weights of 0": { nFixels: 100, most: 20, weightOf: (u) => (u < 0.5 ? 0 : u) },
  "nothing but 0": { nFixels: 40, most: 20, weightOf: () => 0 },
  tiny: { nFixels: 60, most: 20, weightOf: (u) => u * 1e-42, exponent: 1 },
  huge: { nFixels: 60, most: 20, weightOf: (u) => u * 1e36, exponent: 1 },
  "long rows": { nFixels: 9, most: 9000, weightOf: (u) => 0.01 / (1 - 0.99 * u) },
  masked: { nFixels: 200, most: 40, weightOf: (u) => u, masked: true },
};

describe("sketch", () => {
  for (const [name, problem] of Object.entries(PROBLEMS)) {
    test(name, async () => {
      const inputs = await prepare(problem);
      const { header } = await sketchOf(inputs);
      const { nElements, nGroups, order } = header;
      expect(order).toBe("index");
      expect(fs.statSync(path.join(inputs.path, SKETCH_FILE)).size).toBe(sketchBytes(nElements, nGroups));
      const sketch = openSketchFiles(inputs.path, header, { io: "read" });
      const matrix = openConnectivityFiles(inputs.path, { io: "read" });
      const records = new DataView(new ArrayBuffer(nElements * RECORD_BYTES));
      sketch.copyRecordsInto(new Uint8Array(records.buffer), 0, nElements);
      const norms = new Float32Array(nElements);
      matrix.copyNormsInto(norms, 0, nElements);
      let firstGroup = 0;
      let firstConnection = 0;
      let nFound = 0;
      for (let place = 0; place < nElements; place++) {
        const row = sketchRow(records, place);
        expect(row).toMatchObject({ element: place, firstConnection, norm: norms[place]! });
        const stored = new Uint32Array(2 * row.nConnections);
        matrix.copyConnectionsInto(new Uint8Array(stored.buffer), firstConnection, row.nConnections);
        const storedWeights = new Float32Array(stored.buffer);
        const count = groupsOf(row.nConnections);
        const indices = new Uint32Array(count * GROUP);
        const weights = new Uint16Array(count);
        sketch.copyIndicesInto(indices, firstGroup, count);
        sketch.copyWeightsInto(weights, firstGroup, count);
        const left = new Map<number, number[]>();
        for (let p = 0; p < row.nConnections; p++)
          left.set(stored[2 * p]!, [...(left.get(stored[2 * p]!) ?? []), storedWeights[2 * p + 1]!]);
        let [bound, sum, total] = [0, 0, 0];
        for (let p = 0; p < count * GROUP; p++) {
          if (p >= row.nConnections) {
            expect(indices[p]).toBe(nElements);
            continue;
          }
          const ofElement = left.get(indices[p]!)!.sort((a, b) => b - a);
          const weight = ofElement.shift()!;
          // a hair for the rounding of the product itself, which margins hold
          expect(weights[Math.floor(p / GROUP)]! * row.unit * (1 + 1e-15)).toBeGreaterThanOrEqual(weight);
          nFound++;
          total += weight;
        }
        for (const weight of weights) {
          bound += Math.round((weight * 31 * GROUP) / 128) + 1;
          sum += weight;
        }
        expect(bound).toBeLessThan(65_536);
        expect(row.weightSum).toBe(sum);
        expect(row.extent).toBeCloseTo(total, 3);
        expect([...weights]).toEqual([...weights].sort((a, b) => b - a));
        firstGroup += count;
        firstConnection += row.nConnections;
      }
      expect(nFound).toBe(inputs.manifest.nConnections);
      expect(firstGroup).toBe(nGroups);
      sketch.close();
      matrix.close();
    });
  }

  test("rows follow the curve through blocks of voxels, inside one by their main axis first", async () => {
    const inputs = await prepare({ nFixels: 64, most: 12, weightOf: (u) => u });
    const template = writeTemplate(inputs.home, 64);
    const { header } = await sketchOf({ ...inputs, template });
    expect(header.order).toBe("morton");
    const sketch = openSketchFiles(inputs.path, header, { io: "auto" });
    const records = new DataView(new ArrayBuffer(64 * RECORD_BYTES));
    sketch.copyRecordsInto(new Uint8Array(records.buffer), 0, 64);
    sketch.close();
    const got = Array.from({ length: 64 }, (_, place) => sketchRow(records, place).element);
    const keyOf = (fixel: number) => {
      const voxel = Math.floor(fixel / 2);
      return rowKey(mortonKey(voxel % 8, Math.floor(voxel / 8) % 2, Math.floor(voxel / 16)), fixel % 2 === 0 ? 2 : 0);
    };
    expect(got).toEqual(Array.from({ length: 64 }, (_, fixel) => fixel).sort((a, b) => keyOf(a) - keyOf(b)));
    // two blocks along x; those along x of the first, x before y before z
    expect(got.slice(0, 6)).toEqual([1, 3, 17, 19, 33, 35]);
    expect(got[16]).toBe(0);
    expect(got[32]).toBe(9);
  });

  test("a template of other fixels, or none that can be read, leaves the order of the matrix", async () => {
    const inputs = await prepare({ nFixels: 48, most: 12, weightOf: (u) => u });
    const template = writeTemplate(inputs.home, 64);
    expect((await sketchOf({ ...inputs, template })).header.order).toBe("index");
    fs.rmSync(path.join(inputs.path, SKETCH_FILE));
    fs.rmSync(template.indexPath);
    expect((await sketchOf({ ...inputs, template })).header.order).toBe("index");
  });

  test("one that is there serves again; one that does not belong to the matrix is made anew, with the same bytes", async () => {
    const inputs = await prepare({ nFixels: 90, most: 12, weightOf: (u) => u });
    const file = path.join(inputs.path, SKETCH_FILE);
    expect((await sketchOf(inputs)).reused).toBe(false);
    const bytes = fs.readFileSync(file);
    expect((await sketchOf(inputs)).reused).toBe(true);
    for (const [from, to] of [
      ['"formatVersion":1', '"formatVersion":9'],
      ['"counts.u32":', '"counts.u33":'],
    ] as const) {
      const text = bytes.toString("latin1");
      expect(text).toContain(from);
      fs.writeFileSync(file, text.replace(from, to), "latin1");
      expect((await sketchOf(inputs)).reused).toBe(false);
      expect(fs.readFileSync(file).equals(bytes)).toBe(true);
    }
    fs.truncateSync(file, bytes.byteLength - 1);
    expect((await sketchOf(inputs)).reused).toBe(false);
    fs.truncateSync(file, 100);
    expect((await sketchOf(inputs)).reused).toBe(false);
    expect(fs.readFileSync(file).equals(bytes)).toBe(true);
    expect(fs.readdirSync(path.join(inputs.home, "cache")).filter((name) => /partial|lock/.test(name))).toEqual([]);
  });

  test("damage is refused with the name of the file, and found by verify", async () => {
    const inputs = await prepare({ nFixels: 90, most: 12, weightOf: (u) => u });
    await sketchOf(inputs);
    const verified = await runInProcess(["verify", inputs.path]);
    expect(verified.stderr).toContain("all 5 files");
    const file = path.join(inputs.path, SKETCH_FILE);
    const bytes = fs.readFileSync(file);
    for (const place of [4096, 4096 + 90 * RECORD_BYTES + 5, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[place]! ^= 4;
      fs.writeFileSync(file, changed);
      const error = await prepareSketch(inputs).catch((reason) => reason);
      expect(isFixelstreamError(error, "InputError")).toBe(true);
      expect(error.message.replace(inputs.path, "P").replace(/[0-9a-f]{8}/g, "..")).toBe(
        "Cannot use the prepared connectivity P: expected sketch.bin as it was written, CRC-32 .., got ... It is damaged: delete sketch.bin, and it is made again from the matrix directory.",
      );
      expect((await prepareSketch({ ...inputs, verify: false })) satisfies object).toHaveProperty("reused", true);
      const { status, stderr } = await runInProcess(["verify", inputs.path]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/sketch\.bin: expected CRC-32 [0-9a-f]{8}, got [0-9a-f]{8}/);
    }
    bytes[20]! ^= 4;
    fs.writeFileSync(file, bytes);
    const { status, stderr } = await runInProcess(["verify", inputs.path]);
    expect(status).toBe(1);
    expect(stderr).toContain("sketch.bin: its beginning damaged, or of another version or matrix");
  });

  test("where it cannot be kept the reason comes back", async () => {
    const inputs = await prepare({ nFixels: 30, most: 12, weightOf: (u) => u });
    fs.mkdirSync(path.join(inputs.path, SKETCH_FILE));
    expect(await prepareSketch(inputs)).toHaveProperty("reason");
  });
});
