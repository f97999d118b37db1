// docs/cluster.md: its commands and job scripts, in bash, in a copy of the demo cohort; every way to divide the run leaves what the undivided one leaves.
// Needs `npm run build`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { numbersIn } from "../support/many-runs.js";
import { fixturesDirectory, repositoryRoot } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const text = fs.readFileSync(path.join(repositoryRoot, "docs/cluster.md"), "utf8");
const blocksOf = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map((match) => match[1]!);
const shellBlocks = blocksOf("sh");
const [pbs, sge] = blocksOf("bash") as [string, string];

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 }); // commands one after the other, on whatever machine
const root = temporaryDirectory();
const at = (...names: string[]) => path.join(root, ...names);
let expected: Record<string, string>;

function bash(script: string, env: Record<string, string> = {}): string {
  const PATH = `${at("bin")}:${process.env.PATH}`;
  const found = spawnSync("bash", ["-e", "-c", script], {
    cwd: root,
    env: { ...process.env, ...env, PATH },
    encoding: "utf8",
  });
  expect([script, found.status, found.stderr.includes("error")]).toEqual([script, 0, false]);
  return found.stdout;
}
const blockWith = (words: string) => shellBlocks.find((block) => block.includes(words))!;

beforeAll(() => {
  const demo = path.join(fixturesDirectory, "demo");
  fs.cpSync(demo, root, { recursive: true });
  fs.cpSync(at("template"), at("fd"), { recursive: true });
  fs.mkdirSync(at("bin"));
  const program = `#!/bin/bash\nexec "${process.execPath}" "${builtCommand}" "$@"\n`;
  fs.writeFileSync(at("bin", "fixelstream"), program, { mode: 0o755 });
  fs.writeFileSync(at("values.npy"), "");
  const line =
    "fixelstream fixelcfestats fd/ subjects.txt design.txt contrast.txt matrix/ whole/ --seed 1 -nshuffles 200";
  bash(`${line} --kernels simd`);
  expected = numbersIn(at("whole"));
});

const expectSame = (output: string) => {
  expect(numbersIn(at(output))).toEqual(expected);
  expect(fs.existsSync(at(output, ".shards"))).toBe(false);
};

it("SLURM: writes the jobs, a shard by hand, status", () => {
  bash(blockWith("slurm --shards 4"));
  expect(
    fs
      .readdirSync(at("stats", "slurm"))
      .filter((name) => text.includes(`| \`${name}\` |`))
      .sort(),
  ).toEqual(
    fs
      .readdirSync(at("stats", "slurm"))
      .filter((name) => name !== "logs")
      .sort(),
  );
  expect(bash(blockWith("fixelstream status"))).toMatch(
    /^stats\/\.shards: 1 of 4 shards are done, 50 of 200 shuffles \(25 %\)\n/,
  );
});

it("SLURM: prints the jobs of another command", () => {
  const [bytes, shape] = [Buffer.alloc(40 * 8 * 4), "(40, 8)"];
  for (let i = 0; i < 320; i++) bytes.writeFloatLE(Math.sin(i * i), i * 4);
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117).concat("\n");
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  fs.writeFileSync(at("values.npy"), Buffer.concat([start, Buffer.from(header), bytes]));
  const printed = bash(blockWith("vectorstats values.npy"));
  expect(printed).toContain("#### out/x_slurm/shards.sbatch");
  expect(printed).toMatch(/--array=1-100\n#SBATCH --time=4:00:00\n[\s\S]*--partition=long\n/);
});

it("a loop of the shell", () => {
  bash(blockWith("for i in 1 2 3 4"));
  expectSame("loop");
});

it("xargs", () => {
  bash(blockWith("xargs -P 2"));
  expectSame("xargs");
});

const hasParallel = /GNU/.test(spawnSync("parallel", ["--version"], { encoding: "utf8" }).stdout ?? "");
it.skipIf(!hasParallel)(`GNU parallel${hasParallel ? "" : " (left out: it is not installed)"}`, () => {
  const [block] = blocksOf("parallel");
  fs.writeFileSync(at("hosts.txt"), "2/:\n");
  bash(block!);
  expectSame("parallel");
});

/** What bash makes of the script's words for a task: the job's number where the scheduler puts it. */
const expanded = (script: string, env: Record<string, string>) => {
  const line = /^.*fixelstream fixelcfestats .*$/m.exec(script)![0].replace(/^exec |&$/g, "");
  return bash(`printf '%s ' ${line}`, env);
};
it.each([
  ["PBS", pbs, "PBS_ARRAY_INDEX", (text: string) => text],
  ["Torque", pbs, "PBS_ARRAYID", (text: string) => text.replace("PBS_ARRAY_INDEX", "PBS_ARRAYID")],
  ["SGE", sge, "SGE_TASK_ID", (text: string) => text],
])("%s: is bash, and each task of the array takes the shard of its number", (_, script, name, change) => {
  const changed = change(script);
  expect(text).toContain(`$${name}`);
  const { status, stderr } = spawnSync("bash", ["-n"], { input: changed, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  const tasks = /^#(?:PBS -J|\$ -t) 1-(\d+)$/m.exec(changed)![1]!;
  for (let i = 1; i <= Number(tasks); i++)
    expect(expanded(changed, { [name]: String(i) })).toMatch(new RegExp(` --shard ${i}/${tasks} $`));
});

it.each([
  ["PBS", pbs, "pbs", (i: number) => ({ PBS_ARRAY_INDEX: String(i), PBS_O_WORKDIR: root })],
  ["SGE", sge, "sge", (i: number) => ({ SGE_TASK_ID: String(i) })],
])("%s: the script, a task after the other", (_, script, output, envOf) => {
  for (const i of [1, 2, 3, 4]) bash(script, envOf(i) as unknown as Record<string, string>);
  bash(`fixelstream merge ${output}/`);
  expectSame(output);
});
