// Several processes start the same analysis on one empty cache: one converts, one prepares, all have the same results; also when some are killed meanwhile.
// Needs the built program.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { verifyStore } from "../../src/store/verify.js";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { countPhase, type FinishedRun, numbersIn, runMany } from "../support/many-runs.js";
import { builtCommand } from "../support/run-cli.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const N_SUBJECTS = 24;
const random = createRandom(12);
const QUICK = ["--seed", "1", "-nshuffles", "20", "-nthreads", "0"];
const at = (name: string) => path.join(root, name);
let made = 0;

beforeAll(() => {
  // Texts, because their conversion takes long enough to be met by others.
  const texts = Array.from({ length: N_SUBJECTS }, (_, i) => `vector${i}.txt`);
  for (const name of texts)
    fs.writeFileSync(at(name), Array.from({ length: 20_000 }, () => random.normal().toFixed(5)).join("\n"));
  fs.writeFileSync(at("vectors.txt"), `${texts.join("\n")}\n`);
  writeProblem(at("problem"), { nSubjects: N_SUBJECTS, nFixels: 20_000, nConnections: 12 }, random);
  writeRows(
    at("design.txt"),
    Array.from({ length: N_SUBJECTS }, (_, i) => [1, i % 2]),
  );
  writeRows(at("contrast.txt"), [[0, 1]]);
});

/** A folder of its own, and in it the analyses. */
function newPlace() {
  const cwd = at(`place${made++}`);
  fs.mkdirSync(cwd);
  const cache = path.join(cwd, "cache");
  const files = [at("design.txt"), at("contrast.txt")];
  const problem = [
    at("problem"),
    path.join(at("problem"), "subjects.txt"),
    ...files,
    path.join(at("problem"), "matrix"),
  ];
  const fixels = (output: string) => ["fixelcfestats", ...problem, output, "--cache", cache, ...QUICK];
  const vectors = (output: string) => {
    fs.mkdirSync(output, { recursive: true });
    return ["vectorstats", at("vectors.txt"), ...files, `${output}/`, "--cache", cache, ...QUICK];
  };
  return { cwd, cache, fixels, vectors };
}

const expectSame = (runs: readonly FinishedRun[]) => {
  const [first, ...others] = runs.map(({ output }) => numbersIn(output));
  for (const other of others) expect(other).toEqual(first);
};
const endings = (cache: string) =>
  fs
    .readdirSync(cache)
    .map((name) => name.slice(24))
    .sort();

describe.skipIf(!fs.existsSync(builtCommand))("eight at once", () => {
  test("fixelcfestats: one conversion, one preparation, eight equal results", { timeout: 240_000 }, async () => {
    const { cwd, cache, fixels } = newPlace();
    const runs = await runMany({ count: 8, cwd, tokensOf: fixels });
    expect(runs.map(({ code, stderr }) => code === 0 || stderr)).toEqual(new Array(8).fill(true));
    expect([countPhase(runs, "convert"), countPhase(runs, "connectivity")]).toEqual([1, 1]);
    const records = runs.map(({ output }) => JSON.parse(fs.readFileSync(path.join(output, "run.json"), "utf8")));
    expect(records.filter(({ inputs }) => !inputs.store.reused)).toHaveLength(1);
    expectSame(runs);
    expect(endings(cache)).toEqual([".fxc", ".fxs"]);
  });

  test("vectorstats: one conversion, eight equal results", { timeout: 240_000 }, async () => {
    const { cwd, cache, vectors } = newPlace();
    const runs = await runMany({ count: 8, cwd, tokensOf: vectors });
    expect(runs.map(({ code, stderr }) => code === 0 || stderr)).toEqual(new Array(8).fill(true));
    expect(countPhase(runs, "convert")).toBe(1);
    expectSame(runs);
    expect(endings(cache)).toEqual([".fxs"]);
  });

  test.each(["fixels", "vectors"] as const)(
    "%s into one output: one has it, the others are refused or find it there, and what is in it is right",
    { timeout: 240_000 },
    async (kind) => {
      const place = newPlace();
      const alone = path.join(place.cwd, "alone");
      const [one] = await runMany({ count: 1, cwd: place.cwd, tokensOf: () => place[kind](alone) });
      expect(one!.code === 0 || one!.stderr).toBe(true);
      const shared = path.join(place.cwd, "shared");
      const tokens = place[kind](shared);
      const runs = await runMany({ count: 8, cwd: place.cwd, tokensOf: () => tokens });
      expect(runs.filter(({ code }) => code === 0)).toHaveLength(1);
      for (const { code, stderr } of runs) {
        if (code === 0) continue;
        expect(code).toBe(1);
        expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
          /^fixelstream: error: Cannot write results to .*(: expected nobody else to write \S+ there, got process \d+ of .*, which is at it\. Wait for it, or end it\.| exist already\.|: expected no \S+, got another one, made meanwhile\.) .*\.$/,
        );
      }
      expect(numbersIn(shared)).toEqual(numbersIn(alone));
      expect(fs.readdirSync(shared).filter((name) => name.startsWith("."))).toEqual([]);
      expect(endings(place.cache).filter((name) => !/^\.fx[sc]$/.test(name))).toEqual([]);
      // with -force the last one has it; nobody's files are among another's
      const forced = await runMany({ count: 8, cwd: place.cwd, tokensOf: () => [...tokens, "-force"] });
      expect(forced.some(({ code }) => code === 0)).toBe(true);
      for (const { code, stderr } of forced)
        if (code !== 0) expect(stderr).toMatch(/fixelstream: error: Cannot .*\.\n$/);
      expect(numbersIn(shared)).toEqual(numbersIn(alone));
      expect(fs.readdirSync(shared).filter((name) => name.startsWith("."))).toEqual([]);
    },
  );

  test.each(["fixels", "vectors"] as const)(
    "%s: two are killed at some moment, the others have their results",
    { timeout: 240_000 },
    async (kind) => {
      const place = newPlace();
      const killAfterMs = new Map([0, 1].map((run) => [run, 300 + random.integer(2500)] as const));
      const runs = await runMany({ count: 8, cwd: place.cwd, tokensOf: place[kind], killAfterMs });
      const [killed, living] = [runs.slice(0, 2), runs.slice(2)];
      for (const { code, signal } of killed) expect(signal === "SIGKILL" || code === 0).toBe(true);
      expect(living.map(({ code, stderr }) => code === 0 || stderr)).toEqual(new Array(6).fill(true));
      expectSame(living);
      const [store] = fs.readdirSync(place.cache).filter((name) => name.endsWith(".fxs"));
      expect(verifyStore(path.join(place.cache, store!))).toMatchObject({ damagedBlocks: [], damagedFiles: [] });
      // Nothing large is left; marks of the killed may be, until somebody looks.
      const small = /^\.fx[sc](\.used-.*|\.lock.*)?$/;
      expect(endings(place.cache).filter((name) => !small.test(name))).toEqual([]);
    },
  );
});
