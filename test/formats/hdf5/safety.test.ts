// What goes wrong with files and disks is said, and never read as zeros: full disks, damage of every kind, what a killed writer leaves.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { convertModelArray } from "../../../converters/modelarray.js";
import { resolveFixelInput } from "../../../src/app/inputs/fixel-input.js";
import { openDraft } from "../../../src/formats/hdf5/draft.js";
import { listScalars } from "../../../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../../../src/formats/hdf5/open.js";
import { createModelArray, type ModelArrayPlan } from "../../../src/formats/hdf5/write-modelarray.js";
import { hdf5Fixtures, nFixels } from "../../support/hdf5-fixtures.js";
import { rawFixelData, writeCohort, writeTemplate } from "../../support/make-cohort.js";
import { deadId, foreignId, plantPartial } from "../../support/partials.js";
import { builtCommand } from "../../support/run-cli.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
const template = at("template");
writeTemplate(template, nFixels);

const convert = (input: string, output = `${input}.fxs`) =>
  convertModelArray({
    ...{ input, output, scalar: undefined, template, gzipLevel: undefined, memoryBytes: 2 ** 26 },
    ...{ force: true, command: "test" },
  });
const run = async (input: string) => {
  const options = {
    input,
    subjects: "-",
    scalar: undefined,
    cache: "",
    memoryBytes: 2 ** 24,
    io: "auto",
    command: "",
    template,
  };
  const found = await resolveFixelInput({ ...options, io: "auto" });
  return found.open();
};
const copyOf = (fixture: string, name: string) => {
  fs.copyFileSync(join(hdf5Fixtures, fixture), at(name));
  return at(name);
};
const messageOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: Error) => error.message,
  );

describe("files that are not what they should be", () => {
  test.each([
    ["text", "a text file.h5", "sub-01,sub-02\n".repeat(20), /expected an HDF5 file, got something else/],
    ["empty", "empty.h5", "", /expected an HDF5 file, got an empty one/],
  ])("%s", async (_, name, contents, expected) => {
    fs.writeFileSync(at(name), contents);
    expect(await messageOf(openHdf5(at(name)))).toMatch(expected);
  });
  test("a directory, and nothing at all", async () => {
    expect(await messageOf(openHdf5(directory))).toMatch(/expected an HDF5 file, got a directory/);
    expect(await messageOf(openHdf5(at("nothing.h5")))).toMatch(/expected an HDF5 file, got no such file/);
  });
  test("HDF5 of another kind", async () => {
    const path = join(hdf5Fixtures, "h5py-foreign.h5");
    expect(await messageOf(run(path))).toBe(
      `Cannot use ${path}: expected ModelArray's layout (/scalars/NAME/values), got entry in /. Is it the right file?`,
    );
  });
  test("a scalar that is not there", async () => {
    const path = join(hdf5Fixtures, "h5py-contiguous-float32.h5");
    const options = { input: path, subjects: "-", cache: "", memoryBytes: 2 ** 24, io: "auto", command: "" } as const;
    expect(await messageOf(resolveFixelInput({ ...options, scalar: "FA" }))).toBe(
      `Cannot use scalar FA: ${path} holds FD. Choose one with --scalar.`,
    );
  });
  test("no template anywhere", async () => {
    const path = join(hdf5Fixtures, "h5py-contiguous-userblock.h5");
    const options = { input: path, subjects: "-", cache: "", memoryBytes: 2 ** 24, io: "auto", command: "" } as const;
    expect(await messageOf(resolveFixelInput({ ...options, scalar: undefined }))).toContain("--template DIRECTORY");
  });
  test("a filter that h5wasm does not have", async () => {
    const path = join(hdf5Fixtures, "h5py-lzf.h5");
    expect(await messageOf(convert(path, at("lzf.fxs")))).toMatch(
      /^Cannot read \/scalars\/FD\/values of .*: expected .*, got values compressed by lzf \(filter 32000\)\. Write them anew\./,
    );
  });
});

describe("damage", () => {
  test("truncated at every tenth of its length", async () => {
    for (const fixture of ["h5py-contiguous-float32.h5", "h5py-gzip-all-subjects.h5"]) {
      const bytes = fs.readFileSync(join(hdf5Fixtures, fixture));
      for (let tenth = 1; tenth < 10; tenth++) {
        const path = at(`short-${tenth}-${fixture}`);
        fs.writeFileSync(path, bytes.subarray(0, Math.floor((bytes.length * tenth) / 10)));
        expect(await messageOf(convert(path))).toMatch(/truncated, expected \d+ bytes, got \d+|got something else/);
      }
    }
  });
  test("truncated while it is open", async () => {
    const path = copyOf("h5py-chunks-plain.h5", "shrinks.h5");
    const file = await openHdf5(path);
    const values = await file.describe("/scalars/FD/values");
    await file.readRectangle(values, [0, 0], [1, 1]);
    fs.truncateSync(path, 4000);
    await expect(file.readRectangle(values, [4, 40], [2, 10])).rejects.toThrow(
      /ends too early, expected \d+ bytes at \d+, got 0/,
    );
    await file.close();
  });
  test("a flipped bit anywhere in compressed values", async () => {
    const fixture = join(hdf5Fixtures, "h5py-gzip-one-chunk.h5");
    const file = await openHdf5(fixture);
    const chunk = findChunk(fixture);
    await file.close();
    for (const part of [0.2, 0.5, 0.9]) {
      const path = copyOf("h5py-gzip-one-chunk.h5", `flipped-${part}.h5`);
      flipBit(path, chunk.byteOffset + Math.floor(chunk.lengthBytes * part));
      expect(await messageOf(convert(path))).toMatch(
        /Cannot read \/scalars\/FD\/values of .*: expected a chunk that unpacks to 1200 bytes, got /,
      );
    }
  });
  test("a flipped bit in a contiguous file of ours is named by subject", async () => {
    const path = at("ours.h5");
    await convert(join(hdf5Fixtures, "h5py-contiguous-float64.h5"), path);
    await run(path);
    const file = await openHdf5(path);
    const { byteOffset } = await file.layoutOf(await file.describe("/scalars/FD/values"));
    await file.close();
    flipBit(path, byteOffset! + 4 * (3 * nFixels + 7));
    expect(await messageOf(run(path))).toMatch(
      /expected subject 3 \(sub-04.mif, counted from 0\) as fixelstream wrote it/,
    );
  });
});

