// fixelfilter over files, directories and stores: what the oracle says, the same bits however it is run, and an output that can be used.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { openStore } from "../../src/store/open-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { bitsOf, layOutFilter } from "../support/filter-cases.js";
import { runInProcess } from "../support/in-process-cli.js";
import { runFilter } from "../support/open-fixelfilter.js";
import { connectOracle, smoothOracle } from "../support/oracle-smooth.js";
import { readSmallImage } from "../support/peer.js";

const inputs = layOutFilter(31);
const { directory, names, nFixels, matrix, places, mask } = inputs;
const at = (...parts: string[]) => path.join(directory, ...parts);
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
const given = { input: at("fd"), matrix: at("matrix") };
let made = 0;
const fresh = (ending = "") => at(`out${made++}${ending}`);
const image = (...parts: string[]) => readSmallImage(path.join(...parts)).values;
const smoothed = (
  name: string,
  options: { fwhm?: number; minweight?: number; masked?: boolean; isDev?: boolean } = {},
) =>
  smoothOracle({
    ...{ values: inputs.valuesOf(name), places, matrix, fwhm: 10, minweight: 0.01, ...options },
    mask: options.masked ? mask : undefined,
  });
const leftBeside = (output: string) =>
  fs.readdirSync(path.dirname(output)).filter((name) => /partial|lock|used-|\.results|publishing|replaced/.test(name));

/** [subject][fixel] of a store. */
function valuesOfStore(store: string, nSubjects: number): Float32Array[] {
  const { blockWidth } = openStore(store, { io: "read" });
  const file = fs.readdirSync(store).find((name) => name.endsWith(".f32"))!;
  const bytes = fs.readFileSync(path.join(store, file));
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return Array.from({ length: nSubjects }, (_, subject) =>
    Float32Array.from({ length: nFixels }, (_, fixel) => {
      const [block, within] = [Math.floor(fixel / blockWidth), fixel % blockWidth];
      return all[(block * nSubjects + subject) * blockWidth + within]!;
    }),
  );
}

