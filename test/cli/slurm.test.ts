// Jobs of `fixelstream slurm` without SLURM: what is written, asked and handed over, and that the scripts do what they say when bash runs them.
// Needs `npm run build`. A real SLURM: test/signals/slurm.test.ts.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { PlanSummary } from "../../src/app/analyse/plan/describe-plan.js";
import { timesOf } from "../../src/app/shards/slurm-jobs.js";
import { ALL_COMMANDS } from "../support/both-commands.js";
import { makeConnectomes } from "../support/connectomes.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { killedLine } from "../support/killed-runs.js";
import { numbersIn } from "../support/many-runs.js";
import { builtCommand, runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

vi.setConfig({ testTimeout: 300_000 }); // commands one after the other, on whatever machine
const LINE = ["fixelcfestats", "fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"];

interface Job {
  readonly root: string;
  slurm(...tokens: string[]): ReturnType<typeof runCli>;
  at(...names: string[]): string;
  read(name: string): string;
}

/** `programs`: what stands for SLURM's own, in bash. */
function newJob(programs: Record<string, string> = {}): Job {
  const { root, at } = newAnalysis();
  const bin = at("bin");
  fs.mkdirSync(bin);
  for (const [name, text] of Object.entries(programs))
    fs.writeFileSync(path.join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  // without those of this machine
  for (const name of ["bash", "dirname", "node", "sleep", "cat"]) {
    const [found] = spawnSync("which", [name], { encoding: "utf8" }).stdout.split("\n");
    fs.symlinkSync(found!, path.join(bin, name));
  }
  const read = (name: string) => fs.readFileSync(at("out", "slurm", name), "utf8");
  return { root, at, read, slurm: (...tokens) => runCli(["slurm", ...tokens], root, { PATH: bin }) };
}

const OPTIONS = ["--shards", "3", "--cpus", "2", "--time", "4:00:00", "--partition", "long", "--account", "lab7"];

describe("scripts", () => {
  it("are written, and said to be", () => {
    const { slurm, at, read, root } = newJob();
    const { status, stdout, stderr } = slurm(...OPTIONS, "--", ...LINE, "--seed", "5", "-nshuffles", "30", "-force");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr.split("\n").slice(1)).toEqual([
      "fixelstream: out/slurm: three jobs, written",
      "  prepare: 2 CPUs, 1.2 GiB, 4:00:00",
      "  3 shards: 2 CPUs, 1.2 GiB, 4:00:00 each",
      "  merge: 2 CPUs, 1.2 GiB, 4:00:00",
      "  submit them: bash out/slurm/submit.sh",
      "",
    ]);
    expect(fs.readdirSync(at("out", "slurm")).sort()).toEqual(
      ["README.txt", "logs", "merge.sbatch", "prepare.sbatch", "shards.sbatch", "submit.sh"].sort(),
    );
    const shards = read("shards.sbatch");
    expect(shards.split("\n").filter((line) => line.startsWith("#SBATCH"))).toEqual(
      [
        ...["--job-name=fixelstream-shards", "--array=1-3", "--time=4:00:00", "--ntasks=1", "--cpus-per-task=2"],
        ...["--mem=1194M", "--partition=long", "--account=lab7", "--requeue", "--open-mode=append"],
        ...["--signal=B:USR1@60", `--output=${at("out", "slurm", "logs")}/shard-%a.log`],
      ].map((option) => `#SBATCH ${option}`),
    );
    const own = "-nthreads 2 fd subjects.txt design.txt contrast.txt matrix out --seed 5 -nshuffles 30";
    expect(shards).toContain(`cd -- ${root} || exit 1\nFIXELSTREAM=(${process.execPath} ${builtCommand})\n`);
    expect(shards).toContain(`"\${FIXELSTREAM[@]}" fixelcfestats --shard "$SLURM_ARRAY_TASK_ID"/3 ${own} &\n`);
    expect(read("prepare.sbatch")).toContain(`"\${FIXELSTREAM[@]}" fixelcfestats --prepare-only ${own} &\n`);
    expect(read("merge.sbatch")).toContain(`"\${FIXELSTREAM[@]}" merge -force -nthreads 2 -- out &\n`);
    for (const name of ["prepare.sbatch", "shards.sbatch", "merge.sbatch", "submit.sh"])
      expect(spawnSync("bash", ["-n", at("out", "slurm", name)], { encoding: "utf8" })).toMatchObject({
        status: 0,
        stderr: "",
      });
  });

  it("--dry-run prints them and writes nothing; -quiet says nothing", () => {
    const { slurm, at } = newJob();
    fs.writeFileSync(at("modules.sh"), "module load node/20\n");
    const { status, stdout, stderr } = slurm(
      "--dry-run",
      "-quiet",
      "--setup",
      "modules.sh",
      "--",
      ...LINE,
      "-nshuffles",
      "30",
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/^#### .*$/gm)).toEqual(
      ["prepare.sbatch", "shards.sbatch", "merge.sbatch", "submit.sh", "README.txt"].map(
        (name) => `#### out/slurm/${name}`,
      ),
    );
    expect(stdout).toMatch(/\nmodule load node\/20\n\ncd -- /);
    expect(stdout).toMatch(/--array=1-10\n[\s\S]*--cpus-per-task=4\n/);
    const [seed, ...others] = new Set(stdout.match(/--seed \d+/g));
    expect([seed, others]).toEqual([expect.stringMatching(/^--seed \d+$/), []]);
    expect(fs.existsSync(at("out"))).toBe(false);
    const more = ["-nthreads", "6", "--memory", "3GiB"];
    const asked = slurm("--dry-run", "--", ...LINE, ...more).stdout;
    expect(asked).toMatch(/--cpus-per-task=6\n#SBATCH --mem=3322M\n/);
    expect(asked).toContain("merge -nthreads 6 --memory 3GiB -- out &");
  });

  const HOUR = 3_600_000;
  it.each([
    ["a minute", { estimatedMs: HOUR / 60 }, ["00:30:00", "00:30:00", "00:30:00"]],
    ["five hours", { estimatedMs: 5 * HOUR }, ["00:30:00", "15:15:00", "00:30:00"]],
    ["ten hours", { estimatedMs: 10 * HOUR }, ["00:30:00", "1-06:15:00", "00:30:00"]],
    // 20 MB and 5 MB a second
    [
      "to convert 72 GB and prepare 18 GB",
      { storePassBytes: 72e9, connectivityPassBytes: 18e9 },
      ["02:15:00", "00:30:00", "01:15:00"],
    ],
    [
      "half of it the empirical statistic",
      { estimatedMs: 4 * HOUR, nEmpirical: 50 },
      ["00:30:00", "12:15:00", "06:15:00"],
    ],
  ])("times of a plan of %s: three times the estimate, half an hour at least", (_, given, expected) => {
    const {
      estimatedMs = 0,
      storePassBytes = 0,
      connectivityPassBytes = 0,
      nEmpirical = 0,
    } = given as Record<string, number>;
    const empirical = { nShuffles: nEmpirical, nBatches: 1 };
    const plan = { estimatedMs, storePassBytes, connectivityPassBytes, empirical, nShuffles: 50 };
    const { prepare, shards, merge } = timesOf(plan as unknown as PlanSummary);
    expect([prepare, shards, merge]).toEqual(expected);
  });
});

const SBATCH = `echo "$@" >> "$PWD/calls"; n=$(cat "$PWD/n" 2>/dev/null || echo 100); echo $((n + 1)) > "$PWD/n"; echo "$n;cluster"`;

describe("--submit", () => {
  it("hands the jobs over, each after the one before, and says their numbers", () => {
    const { slurm, read } = newJob({ sbatch: SBATCH });
    const { status, stderr } = slurm("--shards", "2", "--submit", "--", ...LINE, "--seed", "1", "-nshuffles", "30");
    expect([status, stderr.split("\n").slice(1)]).toEqual([
      0,
      [
        "fixelstream: out/slurm: three jobs, submitted",
        expect.stringMatching(/^ {2}prepare \(job 100\): 4 CPUs/),
        expect.stringMatching(/^ {2}2 shards \(job 101\): 4 CPUs/),
        expect.stringMatching(/^ {2}merge \(job 102\): 4 CPUs/),
        "  how far they are: fixelstream status out",
        "",
      ],
    ]);
    expect(read("calls").split("\n")).toEqual([
      "--parsable prepare.sbatch",
      "--parsable --dependency=afterok:100 --kill-on-invalid-dep=yes shards.sbatch",
      "--parsable --dependency=afterok:101 --kill-on-invalid-dep=yes merge.sbatch",
      "",
    ]);
  });
  it("a job that is refused takes those before it out of the queue", () => {
    const sbatch = `case "$*" in *merge*) echo "sbatch: error: Batch job submission failed: Invalid account" >&2; exit 1;; esac\n${SBATCH}`;
    const { slurm, read } = newJob({ sbatch, scancel: 'echo "$@" > "$PWD/ended"' });
    expect(slurm("--submit", "-quiet", "--", ...LINE, "--seed", "1", "-nshuffles", "30")).toEqual({
      status: 1,
      stdout: "",
      stderr:
        'fixelstream: error: Cannot submit the jobs in out/slurm: expected sbatch to take them, got "sbatch: error: Batch job submission failed: Invalid account". They are written: bash out/slurm/submit.sh submits them where SLURM is.\n',
    });
    expect(read("ended")).toBe("100 101\n");
  });
  it("where there is no SLURM", () => {
    const { slurm, at } = newJob();
    const { status, stderr } = slurm("--submit", "-quiet", "--", ...LINE, "--seed", "1", "-nshuffles", "30");
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^fixelstream: error: Cannot submit the jobs in out\/slurm: expected sbatch to take them, got ".*sbatch: command not found"\. They are written: bash out\/slurm\/submit\.sh submits them where SLURM is\.\n$/,
      ),
    ]);
    expect(fs.existsSync(at("out", "slurm", "submit.sh"))).toBe(true);
  });
});