test("a template that a killed run made in the system's folder is removed by the next run, what lives is not", async () => {
  const prefix = join(tmpdir(), "fixelstream-template-");
  const files = { "index.mif": "half" };
  const [dead, living] = [deadId(), foreignId()].map((id) => plantPartial(prefix, id, "template", files));
  await convert(join(hdf5Fixtures, "h5py-contiguous-float32.h5"), at("swept.fxs"));
  expect([dead, living].map((folder) => fs.existsSync(folder!))).toEqual([false, true]);
  fs.rmSync(living!, { recursive: true });
});

describe("a writer that is stopped", () => {
  const plan = (name: string): ModelArrayPlan => ({
    ...{ output: name, partial: at(name), tables: undefined, gzipLevel: undefined, creator: "test" },
    scalars: [{ name: "FD", subjectNames: ["a", "b"], nElements: 1000, elementType: "f32" }],
  });
  const row = (firstSubject: number) => ({ firstSubject, nSubjects: 1, firstElement: 0, nElements: 1000 });
  test("at each stage leaves nothing that opens as a cohort", async () => {
    const writer = await createModelArray(plan("stages.h5"));
    const partial = at("stages.h5");
    const stages = [];
    for (const subject of [0, 1]) {
      fs.copyFileSync(partial, at(`stage-${subject}.h5`));
      stages.push(at(`stage-${subject}.h5`));
      writer.writeRectangle("FD", new Uint8Array(4000).fill(63), row(subject));
    }
    fs.copyFileSync(partial, at("stage-2.h5"));
    for (const stage of [...stages, at("stage-2.h5")]) {
      const file = await openHdf5(stage);
      await expect(listScalars(file)).rejects.toThrow(/expected a finished file, got one whose writer was stopped/);
      await file.close();
    }
    await writer.finish();
    const file = await openHdf5(at("stages.h5"));
    expect(await listScalars(file)).toEqual(["FD"]);
    await file.close();
  });
  test("while libhdf5 writes leaves a file that does not open", async () => {
    const draft = await openDraft(at("open.h5"), at("open.h5"), "make");
    await draft.makeMatrix("/scalars/FD/values", {
      shape: [2, 1000],
      type: "f32",
      gzip: { level: 1, chunk: [2, 500] },
    });
    fs.copyFileSync(at("open.h5"), at("killed.h5"));
    await draft.close();
    const found = await messageOf(openHdf5(at("killed.h5")));
    expect(found).toMatch(/its writer did not finish|is truncated|got something else/);
  });
  test("killed at any time leaves the whole file or none", { timeout: 120_000 }, async () => {
    const nLarge = 60_000;
    const values = Float32Array.from({ length: nLarge }, (_, i) => i / 8);
    const files = Array.from(
      { length: 30 },
      (_, i) => [`sub-${i}.mif`, rawFixelData(values.map((v) => v + i))] as const,
    );
    const { inputDirectory, subjectList } = writeCohort(at("large"), nLarge, files);
    const output = at("killed-cohort.h5");
    let finished = 0;
    for (let delayMs = 200; delayMs <= 1400; delayMs += 120) {
      const tokens = ["convert", "fixels", inputDirectory, subjectList, output, "-force", "-quiet"];
      const child = spawn(process.execPath, [builtCommand, ...tokens], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.on("exit", resolve));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill("SIGKILL");
      await ended;
      if (!fs.existsSync(output)) continue;
      finished++;
      expect((await run2(output, inputDirectory)).missing).toBeUndefined();
      fs.rmSync(output);
    }
    execFileSync(process.execPath, [builtCommand, "convert", "fixels", inputDirectory, subjectList, output, "-quiet"]);
    expect((await run2(output, inputDirectory)).sources).toHaveLength(30);
    // What the killed ones left was cleared away by those after them.
    expect(fs.readdirSync(directory).filter((name) => name.startsWith("killed-cohort.h5."))).toEqual([]);
    expect(finished).toBeLessThan(11);
  });
});

const run2 = async (input: string, folder: string) =>
  (
    await resolveFixelInput({
      ...{ input, subjects: "-", scalar: undefined, cache: "", memoryBytes: 2 ** 24, io: "auto", command: "" },
      template: folder,
    })
  ).open();

function flipBit(path: string, position: number): void {
  const fd = fs.openSync(path, "r+");
  const byte = new Uint8Array(1);
  fs.readSync(fd, byte, 0, 1, position);
  byte[0]! ^= 0x10;
  fs.writeSync(fd, byte, 0, 1, position);
  fs.closeSync(fd);
}

/** The only zlib stream of the file: from its header (78 5e) to the end of the file. */
function findChunk(path: string): { byteOffset: number; lengthBytes: number } {
  const bytes = fs.readFileSync(path);
  const byteOffset = [Buffer.from([0x78, 0x5e]), Buffer.from([0x78, 0x9c])]
    .map((header) => bytes.indexOf(header))
    .find((found) => found >= 0)!;
  return { byteOffset, lengthBytes: 120 };
}
