// Threshold-free cluster enhancement beside MRtrix3's: 200,000 voxels, 26 neighbours, 60 subjects, one thread each. Theirs is the difference of two runs.
import { closeSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "../tools/child.mjs";
import { once, writeDesign } from "../tools/inputs.mjs";
import { expectTrue } from "../tools/measure.mjs";
import { openMif, readFloats, writeArray } from "../tools/mif.mjs";
import { createRandom } from "../tools/random.mjs";

const SIZES = {
  quick: { dim: [40, 48, 40], n: 30, few: 2, many: 6, ours: 500 },
  full: { dim: [75, 90, 75], n: 60, few: 2, many: 5, ours: 300 },
};
/** Means of three voxels along each axis, one after the other: as images smoothed with about 4 voxels. */
const PASSES = 3;

/** Voxels of an ellipsoid. */
function ellipsoid([nx, ny, nz]) {
  const inside = new Uint8Array(nx * ny * nz);
  const square = (i, size) => ((2 * i + 1 - size) / (size - 2)) ** 2;
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) inside[at++] = Number(square(x, nx) + square(y, ny) + square(z, nz) <= 0.86);
    }
  }
  return inside;
}

function smooth(values, [nx, ny, nz]) {
  let from = values;
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [step, size] of [
      [1, nx],
      [nx, ny],
      [nx * ny, nz],
    ]) {
      const to = new Float32Array(from.length);
      for (let i = 0; i < from.length; i++) {
        const at = Math.floor(i / step) % size;
        to[i] = (from[i] + (at > 0 ? from[i - step] : 0) + (at + 1 < size ? from[i + step] : 0)) / 3;
      }
      from = to;
    }
  }
  return from;
}

/** Smoothed noise; a corner of the box is lower in patients, the second half. */
function images(dir, dim, n) {
  return once(join(dir, `images-${n}x${dim.join("x")}`), (out) => {
    const [nx, ny, nz] = dim;
    const write = (name, datatype, values) => {
      const file = openMif(join(out, name), { dim, datatype });
      writeArray(file, values);
      closeSync(file);
    };
    write("mask.mif", "UInt8", ellipsoid(dim));
    const names = [];
    for (let s = 0; s < n; s++) {
      const random = createRandom(s + 1);
      const values = smooth(
        Float32Array.from({ length: nx * ny * nz }, () => random.normal()),
        dim,
      );
      for (let i = 0; i < values.length; i++) {
        const isLower = s >= n / 2 && i % nx < nx / 3 && Math.floor(i / nx) % ny < ny / 2 && i < values.length / 2;
        values[i] = 1 + values[i] - (isLower ? 0.05 : 0);
      }
      names.push(`image-${s}.mif`);
      write(`image-${s}.mif`, "Float32LE", values);
    }
    writeFileSync(join(out, "list.txt"), `${names.join("\n")}\n`);
    writeDesign(out, n);
  });
}

const folder = (path) => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
};

export const voxelCase = {
  group: "peer",
  name: "mrclusterstats, TFCE over 26 neighbours, beside MRtrix3's, one thread each",
  quick: true,
  needs: "mrclusterstats",
  async run(context) {
    const { dim, n, few, many, ours } = SIZES[context.mode];
    const input = images(context.dir, dim, n);
    const files = ["list.txt", "design.txt", "contrast.txt", "mask.mif"].map((name) => join(input, name));
    const arguments_ = (prefix) => [...files, `${prefix}/`, "-connectivity"];
    const peer = (shuffles) => {
      const out = folder(join(context.dir, "tfce-peer"));
      const options = ["-nshuffles", `${shuffles}`, "-nthreads", "1", "-quiet", "-force"];
      return runChild("mrclusterstats", [...arguments_(out), ...options]);
    };
    const first = await peer(few);
    const second = await peer(many);
    const out = folder(join(context.dir, "tfce-ours"));
    const options = ["--cache", folder(join(context.dir, "tfce-cache")), "--seed", "1", "-quiet"];
    const limits = ["-nshuffles", `${ours}`, "-nthreads", "1", "--memory", "512MiB"];
    const run = await context.fixelstream(["mrclusterstats", ...arguments_(out), ...limits, ...options]);
    const expected = readFloats(join(context.dir, "tfce-peer", "tfce.mif"));
    const got = readFloats(join(out, "tfce.mif"));
    const nInside = ellipsoid(dim).reduce((sum, value) => sum + value, 0);
    // a Z beside a height falls to either side by rounding
    const differing = got.filter((value, i) => !(Math.abs(value - expected[i]) <= 1e-4 * Math.abs(expected[i]))).length;
    expectTrue(`TFCE: ${differing} of ${nInside} values differ from MRtrix3's`, differing <= nInside / 1000);
    const largest = got.reduce((a, b) => Math.max(a, b));
    expectTrue("clusters of many voxels", largest > 1000);
    const theirs = (second.ms - first.ms) / (many - few);
    const allTold = run.ms / ours;
    const theirCpu = (second.cpuMs - first.cpuMs) / (many - few);
    const { timings } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    return {
      note: `${nInside} voxels x ${n} subjects, smoothed; theirs: ${few} and ${many} shuffles, the difference; ours: ${ours} shuffles, all told (reading, converting and writing included)`,
      figures: [
        { name: "theirs, a shuffle", value: theirs, unit: "ms" },
        { name: "ours, a shuffle all told", value: allTold, unit: "ms" },
        { name: "ours, a shuffle: enhancing", value: timings.enhance / ours, unit: "ms" },
        { name: "theirs / ours", value: theirs / allTold, unit: "ratio", better: "more" },
        // what else runs on the machine is no part of it
        { name: "theirs / ours, processor time", value: theirCpu / (run.cpuMs / ours), unit: "ratio", atLeast: 20 },
        { name: "theirs, processor time of a shuffle", value: theirCpu, unit: "ms" },
        { name: "ours, processor time of a shuffle all told", value: run.cpuMs / ours, unit: "ms" },
        { name: "peak memory, theirs", value: second.peakBytes / 2 ** 20, unit: "MiB" },
        { name: "peak memory, ours", value: run.peakBytes / 2 ** 20, unit: "MiB" },
      ],
    };
  },
};
