// The same analysis from several machines on one cache: four host names by `unshare --uts` (root on Linux). Also when the one that converts is killed, which
// machines other than its own learn from its silence only: two minutes.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { countPhase, type ManyRuns, numbersIn, runMany } from "../support/many-runs.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const at = (name: string) => path.join(root, name);
const random = createRandom(5);
const N_SUBJECTS = 40;
const canUnshare = spawnSync("unshare", ["--uts", "hostname", "node-1"]).status === 0;
let made = 0;

beforeAll(() => {
  writeProblem(at("problem"), { nSubjects: N_SUBJECTS, nFixels: 30_000, nConnections: 12 }, random);
  writeRows(
    at("design.txt"),
    Array.from({ length: N_SUBJECTS }, (_, i) => [1, i % 2]),
  );
  writeRows(at("contrast.txt"), [[0, 1]]);
});

async function analyse(count: number, killAfterMs: ManyRuns["killAfterMs"] = new Map()) {
  const cwd = at(`place${made++}`);
  fs.mkdirSync(cwd);
  const cache = path.join(cwd, "cache");
  const inputs = [at("problem"), path.join(at("problem"), "subjects.txt"), at("design.txt"), at("contrast.txt")];
  const tokensOf = (output: string) => {
    const places = [...inputs, path.join(at("problem"), "matrix"), output, "--cache", cache];
    return ["fixelcfestats", ...places, "--seed", "1", "-nshuffles", "20", "-nthreads", "0"];
  };
  const runs = await runMany({ count, cwd, tokensOf, killAfterMs, hostOf: (run) => `node-${run % 4}` });
  return { runs, cache };
}

describe.skipIf(!canUnshare)("four machines", () => {
  test("one conversion and one preparation, every time", async () => {
    for (let repeat = 0; repeat < 15; repeat++) {
      const { runs, cache } = await analyse(8);
      expect(runs.map(({ code, stderr }) => code === 0 || stderr)).toEqual(new Array(8).fill(true));
      expect([countPhase(runs, "convert"), countPhase(runs, "connectivity")]).toEqual([1, 1]);
      const [first, ...others] = runs.map(({ output }) => numbersIn(output));
      for (const other of others) expect(other).toEqual(first);
      expect(
        fs
          .readdirSync(cache)
          .map((name) => name.slice(24))
          .sort(),
      ).toEqual([".fxc", ".fxs"]);
    }
  });

  test("any two of eight are killed at any moment, the others have their results", async () => {
    for (let repeat = 0; repeat < 6; repeat++) {
      const [one, other] = [random.integer(4), 4 + random.integer(4)];
      const killAfterMs = new Map([one, other].map((run) => [run, 200 + random.integer(3000)] as const));
      const { runs } = await analyse(8, killAfterMs);
      const living = runs.filter((_, run) => run !== one && run !== other);
      expect(living.map(({ code, stderr }) => code === 0 || stderr)).toEqual(new Array(6).fill(true));
      const [first, ...others] = living.map(({ output }) => numbersIn(output));
      for (const found of others) expect(found).toEqual(first);
    }
  });
});