/** As SLURM would, one after the other. */
function runScript(folder: string, name: string, task?: number) {
  const env = { ...process.env, ...(task !== undefined && { SLURM_ARRAY_TASK_ID: String(task) }) };
  const { status, stdout, stderr } = spawnSync("bash", [path.join(folder, name)], { cwd: "/", env, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("scripts run by bash leave what the undivided run leaves", () => {
  function expectSame(root: string, out: string, line: readonly string[], folder: string): void {
    const place = path.join(root, out);
    expect(runCli([...line, "--kernels", "simd"], root)).toMatchObject({ status: 0 });
    const expected = numbersIn(place);
    for (const name of fs.readdirSync(place)) fs.rmSync(path.join(place, name), { recursive: true });
    expect(runCli(["slurm", "--shards", "2", "-quiet", "--", ...line], root)).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect(runScript(folder, "prepare.sbatch").status).toBe(0);
    for (const task of [2, 1]) expect(runScript(folder, "shards.sbatch", task)).toMatchObject({ status: 0 });
    const again = { status: 0, stdout: expect.stringMatching(/2-of-2\.fxn is there already\n$/) };
    expect(runScript(folder, "shards.sbatch", 2)).toMatchObject(again);
    expect(runScript(folder, "merge.sbatch")).toMatchObject({ status: 0 });
    fs.rmSync(folder, { recursive: true });
    const [found, wanted] = [numbersIn(place), expected].map((files) =>
      Object.fromEntries(Object.entries(files).filter(([name]) => !name.endsWith("run.json"))),
    );
    expect(found).toEqual(wanted);
  }
  it.each(ALL_COMMANDS)("%s", (command) => {
    const { root, tokens, makesOut } = killedLine(command);
    const line = tokens.map((token) => (/^\d{4,}$/.test(token) ? "60" : token));
    if (!makesOut) fs.mkdirSync(path.join(root, "out"));
    expectSame(root, "out", line, path.join(root, makesOut ? "out/slurm" : "out/x_slurm"));
  });
  it("connectomestats, into a prefix that ends in a slash", () => {
    const root = temporaryDirectory();
    makeConnectomes(path.join(root, "it's c"));
    fs.mkdirSync(path.join(root, "out"));
    const inputs = ["list.txt", "tfnbs", "design.txt", "contrast.txt"].map((name) =>
      name === "tfnbs" ? name : `it's c/${name}`,
    );
    const line = ["connectomestats", ...inputs, "out/", "--seed", "1", "-nshuffles", "60", "-nthreads", "0"];
    expectSame(root, "out", line, path.join(root, "out", "slurm"));
  });
});

it("at the time limit the program is told, and the job goes back into the queue; TERM is passed on only", {
  timeout: 120_000,
}, async () => {
  const { root, slurm, at, read } = newJob();
  // in place of the program: says what it hears
  const heard = `trap 'echo heard >> "${at("heard")}"; exit 143' TERM; echo ready > "${at("ready")}"; while :; do sleep 0.05; done`;
  fs.writeFileSync(at("program"), `#!/bin/bash\n${heard}\n`, { mode: 0o755 });
  fs.writeFileSync(at("bin", "scontrol"), `#!/bin/bash\necho "$@" >> "${at("requeued")}"; exit 1\n`, { mode: 0o755 });
  expect(slurm("-quiet", "--", ...LINE, "--seed", "1", "-nshuffles", "30").status).toBe(0);
  const script = read("shards.sbatch").replace(/FIXELSTREAM=\(.*\)/, `FIXELSTREAM=(${at("program")})`);
  fs.writeFileSync(at("job.sh"), script);
  const run = async (signal: NodeJS.Signals, restarts: string) => {
    for (const name of ["heard", "ready", "requeued"]) fs.rmSync(at(name), { force: true });
    const env = {
      ...process.env,
      PATH: `${at("bin")}:${process.env.PATH}`,
      SLURM_ARRAY_TASK_ID: "1",
      SLURM_JOB_ID: "77",
    };
    const job = spawn("bash", [at("job.sh")], {
      cwd: root,
      env: { ...env, SLURM_RESTART_COUNT: restarts },
      stdio: "ignore",
    });
    while (!fs.existsSync(at("ready"))) await new Promise((done) => setTimeout(done, 20));
    job.kill(signal);
    const code = await new Promise((done) => job.once("exit", done));
    const requeued = fs.existsSync(at("requeued")) && fs.readFileSync(at("requeued"), "utf8");
    return { code, heard: fs.readFileSync(at("heard"), "utf8"), requeued };
  };
  expect(await run("SIGUSR1", "3")).toEqual({ code: 143, heard: "heard\n", requeued: "requeue 77\n" });
  expect(await run("SIGUSR1", "50")).toEqual({ code: 143, heard: "heard\n", requeued: false });
  expect(await run("SIGTERM", "0")).toEqual({ code: 143, heard: "heard\n", requeued: false });
});
