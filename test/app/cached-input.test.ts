// One cache for many: who waits says for whom, uses what the other published, takes over from the dead, and is not kept for ever by the silent.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { InferenceEvents } from "../../src/app/analyse/analyse.js";
import { clearCache, listCache } from "../../src/app/cache/cache.js";
import { SILENT_AFTER_MS } from "../../src/publish/maker.js";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { age, deadId, foreignId, plantLock, plantPartial } from "../support/partials.js";
import { runProblem, runVectors } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { npyBytes } from "../support/write-npy.js";

const root = temporaryDirectory();
const problem = path.join(root, "problem");
const [design, contrast, vectors] = ["design.txt", "contrast.txt", "v.npy"].map((name) => path.join(root, name)) as [
  string,
  string,
  string,
];
let made = 0;
let cache: string;
/** KEY.fxs and KEY.fxc of the problem, KEY.fxs of the vectors. */
let store: string;
let matrix: string;
let vectorStore: string;

const infer = (events?: InferenceEvents) =>
  runProblem(problem, { nShuffles: 20, design, contrast, cache, output: path.join(root, `out${made++}`) }, events);
const inferFromVectors = (events?: InferenceEvents) =>
  runVectors(
    root,
    { input: vectors, nShuffles: 20, design, contrast, cache, prefix: path.join(root, `v${made++}_`) },
    events,
  );

beforeAll(async () => {
  writeProblem(problem, { nSubjects: 8, nFixels: 40, nConnections: 4 }, createRandom(4));
  writeRows(
    design,
    Array.from({ length: 8 }, (_, i) => [1, i % 2]),
  );
  writeRows(contrast, [[0, 1]]);
  const values = Float32Array.from({ length: 8 * 40 }, (_, i) => Math.sin(i));
  fs.writeFileSync(vectors, npyBytes({ shape: [8, 40], data: new Uint8Array(values.buffer) }));
  cache = path.join(root, "first");
  await infer();
  [store, matrix] = ["fxs", "fxc"].map((ending) => fs.readdirSync(cache).find((name) => name.endsWith(ending))!) as [
    string,
    string,
  ];
  await inferFromVectors();
  vectorStore = fs.readdirSync(cache).find((name) => name.endsWith(".fxs") && name !== store)!;
});

beforeEach(() => {
  cache = path.join(root, `cache${made++}`);
  fs.mkdirSync(cache);
});
/** A run comes to where it waits after as long as the machine wants. */
const expectSoon = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });
const inCache = (name: string) => path.join(cache, name);
const copyFromFirst = (name: string) => fs.cpSync(path.join(root, "first", name), inCache(name), { recursive: true });
const names = () => fs.readdirSync(cache).sort();

