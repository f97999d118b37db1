// The shards of a run, merged, are the run that was never divided, to the last byte of every file; whatever is missing, doubled, foreign or damaged is named,
// with the command that makes it.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readStatus } from "../../src/app/shards/status.js";
import { Interrupted } from "../../src/errors.js";
import { ALL_COMMANDS, type CommandName, type EitherRun, newRun, writeColumnFor } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeLabels } from "../support/long-analysis.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const QUICK = ["--seed", "1", "-nthreads", "0", "-quiet"];

interface Divided {
  readonly run: EitherRun;
  /** As the user names it. */
  readonly output: string;
  readonly folder: string;
  line(...tokens: string[]): readonly string[];
  shard(i: number, of: number, ...tokens: string[]): ReturnType<typeof runInProcess>;
  merge(...tokens: string[]): ReturnType<typeof runInProcess>;
  file(name: string): string;
}

function divide(command: CommandName, options: readonly string[] = [], run = newRun(command)): Divided {
  const isFixels = command === "fixelcfestats";
  const output = isFixels ? run.at("out") : `${run.at("out")}/x_`;
  const folder = isFixels ? path.join(output, ".shards") : `${output}.shards`;
  const paths = {
    fixelcfestats: ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix"],
    vectorstats: ["values.npy", "design.txt", "contrast.txt"],
    mrclusterstats: ["images.txt", "design.txt", "contrast.txt", "all.mif"],
    connectomestats: ["connectomes.txt", "tfnbs", "design.txt", "contrast.txt"],
  }[command].map((name) => (name === "tfnbs" ? name : run.at(name)));
  const cache = ["--cache", run.at(".fixelstream")];
  const mask = command === "connectomestats" ? ["-mask", run.at("edges.csv")] : [];
  const line = (...tokens: string[]) => [command, ...paths, output, ...mask, ...options, ...QUICK, ...cache, ...tokens];
  return {
    ...{ run, output, folder, line },
    shard: (i, of, ...tokens) => runInProcess(line("--shard", `${i}/${of}`, ...tokens)),
    merge: (...tokens) => runInProcess(["merge", output, "-nthreads", "0", "-quiet", ...tokens]),
    file: (name) => path.join(folder, name),
  };
}

const DONE = { status: 0, stdout: "", stderr: "" };
const isWarned = ({ status, stderr }: { status: number; stderr: string }) =>
  status === 0 && stderr.split("\n").every((text) => text === "" || text.startsWith("fixelstream: warning: "));

function bytesOf(run: EitherRun): Record<string, string> {
  const names = run.results().filter((name) => !/^(run\.json|\.shards)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, run.result(name).toString("latin1")]));
}

function clearResults(run: EitherRun): void {
  for (const name of fs.readdirSync(run.at("out"))) fs.rmSync(run.at("out", name), { recursive: true });
}

type Case = [name: string, nShards: number, options: (run: EitherRun) => string[], nSubjects?: number];
const groups = (run: EitherRun) => {
  writeLabels(run.at(), "groups.txt", 8, (i) => i % 2);
  return ["-variance", run.at("groups.txt"), "-nshuffles", "60"];
};
const CASES: Case[] = [
  ["5 shards", 5, () => ["-nshuffles", "301"]],
  ["one shard", 1, () => ["-nshuffles", "40"]],
  ["more shards than shuffles", 7, () => ["-nshuffles", "4"]],
  ["every shuffle there is", 3, () => ["-nshuffles", "1000", "-errors", "ise"]],
  [
    "-strong, two tests and an F-test",
    3,
    (run) => {
      fs.writeFileSync(run.at("contrast.txt"), "0 -1\n1 0\n");
      fs.writeFileSync(run.at("ftests.txt"), "1 1\n");
      return ["-nshuffles", "50", "-strong", "-ftests", run.at("ftests.txt"), "-errors", "both"];
    },
  ],
  ["variance groups", 2, groups],
  [
    "an element-wise column",
    3,
    (run) => {
      fs.writeFileSync(run.at("contrast.txt"), "0 -1 0\n");
      return ["-column", writeColumnFor(run), "-nshuffles", "60"];
    },
  ],
  [
    "a list of permutations without the unshuffled data",
    2,
    (run) => {
      const lists = Array.from({ length: 9 }, (_, s) => Array.from({ length: 8 }, (__, i) => (i + s * 3 + 1) % 8));
      fs.writeFileSync(
        run.at("p.txt"),
        Array.from({ length: 8 }, (_, i) => lists.map((list) => list[i]).join(" ")).join("\n"),
      );
      return ["-permutations", run.at("p.txt")];
    },
  ],
];

