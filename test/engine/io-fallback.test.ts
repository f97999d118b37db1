// Files that should be mapped and are read by position: said once a reason, whichever file, thread or pass meets it first.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { makeEngineProblem, runEngine } from "../support/engine-problems.js";
import { runCli } from "../support/run-cli.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const libc = vi.hoisted(() => ({ reasons: [] as string[] }));
vi.mock("../../src/mapping/libc.js", () => ({
  // the last reason stays
  loadLibc: () => ({ reason: libc.reasons.length > 1 ? libc.reasons.shift() : libc.reasons[0] }),
}));

const root = temporaryDirectory();

/** What a run in this thread says. */
async function messagesOf(inputs: EngineInputs, reasons: readonly string[]): Promise<string[]> {
  libc.reasons = [...reasons];
  const messages: string[] = [];
  await runEngine({ ...inputs, onFallback: (message) => messages.push(message) });
  return messages;
}

const said = (reason: string, path: string) =>
  `Files are read by position instead of being mapped: ${reason}; first ${path}.`;

describe("in one thread", () => {
  const problem = makeEngineProblem(join(root, "one"), {
    ...{ nSubjects: 12, nElements: 200, nShuffles: 300, enhancement: "cfe", nColumns: 1 },
  });

  it("says one reason once, over data, columns, connectivity and all passes", async () => {
    const inputs = await problem;
    expect(await messagesOf(inputs, ["no koffi"])).toEqual([said("no koffi", inputs.source.path)]);
  });

  it("says every reason, with the file that met it first", async () => {
    const inputs = await problem;
    expect(await messagesOf(inputs, ["no koffi", "error 19", "no koffi", "error 19"])).toEqual([
      said("no koffi", inputs.source.path),
      said("error 19", inputs.columnSources![0]!.path),
    ]);
  });

  it("says it of the connectivity alone, where the data are the user's own", async () => {
    const { source, enhancement, ...inputs } = await makeEngineProblem(join(root, "own"), {
      ...{ nSubjects: 12, nElements: 200, nShuffles: 40, enhancement: "cfe" },
    });
    const path = enhancement.kind === "cfe" ? enhancement.connectivity.path : "";
    const theirs = { ...inputs, enhancement, source: { ...source, ours: false } };
    expect(await messagesOf(theirs, ["no koffi"])).toEqual([said("no koffi", join(path, "counts.u32"))]);
  });

  it("says nothing where nothing should be mapped", async () => {
    const inputs = await problem;
    const io = "read" as const;
    const reading: EngineInputs = {
      ...inputs,
      source: { ...inputs.source, io },
      columnSources: inputs.columnSources!.map((spec) => ({ ...spec, io })),
      enhancement:
        inputs.enhancement.kind === "cfe"
          ? { ...inputs.enhancement, connectivity: { ...inputs.enhancement.connectivity, io } }
          : inputs.enhancement,
    };
    expect(await messagesOf(reading, ["no koffi"])).toEqual([]);
  });
});

it("in three threads, none of which finds koffi, it is one warning of the whole run", () => {
  const input = makeSmallAnalysis(join(root, "threads"), { nFixels: 3000 });
  // run before anything else in every thread of the process
  const hook = join(root, "without-koffi.cjs");
  writeFileSync(
    hook,
    `const Module = require("node:module");
     const resolve = Module._resolveFilename;
     Module._resolveFilename = (name, ...rest) => {
       if (name === "koffi") throw new Error("Cannot find module 'koffi'");
       return resolve(name, ...rest);
     };`,
  );
  const tokens = ["fixelcfestats", ...input.positionals, "-nshuffles", "60", "-nthreads", "3"];
  const { status, stderr } = runCli(tokens, root, { NODE_OPTIONS: `--require ${hook}` });
  expect(status, stderr).toBe(0);
  const warnings = stderr.split("\n").filter((line) => line.includes("read by position"));
  const words = /koffi does not load: Cannot find module 'koffi'; first .*\.fxs\/FD\.f32\.$/;
  expect(warnings).toEqual([expect.stringMatching(words)]);
});