describe.each([
  ["subjects", () => store, infer],
  ["vectors", () => vectorStore, inferFromVectors],
  ["a matrix", () => matrix, infer],
] as const)("%s that another process is making", (_, nameOf, run) => {
  test("are waited for, with a message that says for whom, and used", async () => {
    const entry = inCache(nameOf());
    plantLock(entry, foreignId());
    const warnings: string[] = [];
    const phases = new Set<string>();
    const running = run({
      onWarning: ({ tag, message }) => void (tag === "waiting-for-cache" && warnings.push(message)),
      onProgress: (phase) => void phases.add(phase),
    });
    await expectSoon(() => warnings).toEqual([
      `Waiting for ${entry}: it is being made by process ${process.pid} of ${holderHost(entry)}, since 2026-11-26 14:02:11 UTC.`,
    ]);
    await new Promise((resolve) => setTimeout(resolve, 300)); // it looks again meanwhile
    copyFromFirst(nameOf());
    fs.rmSync(`${entry}.lock`);
    await running;
    expect(phases.has(nameOf().endsWith("fxc") ? "connectivity" : "convert")).toBe(false);
    expect(warnings).toHaveLength(1); // said once
  });

  test("are made here when the other goes, dies, or falls silent", async () => {
    for (const end of ["goes", "dies", "falls silent"]) {
      const entry = inCache(nameOf());
      const id = foreignId();
      plantLock(entry, id);
      const tags: string[] = [];
      const running = run({ onWarning: ({ tag }) => void tags.push(tag) });
      await expectSoon(() => tags).toContain("waiting-for-cache");
      expect(fs.existsSync(entry)).toBe(false);
      if (end === "goes") fs.rmSync(`${entry}.lock`);
      if (end === "dies") plantLock(entry, deadId());
      if (end === "falls silent") age(`${entry}.lock`, SILENT_AFTER_MS + 5000);
      await running;
      expect(fs.existsSync(entry)).toBe(true);
      fs.rmSync(cache, { recursive: true });
      fs.mkdirSync(cache);
    }
  });

  test("are waited for until a signal ends that", async () => {
    plantLock(inCache(nameOf()), foreignId());
    const controller = new AbortController();
    const end = ({ tag }: { tag: string }) => {
      if (tag === "waiting-for-cache") setTimeout(() => controller.abort(new Error("enough")), 100);
    };
    await expect(run({ signal: controller.signal, onWarning: end })).rejects.toThrow("enough");
    expect(names().filter((name) => name.startsWith(nameOf()))).toEqual([`${nameOf()}.lock`]);
  });
});

const holderHost = (entry: string): string => JSON.parse(fs.readFileSync(`${entry}.lock`, "utf8")).host;

test("what is used is not cleared away, nor made anew under its user", async () => {
  let inUse: string[] = [];
  await infer({
    onProgress: (phase) => {
      if (phase !== "shuffle" || inUse.length > 0) return;
      inUse = clearCache(cache, 0).inUse.map(({ name, users }) => `${name} ${users.map(({ pid }) => pid)}`);
    },
  });
  expect(inUse.sort()).toEqual([`${matrix} ${process.pid}`, `${store} ${process.pid}`].sort());
  expect(names()).toEqual([matrix, store].sort()); // the marks are gone
  expect(clearCache(cache, 0).removed).toHaveLength(2);
  expect(names()).toEqual([]);
});

test("what cannot be used is replaced; what is not ours there is not", async () => {
  for (const name of [store, matrix]) copyFromFirst(name);
  fs.truncateSync(path.join(inCache(store), "FD.f32"), 10);
  fs.truncateSync(path.join(inCache(matrix), "counts.u32"), 10);
  await infer();
  expect(
    listCache(cache)
      .entries.map(({ kind }) => kind)
      .sort(),
  ).toEqual(["connectivity", "store"]);
  expect(names()).toEqual([matrix, store].sort());
  for (const name of [store, matrix]) {
    fs.rmSync(inCache(name), { recursive: true });
    fs.mkdirSync(inCache(name));
    fs.writeFileSync(path.join(inCache(name), "notes.txt"), "mine");
    await expect(infer()).rejects.toThrow(
      /^Cannot replace .*: expected a (store|prepared connectivity) that fixelstream made/,
    );
    expect(fs.readFileSync(path.join(inCache(name), "notes.txt"), "utf8")).toBe("mine");
    fs.rmSync(inCache(name), { recursive: true });
  }
});

test("what a killed preparation left is removed by the next run, whatever it prepares", async () => {
  const other = "0123456789abcdef01234567.fxc.partial-";
  plantPartial(inCache(other), deadId(), "connectivity", { "connections.bin": "half" });
  const living = plantPartial(inCache(other), foreignId(), "connectivity", { "connections.bin": "half" });
  await infer();
  expect(names()).toEqual([path.basename(living), matrix, store].sort());
});

test("vectors that were used today are not cleared by --older-than", async () => {
  await inferFromVectors();
  age(inCache(vectorStore), 40 * 86_400_000);
  await inferFromVectors();
  expect(clearCache(cache, 30 * 86_400_000).recent.map(({ name }) => name)).toEqual([vectorStore]);
});