describe("smooth of a directory", () => {
  it.each<[string, { fwhm?: number; minweight?: number; masked?: boolean; isDev?: boolean }]>([
    ["by default", {}],
    ["narrow", { fwhm: 4, minweight: 0.001 }],
    ["everything counts", { fwhm: 30, minweight: 0 }],
    ["nothing counts", { minweight: 3 }],
    ["of width 0", { fwhm: 0 }],
    ["inside a mask", { masked: true }],
    ["like the development version", { isDev: true }],
    ["like that inside a mask", { isDev: true, masked: true }],
  ])("%s: bit for bit what the oracle says, and counted", async (_, options) => {
    const output = fresh();
    const { masked, isDev, ...widths } = options;
    const summary = await runFilter({
      ...given,
      ...{ filter: "smooth", output, ...widths },
      ...(masked ? { mask: at("mask.mif") } : {}),
      like: isDev ? "dev" : "3.0",
    });
    let [nFilledIn, nNotFinite] = [0, 0];
    for (const name of names) {
      const stated = smoothed(name, options);
      expect([name, bitsOf(image(output, name))]).toEqual([name, bitsOf(stated)]);
      const before = inputs.valuesOf(name);
      for (const [fixel, value] of stated.entries()) {
        if (!Number.isFinite(value)) nNotFinite++;
        else if (!Number.isFinite(Math.fround(before[fixel]!))) nFilledIn++;
      }
      expect(readSmallImage(path.join(output, name)).keys["datatype"]).toBe("Float32LE");
    }
    const nOutside = masked ? mask.filter((value) => value === 0).length : 0;
    const nUnconnected = matrix.rows.filter((row) => row.length === 0).length;
    expect(summary).toMatchObject({ nFiltered: names.length, nFixels, nFilledIn, nNotFinite, nOutside, nUnconnected });
    for (const name of ["index.mif", "directions.mif"])
      expect(fs.readFileSync(path.join(output, name))).toEqual(fs.readFileSync(at("fd", name)));
    expect(fs.readdirSync(output).sort()).toEqual(["directions.mif", "index.mif", ...names].sort());
    expect(leftBeside(output)).toEqual([]);
  });

  it("gives the same bits for any number of threads, memory, kernels, and to each file alone", async () => {
    const stated = names.map((name) => bitsOf(smoothed(name)));
    const least = await runFilter({ ...given, filter: "smooth", output: fresh(), memoryBytes: 1 }).catch(
      (error) => error,
    );
    expect(least._tag).toBe("BudgetError");
    for (const more of [
      { nThreads: 1 },
      { nThreads: 3 },
      { kernels: "reference" as const, nThreads: 0 },
      { memoryBytes: least.neededBytes, nThreads: 0 },
    ]) {
      const output = fresh();
      const summary = await runFilter({ ...given, filter: "smooth", output, ...more });
      expect(summary.groupSize).toBe("memoryBytes" in more ? 3 : 5);
      expect(summary.heldBytes).toBeLessThanOrEqual(more.memoryBytes ?? 2 ** 28);
      expect(names.map((name) => bitsOf(image(output, name)))).toEqual(stated);
    }
    for (const [i, name] of names.entries()) {
      const output = fresh(".mif");
      await runFilter({ ...given, input: at("fd", name), filter: "smooth", output });
      expect(bitsOf(image(output))).toEqual(stated[i]);
    }
  });

  it("reads and writes compressed files, NIfTI and float64, and names what it leaves out", async () => {
    const input = fresh();
    fs.cpSync(at("fd"), input, { recursive: true });
    fs.rmSync(path.join(input, "whole.mif"));
    fs.writeFileSync(path.join(input, "packed.mif.gz"), gzipSync(fs.readFileSync(at("fd", "plain.mif"))));
    fs.copyFileSync(path.join(input, "directions.mif"), path.join(input, "vectors.mif"));
    fs.copyFileSync(at("fd", "index.mif"), path.join(input, "grid.mif"));
    fs.writeFileSync(path.join(input, "notes.txt"), "none\n");
    fs.mkdirSync(path.join(input, "more"));
    const output = fresh();
    const summary = await runFilter({ ...given, input, filter: "smooth", output });
    expect(summary.left).toEqual([
      "grid.mif (not fixel data)",
      "more (a directory)",
      "notes.txt (not an image)",
      "vectors.mif (3 columns)",
    ]);
    expect(bitsOf(image(output, "packed.mif.gz"))).toEqual(bitsOf(smoothed("plain.mif")));
    const nifti = fresh(".nii.gz");
    await runFilter({ ...given, input: path.join(input, "packed.mif.gz"), filter: "smooth", output: nifti });
    const again = fresh(".mif");
    await runFilter({
      ...given,
      filter: "smooth",
      minweight: 3,
      like: "dev",
      input: path.join(input, "plain.mif"),
      output: again,
    });
    expect(bitsOf(image(again))).toEqual(bitsOf(image(input, "plain.mif")));
    expect(fs.statSync(nifti).size).toBeGreaterThan(500);
  });

  it("carries the header of each file, and says in it what was done", async () => {
    const output = fresh();
    await runFilter({ ...given, filter: "smooth", fwhm: 5, mask: at("mask.mif"), output, command: "fixelstream a\nb" });
    const { keys } = readSmallImage(path.join(output, "plain.mif"));
    expect(keys).toMatchObject({
      nfixels: String(nFixels),
      fixelstream_filter: "smooth fwhm=5 minweight=0.01 masked",
      command_history: "fixelstream a b",
    });
  });

  it("warns of fixels without connections, and does not when there are none", async () => {
    const { warnings, nUnconnected } = await runFilter({ ...given, filter: "smooth", output: fresh() });
    expect(nUnconnected).toBeGreaterThan(0);
    expect(warnings).toEqual([
      {
        tag: "fixels-without-connections",
        message: `${nUnconnected} of ${nFixels} fixels have no connection in ${given.matrix}: their values are copied as they are. Few are usual; many mean another tractogram, or too high a threshold of fixelconnectivity.`,
      },
    ]);
  });

  it("replaces with -force what it wrote, and nothing else", async () => {
    const output = fresh();
    await runFilter({ ...given, filter: "smooth", output });
    await expect(runFilter({ ...given, filter: "smooth", output })).rejects.toThrow(/5 of 5 images exist already/);
    await runFilter({ ...given, filter: "smooth", fwhm: 4, output, force: true });
    expect(bitsOf(image(output, "plain.mif"))).toEqual(bitsOf(smoothed("plain.mif", { fwhm: 4 })));
    fs.copyFileSync(at("fd", "plain.mif"), path.join(output, "plain.mif"));
    await expect(runFilter({ ...given, filter: "smooth", output, force: true })).rejects.toThrow(
      /expected plain.mif to be an image that fixelstream fixelfilter wrote, got another file/,
    );
    expect(leftBeside(path.join(output, "x"))).toEqual([]);
  });
});

