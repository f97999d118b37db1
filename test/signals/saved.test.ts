// Ctrl-C in the middle of a batch of many fixels: the batches before it are on the disk when the process has ended, and the same line continues behind
// them. FIXELSTREAM_FIXELS=500000 is the size of a whole brain. Needs `npm run build`.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { END_LIMIT_MS, interruptRun } from "../support/interrupted-run.js";
import { writeLongCohort } from "../support/long-analysis.js";
import { runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N_FIXELS = Number(process.env.FIXELSTREAM_FIXELS ?? 50_000);
const N_SHUFFLES = 100_000;

it.each([0, 2])(`SIGINT at ${N_FIXELS} fixels saves what is done, with %i threads`, async (nThreads) => {
  const root = temporaryDirectory();
  writeLongCohort(root, { nSubjects: 24, nFixels: N_FIXELS, nConnections: 20 });
  const paths = ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"];
  const options = ["-nshuffles", String(N_SHUFFLES), "--seed", "1", "-nthreads", String(nThreads)];
  // batches of seconds, whatever the size; no state before the signal
  const memory = ["--memory", `${32 + Math.ceil(N_FIXELS / 25_000)}MiB`, "--checkpoint-every", "86400"];
  const tokens = ["fixelcfestats", ...paths, ...options, ...memory, "--cache", "cache"];
  const planned = runCli([...tokens, "--dry-run", "--json"], root);
  expect(planned.status, planned.stderr).toBe(0);
  const { batchShuffles, nBatches } = JSON.parse(planned.stdout);
  expect(nBatches).toBeGreaterThan(2);
  const shufflesDone = (stderr: string) =>
    N_SHUFFLES *
    Number(/^.*"phase":"shuffle","share":([\d.e-]+).*$/m.exec(stderr.slice(stderr.lastIndexOf("{")))?.[1] ?? 0);
  const watched = [...tokens, "--progress", "ndjson"];
  const run = await interruptRun(watched, root, "SIGINT", ({ stderr }) => shufflesDone(stderr) > 1.1 * batchShuffles);
  expect(run).toMatchObject({ code: 130, signal: null });
  expect(run.endedAfterMs).toBeLessThan(END_LIMIT_MS);
  const kept = Number(
    /^fixelstream: (\d+) of 100000 shuffles are kept in .*: the same command continues there$/m.exec(run.stderr)?.[1],
  );
  expect(kept).toBeGreaterThanOrEqual(batchShuffles);
  expect(kept % batchShuffles).toBe(0);
  expect(readdirSync(join(root, "cache")).filter((name) => name.endsWith(".fxr"))).toHaveLength(1);
  expect(readdirSync(root).includes("out")).toBe(false);
  const resumed = `resumed at shuffle ${kept} of ${N_SHUFFLES} `;
  const again = await interruptRun(watched, root, "SIGINT", ({ stderr }) => stderr.includes('"phase":"shuffle"'));
  expect(again.stderr).toContain(resumed);
  process.stdout.write(
    `${N_FIXELS} fixels, ${nThreads} threads: ${kept} shuffles kept, ended after ${Math.round(run.endedAfterMs)} ms\n`,
  );
});
