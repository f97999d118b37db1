// Two conversions to one output at once: one of them does it, the other is refused and disturbs nothing; and what killed ones leave is taken over.
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { newId } from "../../src/publish/maker.js";
import { verifyStore } from "../../src/store/verify.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { deadId, foreignId, plantLock, plantPartial } from "../support/partials.js";
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

/** Reasons of all but one of them, whichever came first. */
async function reasonsOf(conversions: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const results = await Promise.allSettled(conversions);
  const refused = results.filter((result) => result.status === "rejected");
  expect(refused.length).toBe(conversions.length - 1);
  return refused.map(({ reason }) => reason);
}

test("all but one of several are refused, the one is not disturbed, and another may follow", async () => {
  for (const reason of await reasonsOf([convert(), convert(), convert({ force: true })])) {
    expect(reason).toMatchObject({
      _tag: "InputError",
      message: expect.stringMatching(
        /^Cannot write .*cohort.fxs: it is being written by process \d+ of .*, since .* UTC. Wait for it, or end it and/,
      ),
    });
  }
  expect(verifyStore(output)).toMatchObject(whole);
  await convert({ force: true });
  expect(fs.readdirSync(root).sort()).toEqual(["cohort.fxs", "fd"]);
});

test("two into one .h5: one is refused, and nothing is left of it", async () => {
  const hdf5 = path.join(root, "cohort.h5");
  const [reason] = await reasonsOf([convert({ output: hdf5 }), convert({ output: hdf5 })]);
  expect((reason as Error).message).toMatch(
    /^Cannot write .*cohort.h5: it is being written by process \d+ of .*, since .* UTC. Wait for it, or end it and/,
  );
  expect(fs.readdirSync(root).sort()).toEqual(["cohort.fxs", "cohort.h5", "fd"]);
  fs.rmSync(hdf5);
});

test("what a killed conversion left beside an .h5 is removed by the next, what lives is not", async () => {
  const hdf5 = path.join(root, "left.h5");
  plantPartial(`${hdf5}.partial-`, deadId(), "hdf5", { "values.h5": "half", chunk: "inflated" });
  const living = plantPartial(`${hdf5}.partial-`, foreignId(), "hdf5", { "values.h5": "half" });
  await convert({ output: hdf5 });
  const left = fs.readdirSync(root).filter((name) => name.startsWith("left"));
  expect(left.sort()).toEqual(["left.h5", path.basename(living)]);
  for (const name of left) fs.rmSync(path.join(root, name), { recursive: true });
});

test("a lock of a process that is no more is taken over, one of our own number too", async () => {
  const bornAgain = newId().replace(/^([\w.]+-\d+)-[0-9a-z]+-/, "$1-1-");
  for (const id of [deadId(), bornAgain]) {
    plantLock(output, id);
    await convert({ force: true });
    expect(verifyStore(output)).toMatchObject(whole);
    expect(fs.readdirSync(root).sort()).toEqual(["cohort.fxs", "fd"]);
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
