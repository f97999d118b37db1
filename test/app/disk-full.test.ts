// A disk that fills up, at the start or in the middle: a clear refusal, nothing that looks whole, and nothing lost that was there before.
// The disk is a small one in memory, which only root may mount: elsewhere these tests are skipped, visibly.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { InferenceEvents } from "../../src/app/analyse/analyse.js";
import { inferFixels } from "../../src/app/analyse/kinds.js";
import { clearCache } from "../../src/app/cache/cache.js";
import { convertFixels } from "../../src/app/convert/convert.js";
import { prepareDirectly } from "../../src/connectivity/prepare-directly.js";
import { Interrupted } from "../../src/errors.js";
import { openStore } from "../../src/store/open-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { newRun } from "../support/both-commands.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { writeMatrixDirectory, writeRows } from "../support/make-problem.js";
import { INFERENCE_DEFAULTS } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const N = { subjects: 12, fixels: 100_000 }; // a store of 4.6 MiB

function mount(directory: string, mebibytes: number): boolean {
  fs.mkdirSync(directory, { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory]).status === 0;
}
const canMount = process.platform === "linux" && process.getuid?.() === 0 && mount(path.join(root, "trial"), 1);
if (canMount) spawnSync("umount", [path.join(root, "trial")]);

const disk = path.join(root, "disk");
const on = (name: string) => path.join(disk, name);
/** Leaves `bytes` on the disk. Once: a second filler would take the place of the first. */
function fill(bytes = 0): void {
  if (fs.existsSync(on("filler"))) return;
  const { bavail, bsize } = fs.statfsSync(disk);
  fs.writeFileSync(on("filler"), new Uint8Array(Math.max(0, bavail * bsize - bytes)));
}
const empty = () => fs.rmSync(on("filler"), { force: true });

const input = path.join(root, "fd");
const random = createRandom(12);
const subjects = Array.from({ length: N.subjects }, (_, s) => {
  const values = new Float32Array(N.fixels);
  for (let f = 0; f < N.fixels; f++) values[f] = random.uniform() + (s % 2);
  return [`sub-${s}.mif`, rawFixelData(values)] as const;
});
const cohort = writeCohort(input, N.fixels, subjects);
const paths = {
  design: writeRows(
    path.join(root, "design.txt"),
    subjects.map((_, s) => [1, s % 2]),
  ),
  contrast: writeRows(path.join(root, "contrast.txt"), [[0, 1]]),
  connectivity: path.join(root, "matrix"),
};
const itself = Array.from({ length: N.fixels }, (_, f) => f);
writeMatrixDirectory(paths.connectivity, {
  count: itself.map(() => 1),
  offset: itself,
  fixels: itself,
  values: itself.map(() => 1),
});

vi.setConfig({ testTimeout: 180_000 }); // one that is given up goes on, and fills the next one's disk

