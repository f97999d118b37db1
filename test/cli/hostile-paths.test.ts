// Names and places of files that nobody chooses on purpose: they work, or are refused with a sentence. Inputs are never written to.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { listing, newAnalysis, write } from "../support/expect-refusal.js";
import { runWithReport } from "../support/in-process-cli.js";
import { makeTemporaryDirectory, readSmallImage } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import { makeSmallAnalysis, type SmallAnalysis } from "../support/small-analysis.js";

const QUICK = ["-nshuffles", "20", "-nthreads", "0", "-quiet", "--seed", "1"];
const run = (input: SmallAnalysis) => runWithReport(["fixelcfestats", ...input.positionals, ...QUICK]);
const DONE = { status: 0, stdout: "", stderr: "" };

describe("paths", () => {
  const awkward = [
    ["with blanks and quotes", 'a study\'s "first" try'],
    ["in other scripts", "Ünïcode 脳 мозг 🧠"],
    ["of 255 bytes", "x".repeat(255)],
    ["that look like options", "-force"],
    ["that look like formats", "cohort.h5.mif"],
  ] as const;
  it.each(awkward)("%s, of folders and of subjects", async (_what, name) => {
    const parent = makeTemporaryDirectory();
    const input = makeSmallAnalysis(path.join(parent, name));
    const subject = `${name.slice(0, 251)}.mif`;
    fs.renameSync(input.at("fd", "sub-2.mif"), input.at("fd", subject));
    write(input, "subjects.txt", fs.readFileSync(input.at("subjects.txt"), "utf8").replace("sub-2.mif", subject));
    expect(await run(input)).toEqual(DONE);
    const record = JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8"));
    expect(record.inputs.subjects[1].name).toBe(subject);
    // the same through a store
    const store = input.at("cohort.fxs");
    expect(await runWithReport(["convert", "fixels", ...input.positionals.slice(0, 2), store, "-quiet"])).toEqual(DONE);
    const tokens = [store, input.at("subjects.txt"), ...input.positionals.slice(2, 5), input.at("from store")];
    expect(await runWithReport(["fixelcfestats", ...tokens, ...QUICK])).toEqual(DONE);
    expect(readSmallImage(input.at("from store", "cfe.mif")).values).toEqual(
      readSmallImage(input.at("out", "cfe.mif")).values,
    );
  });
  it("through a file, and too long to exist, are nothing of that name", async () => {
    const input = newAnalysis();
    for (const bad of [input.at("design.txt", "fd"), input.at("y".repeat(256))]) {
      for (const position of [0, 1, 2, 3, 4]) {
        const tokens = input.positionals.with(position, bad);
        const { status, stderr } = await runWithReport(["fixelcfestats", ...tokens, ...QUICK]);
        expect({ position, status }).toEqual({ position, status: 1 });
        expect(stderr).toMatch(/^fixelstream: error: Cannot (use|read) .*: expected .*, got .*\. .*\n$/);
      }
      const { status, stderr } = await runWithReport(["fixelcfestats", ...input.positionals, "-mask", bad, ...QUICK]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^fixelstream: error: Cannot .*: expected .*, got .*\. .*\n$/);
    }
  });
  it("of a store too long to be written", async () => {
    const input = newAnalysis();
    const before = listing(input.root);
    const store = input.at(`${"z".repeat(251)}.fxs`);
    const { status, stderr } = await runWithReport([
      "convert",
      "fixels",
      ...input.positionals.slice(0, 2),
      store,
      "-quiet",
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^fixelstream: error: Cannot write .*z\.fxs: .*\n$/);
    expect(listing(input.root)).toEqual(before);
  });
  it.each([
    [
      "an .h5",
      (input: SmallAnalysis, long: string) => ["convert", "fixels", ...input.positionals.slice(0, 2), `${long}.h5`],
    ],
    [
      "an .h5, replaced",
      (input: SmallAnalysis, long: string) => [
        "convert",
        "fixels",
        ...input.positionals.slice(0, 2),
        `${long}.h5`,
        "-force",
      ],
    ],
    [
      "results",
      (input: SmallAnalysis, long: string) => ["fixelcfestats", ...input.positionals.with(5, long), ...QUICK],
    ],
    ["the demo", (_: SmallAnalysis, long: string) => ["demo", long]],
    [
      "a cache",
      (input: SmallAnalysis, long: string) => ["fixelcfestats", ...input.positionals, "--cache", long, ...QUICK],
    ],
  ])("of %s too long to be written", async (_, tokensOf) => {
    const input = newAnalysis();
    const before = listing(input.root);
    const { status, stderr } = await runWithReport([...tokensOf(input, input.at("z".repeat(256))), "-quiet"]);
    expect(stderr).toMatch(/^fixelstream: error: Cannot (write|put|keep) .*z.*: .*\n$/);
    expect(status).toBe(1);
    expect(listing(input.root)).toEqual(before);
  });
});

describe("inputs are never written to", () => {
  const stateOf = (directory: string) =>
    [".", ...listing(directory)].map((name) => {
      const { mtimeMs, size } = fs.statSync(path.join(directory, name));
      return [name, mtimeMs, size];
    });
  it("whatever is read", async () => {
    const input = newAnalysis();
    const outputs = makeTemporaryDirectory();
    const before = stateOf(input.root);
    const six = input.positionals.with(5, path.join(outputs, "out"));
    expect(await runWithReport(["fixelcfestats", ...six, ...QUICK])).toEqual(DONE);
    const store = path.join(outputs, "cohort.fxs");
    expect(await runWithReport(["convert", "fixels", ...six.slice(0, 2), store, "-quiet"])).toEqual(DONE);
    expect(stateOf(input.root)).toEqual(before);
    const stored = stateOf(store);
    const through = [store, "-", ...six.slice(2, 5), path.join(outputs, "through")];
    expect(await runWithReport(["fixelcfestats", ...through, ...QUICK])).toEqual(DONE);
    expect((await runWithReport(["verify", store, "-quiet"])).status).toBe(0);
    expect(stateOf(store)).toEqual(stored);
  });

  const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"';
  const unshared = (script: string, ...tokens: string[]) =>
    spawnSync("unshare", ["--mount", "--map-root-user", "bash", "-c", script, ...tokens], { encoding: "utf8" });
  const canMount = unshared(`${mount} && ! touch "$0/probe" 2>/dev/null`, makeTemporaryDirectory()).status === 0;
  it.skipIf(!canMount)("and may lie on a read-only disk", () => {
    const input = newAnalysis();
    const outputs = makeTemporaryDirectory();
    const six = input.positionals.with(5, path.join(outputs, "out"));
    const { status, stderr } = unshared(
      `${mount} && exec "$@"`,
      ...[input.root, process.execPath, builtCommand, "fixelcfestats", ...six, ...QUICK],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(fs.existsSync(path.join(outputs, "out", "cfe.mif"))).toBe(true);
    // and an output there is refused before anything is done
    const refused = unshared(
      `${mount} && exec "$@"`,
      ...[input.root, process.execPath, builtCommand, "fixelcfestats", ...input.positionals, ...QUICK],
    );
    expect(input.relative(refused.stderr)).toBe(
      "fixelstream: error: Cannot write results to out: expected a directory that can be written, got a read-only file system. Choose another directory for the results.\n",
    );
    expect(refused.status).toBe(1);
  });
});