describe("connect", () => {
  it.each([
    [0.5, 0.1],
    [0.2, 0.5],
    [-1, 0],
    [2, 0.9],
  ])("of at least %f over connections of at least %f", async (thresholdValue, thresholdConnectivity) => {
    for (const memoryBytes of [2 ** 28, undefined]) {
      const output = fresh();
      const options = { ...given, filter: "connect" as const, output, thresholdValue, thresholdConnectivity };
      const { neededBytes } = await runFilter({ ...options, memoryBytes: 1 }).catch((error) => error);
      const { clusters } = await runFilter({ ...options, memoryBytes: memoryBytes ?? neededBytes });
      for (const [i, name] of names.entries()) {
        const leasts = { leastValue: thresholdValue, leastConnectivity: thresholdConnectivity };
        const stated = connectOracle({ values: inputs.valuesOf(name), matrix, ...leasts });
        expect([...image(output, name)]).toEqual(stated);
        const sizes = Array.from(
          { length: Math.max(...stated) },
          (_, k) => stated.filter((label) => label === k + 1).length,
        );
        expect(clusters[i]).toEqual(sizes);
      }
    }
  });

  it("has a mask in the development version, and says that it is not used else", async () => {
    const [plain, dev] = [fresh(".mif"), fresh(".mif")];
    const options = { ...given, input: at("fd", "plain.mif"), filter: "connect" as const, mask: at("mask.mif") };
    const { warnings } = await runFilter({ ...options, output: plain });
    expect(warnings[0]).toEqual({
      tag: "ignored-option",
      message: `-mask ${at("mask.mif")} is not used: connect of MRtrix3 3.0 has none, and warns as well. Give --like dev for the mask of its development version.`,
    });
    await runFilter({ ...options, output: dev, like: "dev" });
    const values = inputs.valuesOf("plain.mif");
    const rows = matrix.rows.map((row, i) => (mask[i] === 0 ? [] : row.filter(([j]) => mask[j] !== 0)));
    const leasts = { leastValue: 0.5, leastConnectivity: 0.1 };
    expect([...image(plain)]).toEqual(connectOracle({ values, matrix, ...leasts }));
    expect([...image(dev)]).toEqual(connectOracle({ values, matrix: { rows }, ...leasts }));
  });
});

describe("a store", () => {
  const list = at("subjects.txt");
  fs.writeFileSync(list, names.join("\n"));
  const cohort = at("cohort.fxs");
  const convert = () =>
    convertFixels({ inputDirectory: at("fd"), subjectList: list, output: cohort, scalar: "afd", command: "" });

  it("becomes a store of the same subjects, scalar and template, whatever the groups", async () => {
    await convert();
    const least = await runFilter({
      ...given,
      input: cohort,
      filter: "smooth",
      output: fresh(".fxs"),
      memoryBytes: 1,
    }).catch((error) => error);
    for (const more of [{}, { nThreads: 2 }, { memoryBytes: least.neededBytes }]) {
      const output = fresh(".fxs");
      const summary = await runFilter({ ...given, input: cohort, filter: "smooth", output, ...more });
      expect(summary).toMatchObject({ isStore: true, nFiltered: 5, nResumed: 0 });
      const store = openStore(output, { io: "read" });
      expect([store.scalarNames, store.subjectNames("afd")]).toEqual([["afd"], names]);
      expect(fs.readFileSync(store.template!.indexPath)).toEqual(fs.readFileSync(at("fd", "index.mif")));
      expect(valuesOfStore(output, names.length).map(bitsOf)).toEqual(names.map((name) => bitsOf(smoothed(name))));
      expect(verifyStore(output)).toMatchObject({ damagedBlocks: [], damagedFiles: [], fileProblems: [] });
      expect(leftBeside(output)).toEqual([]);
    }
  });

  it("of float64 is rounded first, as the peer reads it", async () => {
    expect(openStore(cohort, { io: "read" }).spec("afd").elementType).toBe("f64");
  });

  it("can be clustered, and analysed when it was smoothed", async () => {
    const clusters = fresh(".fxs");
    await runFilter({ ...given, input: cohort, filter: "connect", output: clusters });
    const leasts = { leastValue: 0.5, leastConnectivity: 0.1 };
    const stated = names.map((name) => connectOracle({ values: inputs.valuesOf(name), matrix, ...leasts }));
    expect(valuesOfStore(clusters, names.length).map((labels) => [...labels])).toEqual(stated);
    const smooth = fresh(".fxs");
    await runFilter({ ...given, input: cohort, filter: "smooth", output: smooth, mask: at("mask.mif") });
    fs.writeFileSync(at("design.txt"), "1\n1\n1\n1\n1\n");
    fs.writeFileSync(at("contrast.txt"), "1\n");
    const positionals = [smooth, "-", at("design.txt"), at("contrast.txt"), at("matrix"), fresh()];
    const { status, stderr } = await runInProcess([
      "fixelcfestats",
      ...positionals,
      "-mask",
      at("mask.mif"),
      "-errors",
      "ise",
      "-nthreads",
      "0",
      "-quiet",
    ]);
    expect([status, stderr.includes("error")]).toEqual([0, false]);
  });

  it("is continued where a killed run of the same command stopped, and begun anew by another", async () => {
    const output = fresh(".fxs");
    const options = { ...given, input: cohort, filter: "smooth" as const, output };
    const { neededBytes } = await runFilter({ ...options, memoryBytes: 1 }).catch((error) => error);
    const stopAfterOne = {
      memoryBytes: neededBytes,
      onProgress: (_: string, share: number) => {
        if (share > 0.7) throw new Error("stopped");
      },
    };
    await expect(runFilter({ ...options, ...stopAfterOne })).rejects.toThrow("stopped");
    expect(fs.existsSync(output)).toBe(false);
    await expect(runFilter({ ...options, fwhm: 4, ...stopAfterOne })).rejects.toThrow("stopped");
    const other = await runFilter({ ...options, memoryBytes: neededBytes });
    expect(other.nResumed).toBe(0);
    fs.rmSync(output, { recursive: true });
    await expect(runFilter({ ...options, ...stopAfterOne })).rejects.toThrow("stopped");
    const summary = await runFilter({ ...options, memoryBytes: neededBytes });
    expect(summary.nResumed).toBe(3);
    expect(valuesOfStore(output, names.length).map(bitsOf)).toEqual(names.map((name) => bitsOf(smoothed(name))));
    expect(leftBeside(output)).toEqual([]);
  });

  it("that is damaged is refused while it is read, and nothing is left", async () => {
    const damaged = fresh(".fxs");
    fs.cpSync(cohort, damaged, { recursive: true });
    const file = path.join(damaged, "afd.f64");
    const bytes = fs.readFileSync(file);
    bytes[100]! ^= 1;
    fs.writeFileSync(file, bytes);
    const output = fresh(".fxs");
    await expect(runFilter({ ...given, input: damaged, filter: "smooth", output })).rejects.toThrow(
      /The store is damaged/,
    );
    expect(fs.existsSync(output)).toBe(false);
  });
});