describe.skipIf(!canMount)("a disk that is full (a small one, which root on Linux may mount)", () => {
  beforeEach(() => {
    expect(mount(disk, 64)).toBe(true);
  });
  afterEach(() => {
    spawnSync("umount", ["-l", disk]);
  });

  const convert = (onProgress?: Parameters<typeof convertFixels>[0]["onProgress"]) =>
    convertFixels({ ...cohort, output: on("cohort.fxs"), command: "convert", memoryBytes: 2 ** 21, onProgress });

  it("is noticed before a conversion writes, and leaves nothing", async () => {
    fill(2 ** 21);
    await expect(convert()).rejects.toThrow(
      /^Cannot write .*cohort.fxs: expected [\d.]+ MiB of free disk, got 2 MiB. Make room, or write it to another disk.$/,
    );
    expect(fs.readdirSync(disk)).toEqual(["filler"]);
  });

  it.each([
    ["read", 1],
    ["read", 7],
    ["verify", 98],
  ] as const)("in the middle of a conversion (%s, %i) leaves what the same command continues", async (phase, done) => {
    const stopped = convert((progress) => {
      if (progress.phase === phase && progress.done === done) fill();
    });
    const found = await stopped.then(
      () => undefined,
      (error: Error) => error,
    );
    expect(found).toMatchObject({
      _tag: "InputError",
      message: expect.stringMatching(/^Cannot write .*(the disk is full|no space left on the disk|ENOSPC)/),
    });
    expect(fs.existsSync(on("cohort.fxs"))).toBe(false);
    expect(() => openStore(on("cohort.fxs"), { io: "read" })).toThrow(
      /its conversion did not finish. Run the same convert command again/,
    );
    empty();
    await convert();
    expect(verifyStore(on("cohort.fxs"))).toMatchObject({ damagedBlocks: [], damagedFiles: [], fileProblems: [] });
    expect(fs.readdirSync(disk)).toEqual(["cohort.fxs"]);
  });

  it("is not noticed where only the rest of a conversion has to fit", async () => {
    const stopped = convert(({ phase, done }) => {
      if (phase === "read" && done === 11) throw new Error("stopped here");
    });
    await expect(stopped).rejects.toThrow("stopped here");
    const wholeBytes = N.subjects * N.fixels * 4;
    // what is asked for beyond the data: 16 MiB, the template, a count of missing values for each fixel
    fill(wholeBytes / 2 + 2 ** 24 + N.fixels * (8 + 12 + 4));
    await convert();
    expect(verifyStore(on("cohort.fxs"))).toMatchObject({ damagedBlocks: [], damagedFiles: [], fileProblems: [] });
  });

  const infer = (places: { output: string; cache: string; force?: boolean }, events: InferenceEvents = {}) =>
    inferFixels(
      {
        ...INFERENCE_DEFAULTS,
        ...{ input, subjects: cohort.subjectList, ...paths, nShuffles: 4, ...places },
      },
      events,
    );

  it("is noticed before an analysis begins", async () => {
    fill(2 ** 20);
    await expect(infer({ output: on("out"), cache: path.join(root, "cache") })).rejects.toThrow(
      /^Cannot write to the disk of .*out: expected [\d.]+ MiB free \(results [\d.]+ MiB\), got 1 MiB. Make room, or write to another disk.$/,
    );
    await expect(infer({ output: path.join(root, "out"), cache: on("cache") })).rejects.toThrow(/converted subjects/);
    expect(fs.readdirSync(disk)).toEqual(["filler"]);
    expect(fs.existsSync(path.join(root, "out"))).toBe(false);
  });

  it.each(["observe", "shuffle"] as const)("in the middle of an analysis (%s) leaves no results", async (when) => {
    const stopped = infer(
      { output: on("out"), cache: path.join(root, "cache") },
      { onProgress: (phase) => phase === when && fill() },
    );
    await expect(stopped).rejects.toMatchObject({
      _tag: "InputError",
      message: expect.stringMatching(/^Cannot write .*no space left on the disk. (Make room|Choose another)/),
    });
    expect(fs.readdirSync(disk)).toEqual(["filler"]);
  });

  /** Of a few fixels, in several batches. */
  const MANY = { nShuffles: 2400, memoryBytes: 2.25 * 2 ** 20, seed: 5, checkpointSeconds: 0 };

  it("at the results: the shuffles are kept in a cache elsewhere, and the same run with room continues to the same bytes", async () => {
    const run = newRun("fixelcfestats", { nSubjects: 12 });
    const onDisk = { ...MANY, output: on("out"), cache: run.at(".fixelstream") };
    const bytesIn = (folder: string) =>
      Object.fromEntries(
        fs
          .readdirSync(folder)
          .filter((name) => name !== "run.json")
          .map((name) => [name, fs.readFileSync(path.join(folder, name)).toString("latin1")]),
      );
    await run.infer({ ...MANY, cache: onDisk.cache });
    const stopped = run.infer(onDisk, { onProgress: (phase, share) => phase === "shuffle" && share > 0.5 && fill() });
    await expect(stopped).rejects.toThrow(/^Cannot write .*no space left on the disk/);
    expect(fs.readdirSync(disk)).toEqual(["filler"]);
    empty();
    const resumed: number[] = [];
    await run.infer(onDisk, { onResumed: ({ fromShuffle }) => void resumed.push(fromShuffle) });
    expect(resumed).toEqual([MANY.nShuffles]);
    expect(bytesIn(on("out"))).toEqual(bytesIn(run.at("out")));
    expect(fs.readdirSync(onDisk.cache).filter((name) => name.endsWith(".fxr"))).toEqual([]);
  });

  it("at a checkpoint: it is said once, the run goes on, and with room again the shuffles are kept", async () => {
    const run = newRun("fixelcfestats", { nSubjects: 12 });
    const options = { ...MANY, cache: on("cache") };
    const bytes = () =>
      run.results().flatMap((name) => (name === "run.json" ? [] : [[name, run.result(name).toString("latin1")]]));
    await run.infer(options);
    const whole = bytes();
    fs.rmSync(run.at("out"), { recursive: true });
    const warnings: string[] = [];
    const controller = new AbortController();
    const stopped = run.infer(options, {
      signal: controller.signal,
      onWarning: ({ tag, message }) => {
        if (tag === "checkpoint-not-kept") warnings.push(run.relative(message));
      },
      onProgress: (phase, share) => {
        if (phase !== "shuffle") return;
        if (share < 0.5) fill();
        else empty();
        if (share > 0.8) controller.abort(new Interrupted("SIGTERM"));
      },
    });
    await expect(stopped).rejects.toBeInstanceOf(Interrupted);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^Cannot keep a checkpoint in .*cache: expected a disk with room and a directory that can be written, got no space left on the disk\. The run goes on, but what it does now is lost if it is stopped\. Make room, or choose another place with --cache\.$/,
      ),
    ]);
    const resumed: number[] = [];
    await run.infer(options, { onResumed: ({ fromShuffle }) => void resumed.push(fromShuffle) });
    expect(resumed.map((from) => from > options.nShuffles / 2)).toEqual([true]);
    expect(bytes()).toEqual(whole);
    expect(fs.readdirSync(on("cache")).filter((name) => name.endsWith(".fxr"))).toEqual([]);
  });

  it("does not keep a cache that is on it from being used, which is said once, nor from being cleared", async () => {
    const places = { output: path.join(root, "out"), cache: on("cache") };
    await infer(places);
    fill();
    const warnings: { tag: string; message: string }[] = [];
    await infer({ ...places, force: true }, { onWarning: (warning) => void warnings.push(warning) });
    const said = warnings.filter(({ tag }) => tag === "cache-not-marked").map(({ message }) => message);
    expect(said).toEqual([
      expect.stringMatching(
        /^Cannot mark .*\.fxs as used: expected a directory that can be written, got no space left on the disk\. Do not run cache clear while this analysis goes on\.$/,
      ),
    ]);
    const { removed, inUse } = clearCache(on("cache"), 0);
    expect([removed.length, inUse.length]).toEqual([2, 0]);
    expect(fs.readdirSync(on("cache"))).toEqual([]);
    fs.rmSync(places.output, { recursive: true });
  });

  it("spares the results of an earlier run that were to be replaced", async () => {
    await infer({ output: on("out"), cache: path.join(root, "cache") });
    const before = fs
      .readdirSync(on("out"))
      .map((name) => [name, fs.readFileSync(on(`out/${name}`)).toString("latin1")]);
    const stopped = infer(
      { output: on("out"), cache: path.join(root, "cache"), force: true },
      { onProgress: (phase) => phase === "shuffle" && fill() },
    );
    await expect(stopped).rejects.toThrow(/no space left on the disk/);
    expect(
      fs.readdirSync(on("out")).map((name) => [name, fs.readFileSync(on(`out/${name}`)).toString("latin1")]),
    ).toEqual(before);
  });

  it("while subjects are converted into the cache, or the connectivity is prepared there, leaves nothing whole", async () => {
    const whole = () => fs.readdirSync(on("cache")).filter((name) => /\.fx[sc]$/.test(name));
    let filled = false;
    const during = (wanted: string): InferenceEvents => ({
      onProgress: (phase, share) => {
        if (phase !== wanted || filled || share > 0.9) return;
        filled = true;
        fill();
      },
    });
    const places = { output: path.join(root, "out"), cache: on("cache") };
    await expect(infer(places, during("convert"))).rejects.toMatchObject({ _tag: "InputError" });
    expect(whole()).toEqual([]);
    empty();
    filled = false;
    await expect(infer(places, during("connectivity"))).rejects.toThrow(
      /^Cannot keep the prepared connectivity in .*cache: expected a disk with room and a directory that can be written, got no space left on the disk. Make room, or choose another place with --cache.$/,
    );
    expect(whole().map((name) => name.slice(-4))).toEqual([".fxs"]);
    empty();
    await infer(places);
    expect(
      fs
        .readdirSync(on("cache"))
        .map((name) => name.slice(24))
        .sort(),
    ).toEqual([".fxc", ".fxs"]);
    fs.rmSync(places.output, { recursive: true });
  });

  it("while a matrix is made elsewhere and prepared there, names the cache, not the place of the matrix", () => {
    const nRow = 2 ** 17;
    const preparing = prepareDirectly({ cache: on("cache"), directory: "matrix", nFixels: nRow, exponent: 0.5 });
    fill();
    const row = [Uint32Array.of(nRow), 1, Uint32Array.from({ length: nRow }, (_, i) => i)] as const;
    const values = new Float32Array(nRow).fill(0.5);
    expect(() => {
      for (let i = 0; i < 16; i++) preparing.addRows(...row, values, nRow);
    }).toThrow(
      `Cannot keep the prepared connectivity in ${on("cache")}: expected a disk with room and a directory that can be written, got no space left on the disk. Make room, or choose another place with --cache.`,
    );
    preparing.close();
    expect(fs.readdirSync(on("cache"))).toEqual([]);
  });
});
