// A conversion is continued only where everything that its journal promises is there.
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { beginStoreBuild, type StoreBuildPlan } from "../../src/store/build-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { partialsOf } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const values = Float32Array.from({ length: 3 * 20 }, (_, i) => i);
const rows = (first: number, count: number) => new Uint8Array(values.buffer, first * 80, count * 80);

/** Two of three subjects are written, then the process ends. */
async function stopAfterTwo(name: string): Promise<StoreBuildPlan> {
  const sources = [0, 1, 2].map((i) => ({ name: `s${i}`, path: `/nowhere/s${i}`, sizeBytes: 1, mtimeMs: 0 }));
  const plan: StoreBuildPlan = {
    ...{ output: join(directory, name), replace: false, kind: "vector", scalar: "values", sources, command: "test" },
    shape: { nSubjects: 3, nElements: 20, blockWidth: 16, elementType: "f32" },
  };
  const build = beginStoreBuild(plan, 2 ** 16);
  await build.writeSubjects(rows(0, 2), 0, [5, 6]);
  await build.close();
  return plan;
}

test("with its data: from where it stopped", async () => {
  const build = beginStoreBuild(await stopAfterTwo("whole.fxs"), 2 ** 16);
  expect(build.written).toEqual([false, false, false]); // not before it was looked at
  expect(await build.checkResumed()).toBe(0);
  expect(build.written).toEqual([true, true, false]);
  await build.close();
});

test("without its data: from the beginning", async () => {
  const plan = await stopAfterTwo("lost.fxs");
  const [partial] = partialsOf(plan.output);
  fs.rmSync(join(partial!, "values.f32"));
  const build = beginStoreBuild(plan, 2 ** 16);
  expect(await build.checkResumed()).toBe(0);
  expect(build.written).toEqual([false, false, false]);
  await build.writeSubjects(rows(0, 3), 0, [5, 6, 7]);
  await build.finish();
  expect(verifyStore(plan.output)).toMatchObject({ damagedBlocks: [], fileProblems: [] });
});

test("with a flipped bit in a row: all but that row", async () => {
  const plan = await stopAfterTwo("flipped.fxs");
  const [partial] = partialsOf(plan.output);
  const data = join(partial!, "values.f32");
  const bytes = fs.readFileSync(data);
  bytes[(1 * 16 + 5) * 4]! ^= 8; // subject 1, element 5
  fs.writeFileSync(data, bytes);
  const build = beginStoreBuild(plan, 2 ** 16);
  expect(await build.checkResumed()).toBe(1);
  expect(build.written).toEqual([true, false, false]);
  await build.writeSubjects(rows(1, 2), 1, [6, 7]);
  await build.finish();
  const stored = new Float32Array(new Uint8Array(fs.readFileSync(join(plan.output, "values.f32"))).buffer);
  expect(stored[1 * 16 + 5]).toBe(25);
  expect(verifyStore(plan.output)).toMatchObject({ damagedBlocks: [], fileProblems: [] });
});