describe("a cohort in an .h5", () => {
  const list = at("names.txt");
  const convertTo = async (output: string) => {
    fs.writeFileSync(list, `${names.join("\n")}\n`);
    const command = "fixelstream convert fixels ..";
    await convertFixels({ inputDirectory: at("fd"), subjectList: list, output, scalar: "afd", command });
    return output;
  };

  it("becomes the store that a store of it becomes, to the bit, in groups too", async () => {
    const store = fresh(".fxs");
    await runFilter({ ...given, input: await convertTo(fresh(".fxs")), filter: "smooth", output: store });
    const input = await convertTo(fresh(".h5"));
    const smooths = { ...given, input, filter: "smooth", template: at("fd") } as const;
    const least = await runFilter({ ...smooths, output: fresh(".fxs"), memoryBytes: 1 }).catch((error) => error);
    for (const memoryBytes of [2 ** 28, least.neededBytes]) {
      const output = fresh(".fxs");
      const summary = await runFilter({ ...smooths, output, memoryBytes });
      expect(summary).toMatchObject({ isStore: true, nFiltered: names.length, nFixels });
      const made = openStore(output, { io: "read" });
      expect([made.scalarNames, made.subjectNames("afd")]).toEqual([["afd"], names]);
      expect(valuesOfStore(output, names.length).map(bitsOf)).toEqual(valuesOfStore(store, names.length).map(bitsOf));
      expect(verifyStore(output)).toMatchObject({ damagedBlocks: [], damagedFiles: [], fileProblems: [] });
      expect(leftBeside(output).filter((name) => name.startsWith(path.basename(output)))).toEqual([]);
    }
  });

  it("needs places for distances, and a store to write to", async () => {
    const input = await convertTo(fresh(".h5"));
    await expect(
      runFilter({ ...given, input, filter: "smooth", output: fresh(".h5"), template: at("fd") }),
    ).rejects.toThrow(
      /^Cannot write .*\.h5: expected the name of a store such as smooth\.fxs, as the input is a cohort in an \.h5, got that of a file\. Correct the name\.$/,
    );
    await expect(runFilter({ ...given, input, filter: "smooth", output: fresh(".fxs"), scalar: "fc" })).rejects.toThrow(
      /fc/,
    );
  });
});
