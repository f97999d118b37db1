// cache list and cache clear: recognises what analyses leave, and removes that only.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { clearCache, listCache } from "../../src/app/cache.js";
import { parseAge } from "../../src/units.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { runProblem } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const DAY = 86_400_000;
let made = 0;
let home: string;
let cache: string;
const at = (...names: string[]) => path.join(home, ...names);
const analyse = (output: string) =>
  runProblem(home, { design: at("design.txt"), contrast: at("contrast.txt"), output: at(output), cache, nShuffles: 4 });
const age = (name: string, days: number) => {
  const then = new Date(Date.now() - days * DAY);
  fs.utimesSync(path.join(cache, name), then, then);
};
const kinds = () => listCache(cache).entries.map(({ kind }) => kind);

beforeEach(async () => {
  home = path.join(root, `home${made++}`);
  cache = at("cache");
  writeProblem(home, { nSubjects: 6, nFixels: 20, nConnections: 3 }, createRandom(3));
  writeRows(
    at("design.txt"),
    [0, 1, 0, 1, 0, 1].map((group) => [1, group]),
  );
  writeRows(at("contrast.txt"), [[0, 1]]);
  await analyse("one");
});

/** What kill -9 leaves, and what others put there. */
function litter(): void {
  const [store] = listCache(cache).entries.filter(({ kind }) => kind === "store");
  const unfinished = path.join(cache, `${"a".repeat(24)}.fxs.partial`);
  fs.cpSync(path.join(cache, store!.name), unfinished, { recursive: true });
  fs.rmSync(path.join(unfinished, "store.json"));
  fs.writeFileSync(path.join(unfinished, "lock.json"), JSON.stringify({ pid: 2 ** 22 + 1, host: os.hostname() }));
  const input = { name: "s", path: "/data/fd/s.mif", sizeBytes: 1, mtimeMs: 0 };
  fs.writeFileSync(
    path.join(unfinished, "journal.ndjson"),
    `${JSON.stringify({ scalar: "FD", nSubjects: 6, inputs: [input] })}\n`,
  );
  fs.mkdirSync(path.join(cache, `${"b".repeat(24)}.fxc.partial-${2 ** 22 + 1}`));
  fs.writeFileSync(path.join(cache, "notes.txt"), "mine");
  fs.mkdirSync(path.join(cache, `${"c".repeat(24)}.fxs`));
  fs.writeFileSync(path.join(cache, `${"c".repeat(24)}.fxs`, "thesis.docx"), "mine");
  fs.mkdirSync(at("elsewhere"));
  fs.writeFileSync(at("elsewhere", "store.json"), "{}");
  fs.symlinkSync(at("elsewhere"), path.join(cache, `${"d".repeat(24)}.fxs`));
  fs.mkdirSync(path.join(cache, `${"e".repeat(24)}.fxs`));
  fs.symlinkSync(at("elsewhere", "store.json"), path.join(cache, `${"e".repeat(24)}.fxs`, "store.json"));
}

describe("cache list", () => {
  test("says what each entry is and what it was made from", () => {
    litter();
    const { entries, others } = listCache(cache);
    expect(entries.map(({ kind, madeFrom }) => `${kind}: ${madeFrom.replace(home, "HOME")}`).sort()).toEqual([
      "connectivity: matrix of 20 fixels, -cfe_c 0.5, from HOME/matrix",
      "store: FD of 6 subjects x 20 fixels in HOME",
      "unfinished connectivity: unknown",
      "unfinished store: FD of 6 subjects in /data/fd",
    ]);
    expect(others).toEqual([..."cde"].map((letter) => `${letter.repeat(24)}.fxs`).concat("notes.txt"));
  });

  test("dates an entry by its last use", async () => {
    for (const { name } of listCache(cache).entries) age(name, 40);
    await analyse("two");
    for (const { lastUsed } of listCache(cache).entries) expect(Date.now() - lastUsed.getTime()).toBeLessThan(DAY);
  });
});

describe("cache clear", () => {
  test("removes what is ours and nothing else, through no link", async () => {
    litter();
    const { removed, others } = clearCache(cache, 0);
    expect(removed).toHaveLength(4);
    expect(others).toHaveLength(4);
    expect(fs.readdirSync(cache)).toEqual([..."cde"].map((letter) => `${letter.repeat(24)}.fxs`).concat("notes.txt"));
    expect(fs.existsSync(at("elsewhere", "store.json"))).toBe(true);
    await analyse("two"); // made again
    expect(kinds().sort()).toEqual(["connectivity", "store"]);
  });

  test("leaves what was used since, and what a living process is writing", () => {
    litter();
    age(`${"a".repeat(24)}.fxs.partial`, 31);
    for (const { name, kind } of listCache(cache).entries) if (kind === "connectivity") age(name, 31);
    const lock = path.join(cache, `${"a".repeat(24)}.fxs.partial`, "lock.json");
    fs.writeFileSync(lock, JSON.stringify({ pid: process.pid, host: os.hostname() }));
    const { removed, inUse, recent } = clearCache(cache, 30 * DAY);
    expect(removed.map(({ kind }) => kind)).toEqual(["connectivity"]);
    expect(inUse.map(({ kind }) => kind)).toEqual(["unfinished store"]);
    expect(recent.map(({ kind }) => kind)).toEqual(["store", "unfinished connectivity"]);
  });

  test("on the command line", async () => {
    const listed = await runInProcess(["cache", "list", "--cache", cache]);
    expect(listed).toMatchObject({ status: 0, stderr: "" });
    expect(listed.stdout).toMatch(/cache: 2 entries, \d+(\.\d)? KiB\n {2}store +\d/);
    expect(JSON.parse((await runInProcess(["cache", "list", "--cache", cache, "--json"])).stdout).entries).toHaveLength(
      2,
    );
    const kept = await runInProcess(["cache", "clear", "-cache", cache, "-older-than", "30d"]);
    expect(kept.stderr).toContain(`${cache}: removed 0 entries, 0 B; kept 2 used since\n`);
    const cleared = await runInProcess(["cache", "clear", "--cache", cache]);
    expect(cleared).toMatchObject({ status: 0, stdout: "" });
    expect(kinds()).toEqual([]);
    const missing = await runInProcess(["cache", "clear", "--cache", at("none")]);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toMatch(/Cannot look into the cache .*none: expected a directory, got no such file/);
    expect((await runInProcess(["cache", "clear", "--older-than", "soon"])).stderr).toContain(
      "Cannot use --older-than soon: expected an age such as 30d, 12h, 45min or 2w.",
    );
  });
});

test("ages", () => {
  expect(["90min", "12h", "30d", "2w", "0.5 d"].map((text) => parseAge(text, "--x") / 3600e3)).toEqual([
    1.5, 12, 720, 336, 12,
  ]);
});