const nonStationarity: Case = [
  "-nonstationarity",
  3,
  () => ["-nshuffles", "40", "-nonstationarity", "-nshuffles_nonstationarity", "30"],
];
/** What not every command has. */
const MORE: Record<CommandName, Case[]> = {
  fixelcfestats: [
    ["--uncorrected-shuffles", 4, () => ["-nshuffles", "300", "--uncorrected-shuffles", "90"]],
    nonStationarity,
    ["-cfe_legacy, signs", 2, () => ["-nshuffles", "40", "-cfe_legacy", "-errors", "ise"]],
  ],
  vectorstats: [],
  connectomestats: [nonStationarity, ["--tfce-exact", 3, () => ["-nshuffles", "60", "--tfce-exact"]]],
  mrclusterstats: [
    nonStationarity,
    ["sizes of clusters", 3, () => ["-nshuffles", "60", "-threshold", "1.2"]],
    ["26 neighbours", 2, () => ["-nshuffles", "60", "-connectivity"]],
    [
      "F-tests alone",
      3,
      (run) => {
        fs.writeFileSync(run.at("contrast.txt"), "0 -1\n1 0\n");
        fs.writeFileSync(run.at("ftests.txt"), "1 1\n");
        return ["-nshuffles", "60", "-ftests", run.at("ftests.txt"), "-fonly"];
      },
    ],
  ],
};

