// cache list and cache clear: recognises what analyses leave, and removes that only.
import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { clearCache, listCache } from "../../src/app/cache/cache.js";
import { signed } from "../../src/checksum.js";
import { parseId } from "../../src/publish/maker.js";
import { parseAge } from "../../src/units.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { deadId, foreignId, plantLock, plantPartial } from "../support/partials.js";
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

const KEYS = [..."abcdefg"].map((letter) => letter.repeat(24).replaceAll("g", "0"));
const [UNFINISHED, HALF_MATRIX, THESIS, LINK, LINKED, SHOP, NOTED] = KEYS as [string, ...string[]] & string[];

/** What kill -9 leaves, and what others put there. */
function litter(): void {
  const store = listCache(cache).entries.find(({ kind }) => kind === "store")!.name;
  const input = { name: "s", path: "/data/fd/s.mif", sizeBytes: 1, mtimeMs: 0 };
  const plan = { scalar: "FD", nSubjects: 6, elementType: "f32", inputs: [input] };
  const files = { "journal.ndjson": `${JSON.stringify(signed(plan))}\n`, "FD.f32": "half" };
  plantPartial(path.join(cache, `${UNFINISHED}.fxs.partial-`), deadId(), "store", files);
  plantLock(path.join(cache, `${UNFINISHED}.fxs`), deadId());
  plantPartial(path.join(cache, `${HALF_MATRIX}.fxc.partial-`), deadId(), "connectivity", { "counts.u32": "" });
  fs.writeFileSync(path.join(cache, `${HALF_MATRIX}.fxc.used-${deadId()}`), '{"format":"fixelstream-use"}');
  fs.writeFileSync(path.join(cache, "notes.txt"), "mine");
  fs.mkdirSync(path.join(cache, `${THESIS}.fxs`));
  fs.writeFileSync(path.join(cache, `${THESIS}.fxs`, "thesis.docx"), "mine");
  fs.mkdirSync(at("elsewhere"));
  fs.writeFileSync(at("elsewhere", "store.json"), "{}");
  fs.symlinkSync(at("elsewhere"), path.join(cache, `${LINK}.fxs`));
  fs.mkdirSync(path.join(cache, `${LINKED}.fxs`));
  fs.symlinkSync(at("elsewhere", "store.json"), path.join(cache, `${LINKED}.fxs`, "store.json"));
  fs.mkdirSync(path.join(cache, `${SHOP}.fxs`));
  fs.writeFileSync(path.join(cache, `${SHOP}.fxs`, "store.json"), '{"name": "my shop"}');
  fs.cpSync(path.join(cache, store), path.join(cache, `${NOTED}.fxs`), { recursive: true });
  fs.writeFileSync(path.join(cache, `${NOTED}.fxs`, "notes.txt"), "mine");
}
const OTHERS = [NOTED, THESIS, LINK, LINKED, SHOP].map((key) => `${key}.fxs`).concat("notes.txt");

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
    expect(others).toEqual(OTHERS);
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
    expect(others).toEqual(OTHERS);
    expect(fs.readdirSync(cache).sort()).toEqual(OTHERS);
    expect(fs.readdirSync(path.join(cache, `${NOTED}.fxs`))).toContain("FD.f32");
    expect(fs.existsSync(at("elsewhere", "store.json"))).toBe(true);
    await analyse("two"); // made again
    expect(kinds().sort()).toEqual(["connectivity", "store"]);
  });

  test("leaves what was used since, and what a living process is writing or using, here or elsewhere", () => {
    litter();
    for (const { name, kind } of listCache(cache).entries) {
      age(name, 31);
      if (kind === "unfinished store") {
        const partial = path.join(cache, name);
        fs.renameSync(partial, partial.replace(/partial-.*$/, `partial-${foreignId()}`));
      }
      if (kind === "connectivity")
        fs.writeFileSync(path.join(cache, `${name}.used-${foreignId()}`), '{"format":"fixelstream-use"}');
      if (kind === "store") age(name, 1);
    }
    const { removed, inUse, recent } = clearCache(cache, 30 * DAY);
    expect(removed.map(({ kind }) => kind)).toEqual(["unfinished connectivity"]);
    expect(inUse.map(({ kind }) => kind).sort()).toEqual(["connectivity", "unfinished store"]);
    expect(recent.map(({ kind }) => kind)).toEqual(["store"]);
  });

  test("says who uses what is left, until the process is silent for two minutes", async () => {
    const matrix = listCache(cache).entries.find(({ kind }) => kind === "connectivity")!.name;
    const id = foreignId();
    const mark = path.join(cache, `${matrix}.used-${id}`);
    fs.writeFileSync(mark, JSON.stringify({ format: "fixelstream-use", host: "node-7.cluster", pid: 4711 }));
    const kept = await runInProcess(["cache", "clear", "--cache", cache]);
    expect(kept.stderr).toMatch(
      new RegExp(
        `removed 1 entry, .*; kept 1 in use\n {2}kept ${matrix}: process ${parseId(id)!.pid} of node-7\\.cluster uses it\n$`,
      ),
    );
    const then = new Date(Date.now() - 121_000);
    fs.utimesSync(mark, then, then);
    expect((await runInProcess(["cache", "clear", "--cache", cache])).stderr).toMatch(/removed 1 entry, [^;]*\n$/);
    expect(fs.readdirSync(cache)).toEqual([]);
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
