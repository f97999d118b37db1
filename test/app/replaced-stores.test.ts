// A store, an .h5 or a subject's file that is replaced while an analysis goes on: values of one and names of another never end up in one result.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ALL_COMMANDS, type CommandName, newRun } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { writeHdf5Of } from "../support/modelarray-file.js";
import { runCli } from "../support/run-cli.js";
import { fileOfSubject } from "../support/small-analysis.js";

/** A run of a store named by the user, `a.fxs`, with another of the same shape and other values beside it, `b.fxs`. */
async function newStoreRun(command: CommandName) {
  const run = newRun(command);
  const other = newRun(command, { value: (subject, element) => ((subject * 5 + element * 3) % 7) / 4 });
  const from = (source: typeof run, output: string) => source.convertLine(run.at(output));
  for (const tokens of [from(run, "a.fxs"), from(other, "b.fxs")])
    expect((await runInProcess(tokens)).stderr, tokens.join(" ")).toBe("");
  const swap = () => {
    fs.renameSync(run.at("a.fxs"), run.at("old.fxs"));
    fs.renameSync(run.at("b.fxs"), run.at("a.fxs"));
  };
  const options = run.ofStore(run.at("a.fxs"));
  return { run, swap, options, from: () => from(other, "a.fxs") };
}

describe.each(ALL_COMMANDS)("%s of a store", (command) => {
  it("that is replaced after its manifest was read is refused", async () => {
    const { run, swap, options } = await newStoreRun(command);
    await expect(run.infer(options, { onFacts: swap })).rejects.toThrow(
      /^Cannot use .*a\.fxs: expected the store that was there when the run began, got another one, put there meanwhile\. Run the command again\.$/,
    );
    expect(fs.existsSync(run.at("out", "run.json"))).toBe(false);
  });

  it("that is replaced before its data are opened is refused", async () => {
    const { run, swap, options } = await newStoreRun(command);
    await expect(run.infer(options, { onPlan: swap })).rejects.toThrow(
      /^Cannot read .*a\.fxs.*\.f32: expected the file that was there when the run began, got another one, put there meanwhile\. Run the command again\.$/,
    );
  });

  it("marks it as used while it goes on: who replaces it keeps the old one until then", async () => {
    const { run, options, from } = await newStoreRun(command);
    const marks = () => fs.readdirSync(run.at()).filter((name) => name.startsWith("a.fxs.used-"));
    const asides = () => fs.readdirSync(run.at()).filter((name) => name.startsWith("a.fxs.replaced-"));
    await run.infer(options);
    const before = run.result("run.json") && run.record.runPlan.hash;
    let replaced: unknown;
    let seen = 0;
    await run.infer(
      { ...options, force: true },
      {
        onProgress(phase, share) {
          if (phase !== "observe" || share < 1 || replaced !== undefined) return;
          seen = marks().length;
          replaced = runCli([...from(), "-force"], run.at());
          expect(asides()).toHaveLength(1);
        },
      },
    );
    expect(seen).toBe(1);
    expect(replaced).toMatchObject({ status: 0, stderr: "" });
    expect(run.record.runPlan.hash).toBe(before);
    expect(marks()).toEqual([]);
    // and the next conversion takes it away
    expect(await runInProcess([...from(), "-force"])).toMatchObject({ status: 0 });
    expect(asides()).toEqual([]);
  });
});

it("a scalar that is added to the store meanwhile changes nothing of the others", async () => {
  const { run, options } = await newStoreRun("fixelcfestats");
  const adding = [
    "convert",
    "fixels",
    run.at("fd"),
    run.at("subjects.txt"),
    run.at("a.fxs"),
    "--scalar",
    "FC",
    "-quiet",
  ];
  const before = fs.statSync(run.at("a.fxs", "store.json")).ino;
  await run.infer(options, {
    onFacts() {
      const { status, stderr } = runCli(adding, run.at());
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    },
  });
  expect(fs.statSync(run.at("a.fxs", "store.json")).ino).not.toBe(before);
  expect(run.results()).toContain("run.json");
});

it.each(["fixelcfestats", "vectorstats", "mrclusterstats"] as const)(
  "%s of an .h5 that is replaced before its data are opened is refused",
  async (command) => {
    const run = newRun(command);
    const other = newRun(command, { value: (subject, element) => ((subject * 5 + element * 3) % 7) / 4 });
    await writeHdf5Of(run, "a.h5");
    fs.copyFileSync((await writeHdf5Of(other, "b.h5"))!, run.at("b.h5"));
    const swap = () => fs.renameSync(run.at("b.h5"), run.at("a.h5"));
    for (const event of ["onFacts", "onPlan"] as const) {
      const running = run.infer(run.ofStore(run.at("a.h5")), { [event]: swap });
      await expect(running).rejects.toThrow(
        /^Cannot read .*a\.h5: expected the file that was there when the run began/,
      );
      fs.copyFileSync(run.at("a.h5"), run.at("b.h5"));
    }
  },
);

describe("a file that is changed after it was looked for in the cache", () => {
  const CHANGED =
    /: expected files as they were when the run began, got others, changed meanwhile\. Make sure that nothing writes to the(m| inputs), and run the command again\.$/;

  it("is not kept under the name of what it was: subjects", async () => {
    const run = newRun("fixelcfestats");
    const file = run.at("fd", fileOfSubject(2));
    const change = () => fs.writeFileSync(file, rawFixelData(new Float32Array(24).fill(3)));
    await expect(run.infer({}, { onFacts: change })).rejects.toThrow(CHANGED);
    const kept = fs.existsSync(run.at(".fixelstream")) ? fs.readdirSync(run.at(".fixelstream")) : [];
    expect(kept.filter((name) => name.endsWith(".fxs"))).toEqual([]);
    await run.infer();
  });

  it("the matrix", async () => {
    const run = newRun("fixelcfestats");
    const file = run.at("matrix", "values.mif");
    const change = () => fs.utimesSync(file, new Date(), new Date(Date.now() + 5000));
    let changed = false;
    const onProgress = (phase: string) => {
      if (phase !== "connectivity" || changed) return;
      changed = true;
      change();
    };
    await expect(run.infer({}, { onProgress })).rejects.toThrow(CHANGED);
    expect(fs.readdirSync(run.at(".fixelstream")).filter((name) => name.endsWith(".fxc"))).toEqual([]);
    await run.infer();
  });
});

it("files of a store may be links of the user's", async () => {
  const { run, options } = await newStoreRun("fixelcfestats");
  fs.renameSync(run.at("a.fxs", "FD.f32"), run.at("elsewhere.f32"));
  fs.symlinkSync(path.join("..", "elsewhere.f32"), run.at("a.fxs", "FD.f32"));
  await run.infer(options);
  expect(run.results()).toContain("run.json");
});
