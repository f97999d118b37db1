// Jobs of `fixelstream slurm` on a real SLURM: submitted, killed, sent back into the queue at their limit, submitted again and merged. What is there in the
// end is what an undivided run leaves. Needs `npm run build`; left out, with the reason, where SLURM is not installed or does not start.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { killedLine } from "../support/killed-runs.js";
import { numbersIn } from "../support/many-runs.js";
import { runCli } from "../support/run-cli.js";
import { type SlurmCluster, startSlurm } from "../support/slurm-cluster.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const started = await startSlurm(temporaryDirectory());
const cluster = started as SlurmCluster;
const why = typeof started === "string" ? ` (left out: ${started})` : "";
afterAll(async () => {
  if (typeof started !== "string") await started.end();
});

function numbersOf(out: string) {
  return Object.fromEntries(Object.entries(numbersIn(out)).filter(([name]) => !name.endsWith("run.json")));
}

interface Submitted {
  readonly root: string;
  readonly out: string;
  readonly expected: ReturnType<typeof numbersOf>;
  readonly jobs: { readonly prepare: string; readonly shards: string; readonly merge: string };
  log(name: string): string;
  /** Of a task, or a job: RUNNING, PENDING, COMPLETED and so on. */
  stateOf(job: string): string;
  slurm: string;
}

const SHORTER = { fixelcfestats: "300", vectorstats: "3000", mrclusterstats: "5000" } as const;

/** In a folder whose name needs care. */
function submit(command: "fixelcfestats" | "vectorstats" | "mrclusterstats", nShuffles: string): Submitted {
  const made = killedLine(command);
  const root = path.join(path.dirname(made.root), `it's 100 % "${path.basename(made.root)}"`);
  fs.renameSync(made.root, root);
  const out = path.join(root, "out");
  const place = made.tokens.indexOf("-nshuffles") + 1;
  const tokens = made.tokens.map((token, i) => (i === place ? nShuffles : token));
  if (!made.makesOut) fs.mkdirSync(out);
  expect(runCli([...tokens, "--kernels", "simd"], root)).toMatchObject({ status: 0 });
  const expected = numbersOf(out);
  for (const place of [out, path.join(root, ".fixelstream")]) fs.rmSync(place, { recursive: true });
  const line = ["slurm", "--shards", "3", "--submit", "--json", "-quiet", "--", ...tokens];
  const { status, stdout, stderr } = runCli(line, root, cluster.env as Record<string, string>);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { jobs } = JSON.parse(stdout);
  const slurm = made.makesOut ? path.join(out, "slurm") : path.join(out, "x_slurm");
  const stateOf = (job: string) => /JobState=(\w+)/.exec(cluster.ask("scontrol", "show", "job", job))![1]!;
  const log = (name: string) => fs.readFileSync(path.join(slurm, "logs", `${name}.log`), "utf8");
  return { root, out, expected, jobs, log, stateOf, slurm };
}

function expectWhole({ root, out, expected, slurm }: Submitted): void {
  fs.rmSync(slurm, { recursive: true });
  expect(numbersOf(out)).toEqual(expected);
  expect(fs.readdirSync(out).filter((name) => name.startsWith(".") || name.includes("shards"))).toEqual([]);
  expect(fs.readdirSync(path.join(root, ".fixelstream")).filter((name) => !/\.fx[sc]$/.test(name))).toEqual([]);
}

describe.skipIf(typeof started === "string")(`on a real SLURM${why}`, { timeout: 900_000 }, () => {
  it.each(["fixelcfestats", "vectorstats", "mrclusterstats"] as const)(
    "%s: prepared, in shards, merged",
    async (command) => {
      const run = submit(command, SHORTER[command]);
      const { merge, shards } = run.jobs;
      await cluster.waitFor("merged", () => /^(COMPLETED|FAILED|CANCELLED)$/.test(run.stateOf(merge)), 300);
      expect([run.stateOf(merge), run.stateOf(`${shards}_3`), run.log("merge")]).toEqual([
        ...["COMPLETED", "COMPLETED"],
        expect.stringContaining("results: "),
      ]);
      expectWhole(run);
    },
  );

  it("a task is killed, another sent back into the queue; the killed one is submitted again, and merged", async () => {
    const run = submit("fixelcfestats", "60000");
    const { shards, merge } = run.jobs;
    const [first, second] = [`${shards}_1`, `${shards}_2`];
    const kept = () =>
      fs.existsSync(path.join(run.root, ".fixelstream")) &&
      fs.readdirSync(path.join(run.root, ".fixelstream")).filter((name) => name.endsWith(".fxr")).length;
    await cluster.waitFor("two tasks have kept shuffles", () => kept() === 2, 120);
    cluster.ask("scancel", "--signal=KILL", first);
    cluster.ask("scancel", "--batch", "--signal=USR1", second);
    await cluster.waitFor("the second is in the queue again", () => run.stateOf(second) === "PENDING");
    expect(run.log("shard-2")).toMatch(/kept[\s\S]*at the time limit: back into the queue/);
    // for a while it is COMPLETING
    await cluster.waitFor("the first has ended", () => /^(FAILED|CANCELLED)$/.test(run.stateOf(first)));
    // a credential of the second in which the last one was revoked is taken for it: "Job credential revoked"
    await sleep(2500);
    // SLURM itself waits for two minutes
    cluster.ask("scontrol", "update", `JobId=${second}`, "StartTime=now");
    await cluster.waitFor(
      "the others are done",
      () => [2, 3].every((i) => run.stateOf(`${shards}_${i}`) === "COMPLETED"),
      300,
    );
    expect(run.log("shard-2")).toMatch(/back into the queue[\s\S]*resumed at shuffle/);
    await cluster.waitFor("merge does not run without the first", () => run.stateOf(merge) === "CANCELLED");
    // a shard that hears TERM in front of KILL takes its mark away
    const status = runCli(["status", "out"], run.root);
    expect(status.stdout).toMatch(/2 of 3 shards are done[\s\S]*1 of 3: (stopped, \d+ of \d+ shuffles kept|missing)/);

    const ids = { again: "", merge: "" };
    ids.again = cluster.ask("sbatch", "--parsable", "--array=1", path.join(run.slurm, "shards.sbatch"));
    const after = ["--parsable", `--dependency=afterok:${ids.again}`];
    ids.merge = cluster.ask("sbatch", ...after, path.join(run.slurm, "merge.sbatch"));
    await cluster.waitFor("merged", () => /^(COMPLETED|FAILED|CANCELLED)$/.test(run.stateOf(ids.merge)), 300);
    expect(run.log("shard-1")).toContain("resumed at shuffle");
    expect(run.stateOf(ids.merge)).toBe("COMPLETED");
    expectWhole(run);
  });
});
