// Two conversions to one output at once: one of them does it, the other is refused and disturbs nothing; and what killed ones leave is taken over.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { convertFixels } from "../../src/app/convert.js";
import { verifyStore } from "../../src/store/verify.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const cohort = writeCohort(
  path.join(root, "fd"),
  2000,
  Array.from({ length: 9 }, (_, s) => [`s${s}.mif`, rawFixelData(new Float32Array(2000).fill(s))] as const),
);
const output = path.join(root, "cohort.fxs");
const convert = (options: Partial<Parameters<typeof convertFixels>[0]> = {}) =>
  convertFixels({ ...cohort, output, command: "convert", memoryBytes: 2 ** 18, ...options });
const whole = { damagedBlocks: [], damagedFiles: [], fileProblems: [] };

test("the second of two is refused, the first is not disturbed, and a third may follow", async () => {
  const results = await Promise.allSettled([convert(), convert(), convert({ force: true })]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  for (const result of results.slice(1)) {
    expect((result as PromiseRejectedResult).reason).toMatchObject({
      _tag: "InputError",
      message: expect.stringMatching(
        /^Cannot write .*cohort.fxs: process \d+ is writing it. Wait for it, or end it and/,
      ),
    });
  }
  expect(verifyStore(output)).toMatchObject(whole);
  await convert({ force: true });
  expect(fs.readdirSync(root).sort()).toEqual(["cohort.fxs", "fd"]);
});

test("a lock of a process that is no more is taken over, half a lock too", async () => {
  for (const lock of [
    JSON.stringify({ pid: 2 ** 22 + 1, host: os.hostname() }),
    '{"pid":',
    JSON.stringify({ pid: process.pid, host: os.hostname() }),
  ]) {
    fs.mkdirSync(`${output}.partial`);
    fs.writeFileSync(path.join(`${output}.partial`, "lock.json"), lock);
    await convert({ force: true });
    expect(verifyStore(output)).toMatchObject(whole);
    expect(fs.existsSync(`${output}.partial`)).toBe(false);
  }
});

test("a source that vanishes while it is read is named, and the conversion can be continued", async () => {
  const vanishing = path.join(root, "fd", "s5.mif");
  const bytes = fs.readFileSync(vanishing);
  const { mtime } = fs.statSync(vanishing);
  const stopped = convert({
    force: true,
    onProgress: ({ phase, done }) => phase === "read" && done === 2 && fs.rmSync(vanishing),
  });
  await expect(stopped).rejects.toThrow(
    /^Cannot convert .*s5.mif: it is no longer there. Restore it, and run the command again.$/,
  );
  expect(verifyStore(output)).toMatchObject(whole); // the old one
  fs.writeFileSync(vanishing, bytes);
  fs.utimesSync(vanishing, mtime, mtime);
  await convert({ force: true });
  expect(verifyStore(output)).toMatchObject(whole);
});