describe.each(ALL_COMMANDS)("%s", (command) => {
  const cases: Case[] = [...CASES, ...MORE[command]];
  it.each(cases)("%s", async (_, nShards, optionsOf) => {
    const run = newRun(command);
    const divided = divide(command, optionsOf(run), run);
    expect(await runInProcess(divided.line())).toSatisfy(isWarned);
    const expected = bytesOf(run);
    const { record: undivided } = run;
    clearResults(run);
    for (let i = nShards; i >= 1; i--) expect(await divided.shard(i, nShards)).toSatisfy(isWarned);
    expect(fs.readdirSync(divided.folder).sort()).toEqual(
      Array.from({ length: nShards }, (__, i) => `${i + 1}-of-${nShards}.fxn`).sort(),
    );
    expect(await divided.merge()).toSatisfy(isWarned);
    expect(bytesOf(run)).toEqual(expected);
    expect(run.record).toMatchObject({ runPlan: { hash: undivided.runPlan.hash }, files: undivided.files });
    expect(run.record.shards).toHaveLength(nShards);
    expect(fs.existsSync(divided.folder) ? fs.readdirSync(divided.folder) : []).toEqual([]);
  });

  it("missing data", async () => {
    const value = (subject: number, element: number) =>
      (subject + element) % 7 === 0 && element % 3 === 0 ? Number.NaN : Math.sin(subject * 7 + element * element);
    const run = newRun(command, { value, nSubjects: 12 });
    const divided = divide(command, ["-nshuffles", "80"], run);
    expect(await runInProcess(divided.line())).toSatisfy(isWarned);
    const expected = bytesOf(run);
    clearResults(run);
    for (let i = 1; i <= 3; i++) expect(await divided.shard(i, 3)).toSatisfy(isWarned);
    expect(await divided.merge()).toSatisfy(isWarned);
    expect(bytesOf(run)).toEqual(expected);
  });

  it("what is wrong with shards is named, with the command that mends it, and nothing is written", async () => {
    const divided = divide(command, ["-nshuffles", "60"]);
    const { run, file, output } = divided;
    const relative = (text: string) => run.relative(text);
    const typed = (i: number, more = "") =>
      relative(["fixelstream", ...divided.line("--shard", `${i}/4`)].join(" ")) + more;
    for (const i of [1, 2, 3, 4]) expect(await divided.shard(i, 4)).toEqual(DONE);
    const kept = fs.mkdtempSync(run.at("kept-"));
    fs.cpSync(divided.folder, kept, { recursive: true });
    const refused = async (change: () => unknown): Promise<string[]> => {
      await change();
      const { status, stderr } = await divided.merge();
      expect(status).toBe(1);
      expect(run.results().filter((name) => name !== ".shards" && name !== "shards")).toEqual([]);
      for (const name of fs.readdirSync(divided.folder)) fs.rmSync(file(name));
      fs.cpSync(kept, divided.folder, { recursive: true });
      return relative(stderr).trimEnd().split("\n");
    };
    const place = relative(divided.folder);
    expect(await refused(() => fs.rmSync(file("3-of-4.fxn")))).toEqual([
      `fixelstream: error: ${place}/3-of-4.fxn is missing. Make it: ${typed(3)}`,
    ]);
    expect(await refused(() => fs.copyFileSync(file("1-of-4.fxn"), file("2-of-4.fxn")))).toEqual([
      `fixelstream: error: ${place}/2-of-4.fxn is shard 1 of 4 under another name, and would count twice. Make it again: ${typed(2, " -force")}`,
    ]);
    const [damaged] = await refused(() => {
      const bytes = fs.readFileSync(file("4-of-4.fxn"));
      bytes[bytes.length - 9]! ^= 1;
      fs.writeFileSync(file("4-of-4.fxn"), bytes);
    });
    expect(damaged).toBe(
      `fixelstream: error: ${place}/4-of-4.fxn cannot be used. Cannot read ${place}/4-of-4.fxn: expected the checksum of its bytes, got another. The file is damaged: copy it again, or compute its shuffles again. Make it again: ${typed(4, " -force")}`,
    );
    const [torn] = await refused(() => fs.truncateSync(file("2-of-4.fxn"), 100));
    expect(torn).toMatch(/2-of-4\.fxn cannot be used\. Cannot read .* Make it again: fixelstream /);
    const seeds = divided
      .line("--shard", "2/4", "-force")
      .map((token, i, all) => (all[i - 1] === "--seed" ? "2" : token));
    expect(await refused(() => runInProcess(seeds))).toEqual([
      expect.stringMatching(
        /^fixelstream: error: .*2-of-4\.fxn is of another plan \([0-9a-f]{12}\) than .*1-of-4\.fxn \([0-9a-f]{12}\): computed from other data, another design or with other options\. Make it again: fixelstream .* --shard 2\/4 -force$/,
      ),
    ]);
    expect(await refused(() => divided.shard(2, 3))).toEqual([
      `fixelstream: error: ${place}/2-of-3.fxn is one of 3 shards, the others of 4. Remove it, or make all of one number.`,
    ]);
    expect(await refused(() => fs.writeFileSync(file("1-of-4.fxn"), "mine"))).toEqual([
      expect.stringMatching(/1-of-4\.fxn cannot be used\. .*got something else\. Is it the right file\? Make it again/),
    ]);
    // everything at once
    const all = await refused(() => {
      fs.rmSync(file("1-of-4.fxn"));
      fs.rmSync(file("3-of-4.fxn"));
    });
    expect(all).toHaveLength(2);
    const design = fs.readFileSync(run.at("design.txt"), "utf8");
    const [changed] = await refused(() => fs.writeFileSync(run.at("design.txt"), design.replace("1 0", "1 2")));
    expect(changed).toMatch(
      /^fixelstream: error: Cannot merge the shards in .*: expected inputs of the plan that they were computed from \([0-9a-f]{12}\), got others \([0-9a-f]{12}\)\. Put the data, the design and the options back as they were, or compute the shards again\.$/,
    );
    fs.writeFileSync(run.at("design.txt"), design);
    expect(await divided.merge("--keep-shards")).toEqual(DONE);
    expect(fs.readdirSync(divided.folder)).toHaveLength(4);
    const again = await divided.merge();
    expect([again.status, relative(again.stderr)]).toEqual([
      1,
      expect.stringMatching(/exist already\. Give another .*, or -force to overwrite\.\n$/),
    ]);
    expect(fs.readdirSync(divided.folder)).toHaveLength(4);
    expect(await divided.merge("-force")).toSatisfy(isWarned);
    expect(await divided.merge()).toMatchObject({
      status: 1,
      stderr: `fixelstream: error: Cannot find shards of ${output}: expected files such as 1-of-5.fxn in ${output}/.shards or ${output}.shards, got none. Give the output, or the prefix, that the shards were computed for.\n`,
    });
  });

  it("a shard that is stopped continues; status tells of all", async () => {
    const options = ["-nshuffles", "2000", "--checkpoint-every", "0", "--memory", "3MiB"];
    const divided = divide(command, options, newRun(command, { nSubjects: 16 }));
    const { run, folder } = divided;
    expect(await divided.shard(1, 3)).toEqual(DONE);
    const controller = new AbortController();
    const events = {
      signal: controller.signal,
      onProgress: (phase: string, share: number) => {
        if (phase === "shuffle" && share > 0.4) controller.abort(new Interrupted("SIGTERM"));
      },
    };
    const own = {
      nShuffles: 2000,
      memoryBytes: 3 * 2 ** 20,
      cache: run.at(".fixelstream"),
      kernels: "simd",
    } as const;
    const typed = { ...own, checkpointSeconds: 0, shard: { index: 2, of: 3 } };
    await expect(run.infer(typed, events)).rejects.toBeInstanceOf(Interrupted);
    expect(fs.readdirSync(folder)).toEqual(["1-of-3.fxn"]);
    expect(fs.readdirSync(run.at(".fixelstream")).filter((name) => name.endsWith(".fxr"))).toHaveLength(1);
    const resumed: number[] = [];
    const { shard, resumedFrom } = await run.infer(typed, {
      onResumed: ({ fromShuffle }) => resumed.push(fromShuffle),
    });
    expect(shard).toEqual({ index: 2, of: 3, first: 666, end: 1333 });
    expect(resumed).toEqual([resumedFrom]);
    expect(resumedFrom).toBeGreaterThan(666);
    expect(fs.readdirSync(run.at(".fixelstream")).filter((name) => name.endsWith(".fxr"))).toEqual([]);
    expect(readStatus(divided.output)).toMatchObject({
      ...{ of: 3, nShuffles: 2000, nDone: 1333, isComplete: false, others: [] },
      shards: [{ state: "done" }, { state: "done" }, { state: "missing", nShuffles: 667 }],
    });
    const printed = await runInProcess(["status", divided.output]);
    expect(run.relative(printed.stdout)).toBe(
      [
        `${run.relative(folder)}: 2 of 3 shards are done, 1333 of 2000 shuffles (66 %)`,
        "  1 of 3: done",
        "  2 of 3: done",
        `  3 of 3: missing: ${run.relative(["fixelstream", ...divided.line("--shard", "3/3")].join(" "))}`,
        `  commands as typed in ${process.cwd()}\n`,
      ].join("\n"),
    );
    expect(await divided.shard(3, 3)).toEqual(DONE);
    expect((await runInProcess(["status", divided.output])).stdout).toMatch(
      /3 of 3 shards are done.*100 %[\s\S]*next: fixelstream merge/,
    );
    expect(JSON.parse((await runInProcess(["status", divided.output, "--json"])).stdout)).toMatchObject({
      isComplete: true,
    });
    expect(await divided.merge()).toEqual(DONE);
    const merged = bytesOf(run);
    clearResults(run);
    expect(await runInProcess(divided.line())).toEqual(DONE);
    // the command of the second shard was another, by the program
    const numbers = (files: Record<string, string>) =>
      Object.entries(files).map(([name, text]) => [name, text.replace(/command_history: .*|^#.*/gm, "")]);
    expect(numbers(merged)).toEqual(numbers(bytesOf(run)));
  });

  it("a running shard is seen, and not begun twice; a killed one is taken over", async () => {
    const divided = divide(command, ["-nshuffles", "60"]);
    let during: unknown;
    let second: unknown;
    const run = divided.run;
    const shard = { index: 1, of: 2 };
    const options = { nShuffles: 60, cache: run.at(".fixelstream"), shard };
    await run.infer(options, {
      onNullState: async () => {
        during = readStatus(divided.output).shards[0];
        second = await run.infer(options).catch((error: Error) => run.relative(error.message));
      },
    });
    expect(during).toMatchObject({ index: 1, state: "running", nDone: 0, process: { pid: process.pid } });
    expect(second).toMatch(
      /^Cannot write shard 1 of 2 to .*: expected nobody else to compute it, got process \d+ of .*, which is at it\. Wait for it, or end it\.$/,
    );
    expect(await run.infer(options).catch((error: Error) => run.relative(error.message))).toMatch(
      /^Cannot write shard 1 of 2 to .*: 1-of-2\.fxn exists already\. It is done; or give -force to compute it again\.$/,
    );
    await run.infer({ ...options, force: true });
  });

  it("--prepare-only converts and prepares, and writes no results", async () => {
    const divided = divide(command, []);
    const { run } = divided;
    const [before] = [fs.existsSync(run.at("out")) ? fs.readdirSync(run.at("out")) : undefined];
    const said = await runInProcess(divided.line("--prepare-only").filter((token) => token !== "-quiet"));
    expect(said.status).toBe(0);
    expect(said.stderr).toMatch(
      /fixelstream: 24 (fixels|voxels|elements|edges), 8 subjects: prepared in .*\.fixelstream in .*\n$/,
    );
    expect(fs.existsSync(run.at("out")) ? fs.readdirSync(run.at("out")) : undefined).toEqual(before);
    const entries = fs.readdirSync(run.at(".fixelstream"));
    expect(entries.map((name) => name.replace(/^[0-9a-f]{24}/, "")).sort()).toEqual(
      command === "fixelcfestats" ? [".fxc", ".fxs"] : [".fxs"],
    );
    expect(await divided.shard(1, 1, "-nshuffles", "40")).toEqual(DONE);
    expect(fs.readdirSync(run.at(".fixelstream"))).toEqual(entries);
  });

  it.each([
    [["--shard", "6/5"], "Cannot use --shard 6/5: expected i/N with i from 1 to N and N up to 100000, such as 2/5."],
    [["--shard", "0/5"], "Cannot use --shard 0/5: expected i/N with i from 1 to N and N up to 100000, such as 2/5."],
    [["--shard", "two"], "Cannot use --shard two: expected i/N with i from 1 to N and N up to 100000, such as 2/5."],
    [
      ["--shard", "1/2", "-notest"],
      "Cannot use --shard 1/2 together with -notest: expected shuffles to divide, got none. Leave one out.",
    ],
    [
      ["--shard", "1/2", "--prepare-only"],
      "Cannot use --shard 1/2 together with --prepare-only: nothing is divided there. Prepare once, without --shard.",
    ],
  ])("%j is refused", async (tokens, message) => {
    const divided = divide(command);
    expect(await runInProcess(divided.line(...tokens))).toEqual({
      status: 2,
      stdout: "",
      stderr: `fixelstream: error: ${message}\n`,
    });
  });
  it("without --seed a shard is refused", async () => {
    const divided = divide(command);
    const line = divided
      .line("--shard", "1/2")
      .filter((token, i, all) => token !== "--seed" && all[i - 1] !== "--seed");
    expect(await runInProcess(line)).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "fixelstream: error: Cannot use --shard 1/2 without --seed: expected a seed that all shards share, got one that is drawn. Give the same --seed to every shard.\n",
    });
  });
});

it("connectomestats: shards are the undivided run too; what is wrong with them is named", async () => {
  const root = temporaryDirectory();
  const at = (name: string) => path.join(root, name);
  const random = createRandom(4);
  const names = Array.from({ length: 16 }, (_, s) => {
    const rows = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    for (let i = 0; i < 5; i++)
      for (let j = i; j < 5; j++) rows[i]![j] = rows[j]![i] = random.normal() + (s % 2) * (i + j);
    fs.writeFileSync(at(`c${s}.csv`), rows.map((row) => row.join(",")).join("\n"));
    return `c${s}.csv`;
  });
  fs.writeFileSync(at("list.txt"), `${names.join("\n")}\n`);
  fs.writeFileSync(at("design.txt"), names.map((_, s) => `1 ${s % 2}\n`).join(""));
  fs.writeFileSync(at("contrast.txt"), "0 1\n");
  const files = [at("design.txt"), at("contrast.txt"), at("x_")];
  const line = ["connectomestats", at("list.txt"), "tfnbs", ...files, "-nshuffles", "90", ...QUICK];
  const results = () => {
    const found = fs.readdirSync(root).filter((name) => /^x_.*(csv|txt)$/.test(name));
    return Object.fromEntries(found.map((name) => [name, fs.readFileSync(at(name), "latin1")]));
  };
  expect(await runInProcess(line)).toSatisfy(isWarned);
  const expected = results();
  expect(Object.keys(expected).length).toBeGreaterThan(8);
  for (const name of [...Object.keys(expected), "x_run.json"]) fs.rmSync(at(name));
  for (const i of [2, 1, 3]) expect(await runInProcess([...line, "--shard", `${i}/3`])).toSatisfy(isWarned);
  const merge = () => runInProcess(["merge", at("x_"), "-nthreads", "0", "-quiet"]);
  const place = (i: number) => at(`x_.shards/${i}-of-3.fxn`);
  const [first, second] = [1, 2].map((i) => fs.readFileSync(place(i))) as [Buffer, Buffer];
  const refused = async (change: () => unknown): Promise<string> => {
    await change();
    const { status, stderr } = await merge();
    expect([status, Object.keys(results())]).toEqual([1, []]);
    fs.writeFileSync(place(2), second);
    return stderr;
  };
  expect(await refused(() => fs.rmSync(place(2)))).toBe(
    `fixelstream: error: ${place(2)} is missing. Make it: fixelstream ${line.join(" ")} --shard 2/3\n`,
  );
  expect(await refused(() => fs.writeFileSync(place(2), first))).toContain(
    `${place(2)} is shard 1 of 3 under another name, and would count twice. Make it again: fixelstream connectomestats`,
  );
  const damaged = Buffer.from(second);
  damaged[damaged.length - 9]! ^= 1;
  expect(await refused(() => fs.writeFileSync(place(2), damaged))).toContain(
    `${place(2)} cannot be used. Cannot read ${place(2)}: expected the checksum of its bytes, got another.`,
  );
  const otherSeed = line.map((token, i) => (line[i - 1] === "--seed" ? "2" : token));
  expect(await refused(() => runInProcess([...otherSeed, "--shard", "2/3", "-force"]))).toMatch(
    /2-of-3\.fxn is of another plan \([0-9a-f]{12}\) than .*1-of-3\.fxn/,
  );
  expect(await merge()).toSatisfy(isWarned);
  expect(results()).toEqual(expected);
});
