// A second scalar in a store: both are there, or the store is what it was.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { openColumnSource } from "../../src/store/open-column-source.js";
import { openStore } from "../../src/store/open-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const N_FIXELS = 37;

function makeCohort(folder: string, value: (i: number, f: number) => number, names = ["a.mif", "b.mif", "c.mif"]) {
  const files = names.map((name, i) => {
    return [name, rawFixelData(Float32Array.from({ length: N_FIXELS }, (_, f) => value(i, f)))] as const;
  });
  return writeCohort(path.join(directory, folder), N_FIXELS, files);
}

const convert = (folder: string, output: string, scalar: string) =>
  convertFixels({
    inputDirectory: path.join(directory, folder),
    subjectList: path.join(directory, folder, "subjects.txt"),
    output,
    scalar,
    command: "test",
  });

function readScalar(store: string, scalar: string): number[] {
  const source = openColumnSource(openStore(store, { io: "read" }).spec(scalar));
  const values = new Float32Array(3 * N_FIXELS);
  source.copyColumnsInto(new Uint8Array(values.buffer), 0, N_FIXELS);
  source.close();
  return [...values];
}

const expected = (value: (i: number, f: number) => number) =>
  [0, 1, 2].flatMap((i) => Array.from({ length: N_FIXELS }, (_, f) => Math.fround(value(i, f))));

const fd = (i: number, f: number) => i + f / 64;
const fc = (i: number, f: number) => (f === 5 && i === 1 ? Number.NaN : 100 * i - f);

makeCohort("fd", fd);
makeCohort("fc", fc);
makeCohort("reordered", fc, ["b.mif", "a.mif", "c.mif"]);

test("both scalars are there, whole, and nothing else is", async () => {
  const store = path.join(directory, "two.fxs");
  await convert("fd", store, "FD");
  await convert("fc", store, "log_FC");
  expect(openStore(store, { io: "read" }).scalarNames).toEqual(["FD", "log_FC"]);
  expect(readScalar(store, "FD")).toEqual(expected(fd));
  expect(readScalar(store, "log_FC")).toEqual(expected(fc));
  expect(openStore(store, { io: "read" }).missing("log_FC")?.[5]).toBe(1);
  expect(verifyStore(store)).toMatchObject({ damagedBlocks: [], damagedFiles: [] });
  expect(fs.readdirSync(directory).filter((name) => name.startsWith("two."))).toEqual(["two.fxs"]);
});

test("files of each scalar may have names of their own, as long as what tells subjects apart is in one order", async () => {
  const store = path.join(directory, "named.fxs");
  makeCohort("fd_named", fd, ["sub-1_fd.mif", "sub-2_fd.mif", "sub-3_fd.mif"]);
  makeCohort("fc_named", fc, ["sub-1_log_fc.mif", "sub-2_log_fc.mif", "sub-3_log_fc.mif"]);
  makeCohort("fc_moved", fc, ["sub-2_log_fc.mif", "sub-1_log_fc.mif", "sub-3_log_fc.mif"]);
  makeCohort("fc_strange", fc, ["x.mif", "yy.mif", "zz.mif"]);
  await convert("fd_named", store, "FD");
  await expect(convert("fc_moved", store, "log_FC")).rejects.toThrow(
    /expected its subjects in its order \(subject 1 is sub-1_fd\.mif\), got sub-2_log_fc\.mif in /,
  );
  await expect(convert("fc_strange", store, "log_FC")).rejects.toThrow(
    /\(subject 1 is sub-1_fd\.mif\), got x\.mif in /,
  );
  await convert("fc_named", store, "log_FC");
  expect(readScalar(store, "log_FC")).toEqual(expected(fc));
});

test("a scalar that is there already is not replaced without force", async () => {
  const store = path.join(directory, "two.fxs");
  await expect(convert("fd", store, "FD")).rejects.toThrow(/exists/);
});

test("other subjects, another order, another template are refused, and the store stays", async () => {
  const store = path.join(directory, "one.fxs");
  await convert("fd", store, "FD");
  await expect(convert("reordered", store, "log_FC")).rejects.toThrow(
    /^Cannot add log_FC to .*: expected its subjects in its order \(subject 1 is a\.mif\), got b\.mif in /,
  );
  writeCohort(path.join(directory, "other"), 40, []);
  fs.copyFileSync(path.join(directory, "fd", "subjects.txt"), path.join(directory, "other", "subjects.txt"));
  await expect(convert("other", store, "log_FC")).rejects.toThrow(/expected its template, got another index/);
  expect(readScalar(store, "FD")).toEqual(expected(fd));
});

/** The built command, killed before its `at`-th rename into the store. */
function convertKilled(folder: string, store: string, scalar: string, at: number): NodeJS.Signals | null {
  const preload = path.join(import.meta.dirname, "../support/kill-at-rename.mjs");
  const input = path.join(directory, folder);
  const tokens = ["convert", "fixels", input, path.join(input, "subjects.txt"), store, "--scalar", scalar];
  return spawnSync(process.execPath, ["--import", preload, builtCommand, ...tokens], {
    env: { ...process.env, KILL_INTO: store, KILL_AT: String(at) },
  }).signal;
}

test.skipIf(!fs.existsSync(builtCommand))(
  "killed at any of its moves, the store is as it was, and the next run adds the scalar",
  async () => {
    for (const at of [1, 2, 3]) {
      const store = path.join(directory, `killed${at}.fxs`);
      await convert("fd", store, "FD");
      expect(convertKilled("fc", store, "log_FC", at)).toBe("SIGKILL");
      expect(openStore(store, { io: "read" }).scalarNames).toEqual(["FD"]);
      await convert("fc", store, "log_FC");
      expect(readScalar(store, "log_FC")).toEqual(expected(fc));
      expect(verifyStore(store)).toMatchObject({ damagedBlocks: [], damagedFiles: [], fileProblems: [] });
      expect(fs.readdirSync(directory).filter((name) => name.startsWith("killed"))).toEqual([`killed${at}.fxs`]);
      fs.rmSync(store, { recursive: true });
    }
  },
);

test("two scalars at once: one is added, the other refused, none is lost", async () => {
  const store = path.join(directory, "both.fxs");
  await convert("fd", store, "FD");
  const results = await Promise.allSettled([convert("fc", store, "log_FC"), convert("fc", store, "FC")]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect((results[1] as PromiseRejectedResult).reason.message).toMatch(/it is being written by process \d+ of /);
  await convert("fc", store, "FC");
  expect(openStore(store, { io: "read" }).scalarNames).toEqual(["FD", "log_FC", "FC"]);
});

test("a file of the user's that has the name of the scalar's data is not replaced", async () => {
  const store = path.join(directory, "notes.fxs");
  await convert("fd", store, "FD");
  fs.writeFileSync(path.join(store, "log_FC.f32"), "mine");
  fs.writeFileSync(path.join(store, "notes.txt"), "mine");
  await expect(convert("fc", store, "log_FC")).rejects.toThrow(
    /^Cannot add log_FC to .*: expected no log_FC\.f32, got another one, made meanwhile\. Move it away/,
  );
  expect(fs.readFileSync(path.join(store, "log_FC.f32"), "utf8")).toBe("mine");
  fs.rmSync(path.join(store, "log_FC.f32"));
  await convert("fc", store, "log_FC");
  expect(fs.readFileSync(path.join(store, "notes.txt"), "utf8")).toBe("mine");
});
