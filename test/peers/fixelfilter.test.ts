// fixelfilter beside MRtrix3 3.0.3: smoothed values bit for bit, clusters as a partition, on stored answers, on fresh data where it is installed, and on its own test data.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bitsOf, type FilterInputs, layOutFilter } from "../support/filter-cases.js";
import { runInDirectory } from "../support/in-process-cli.js";
import {
  hasCommand,
  makeTemporaryDirectory,
  peerCaseDirectory,
  peerDataDirectory,
  readSmallImage,
} from "../support/peer.js";

interface StoredCase {
  readonly filter: "smooth" | "connect";
  readonly options: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
}

const { cases } = JSON.parse(readFileSync(peerCaseDirectory("fixelfilter.json"), "utf8")) as { cases: StoredCase[] };
const float32Of = (base64: string) => new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);

/** The same fixels together, and labels by falling size. */
function expectSamePartition(ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
  const pairs = new Set(Array.from(ours, (label, i) => `${label} ${theirs[i]}`));
  const sizesOf = (labels: ArrayLike<number>) => {
    const sizes = new Map<number, number>();
    for (const label of Array.from(labels)) sizes.set(label, (sizes.get(label) ?? 0) + 1);
    return [...sizes].sort(([a], [b]) => a - b);
  };
  expect(pairs.size).toBe(sizesOf(ours).length);
  expect(sizesOf(ours)).toEqual(sizesOf(theirs));
}

async function filter(directory: string, tokens: readonly string[]): Promise<void> {
  const { status, stderr } = await runInDirectory(["fixelfilter", ...tokens, "-matrix", "matrix", "-quiet"], directory);
  expect({ status, stderr: stderr.replace(/^fixelstream: warning: .*\n/gm, "") }).toEqual({ status: 0, stderr: "" });
}

describe("stored answers of 3.0.3", () => {
  it.each(cases)("$filter $options", async ({ filter: name, options, outputs }) => {
    const { directory, names } = layOutFilter();
    await filter(directory, ["fd", name, "out", ...options]);
    expect(Object.keys(outputs)).toEqual(names);
    for (const [file, stored] of Object.entries(outputs)) {
      const { values } = readSmallImage(join(directory, "out", file));
      if (name === "smooth") expect([file, bitsOf(values)]).toEqual([file, bitsOf(float32Of(stored))]);
      else expectSamePartition(values, float32Of(stored));
    }
  });
});

const peer = (directory: string, tokens: readonly string[]) =>
  execFileSync("fixelfilter", [...tokens, "-matrix", "matrix", "-quiet", "-force"], { cwd: directory, stdio: "pipe" });

describe.skipIf(!hasCommand("fixelfilter"))("3.0.3 as it is installed, on data of a seed", () => {
  // a constant: a failure is the same on every machine
  const seed = Number(process.env["FILTER_SEED"] ?? 587535023);
  const check = async (inputs: FilterInputs, name: "smooth" | "connect", options: readonly string[]) => {
    const { directory } = inputs;
    await filter(directory, ["fd", name, "ours", "-force", ...options]);
    for (const file of inputs.names) {
      peer(directory, [`fd/${file}`, name, "theirs.mif", ...options]);
      const theirs = readSmallImage(join(directory, "theirs.mif")).values;
      const ours = readSmallImage(join(directory, "ours", file)).values;
      if (name === "smooth") expect([file, bitsOf(ours)]).toEqual([file, bitsOf(theirs)]);
      else expectSamePartition(ours, theirs);
    }
  };
  it.each([1, 2, 3])(`number %i of seed ${seed}`, async (number) => {
    const inputs = layOutFilter((seed + number) % 2 ** 31);
    const fwhm = String(3 + ((seed + number) % 12));
    await check(inputs, "smooth", []);
    await check(inputs, "smooth", ["-fwhm", fwhm, "-minweight", "0.001", "-mask", "mask.mif"]);
    await check(inputs, "smooth", ["-fwhm", "25", "-minweight", "0"]);
    await check(inputs, "connect", []);
    await check(inputs, "connect", ["-threshold_value", "0.1", "-threshold_connectivity", "0.5"]);
  });
});

describe.skipIf(peerDataDirectory() === undefined)("MRtrix3's own test data", () => {
  const data = peerDataDirectory() ?? "";
  const smoothed = async () => {
    const out = join(makeTemporaryDirectory(), "out");
    const tokens = [join(data, "fixelfilter/smooth/in"), "smooth", out, "-matrix", join(data, "SIFT_phantom/matrix")];
    const { status, stderr } = await runInDirectory(["fixelfilter", ...tokens, "-quiet"], ".");
    expect([status, stderr.replace(/^fixelstream: warning: .*\n/gm, "")]).toEqual([0, ""]);
    return out;
  };

  it("fixelfilter smooth is as stored, within 1e-5 of its largest value", async () => {
    const out = await smoothed();
    const stored = join(data, "fixelfilter/smooth/out");
    const names = readdirSync(stored).filter((name) => !/^(index|directions)\./.test(name));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      const [a, b] = [join(out, name), join(stored, name)].map((path) => readSmallImage(path).values) as [
        Float64Array,
        Float64Array,
      ];
      const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
      expect(worst / largest).toBeLessThan(1e-6);
    }
  });

  it.skipIf(!hasCommand("fixelfilter"))("and bit for bit what 3.0.3 makes of it", async () => {
    const out = await smoothed();
    const theirs = join(makeTemporaryDirectory(), "theirs");
    const tokens = [
      join(data, "fixelfilter/smooth/in"),
      "smooth",
      theirs,
      "-matrix",
      join(data, "SIFT_phantom/matrix"),
    ];
    execFileSync("fixelfilter", [...tokens, "-quiet"], { stdio: "pipe" });
    const names = readdirSync(theirs).filter((name) => !/^(index|directions)\./.test(name));
    for (const name of names) {
      expect(existsSync(join(out, name))).toBe(true);
      const [a, b] = [join(out, name), join(theirs, name)].map((path) => readSmallImage(path).values);
      expect(bitsOf(a!)).toEqual(bitsOf(b!));
    }
  });
});
