// doctor must fail where something is wrong: an old Node, numbers that differ, a mapping that gives other bytes.
import { afterEach, expect, test, vi } from "vitest";
import { examine } from "../../src/app/inspect/doctor.js";
import { SELF_TEST_TOLERANCE } from "../../src/app/inspect/self-test.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const pretended = vi.hoisted(() => ({ difference: 0, copiesNothing: false }));
vi.mock("../../src/app/inspect/self-test.js", async (importOriginal) => ({
  ...(await importOriginal<typeof import("../../src/app/inspect/self-test.js")>()),
  runSelfTest: async () => ({ difference: pretended.difference, nNumbers: 17, elapsedMs: 1 }),
}));
vi.mock("../../src/mapping/mapped-file.js", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/mapping/mapped-file.js")>();
  class Forgetful extends original.MappedFile {
    override copyInto(target: Uint8Array, offset: number): void {
      if (!pretended.copiesNothing) super.copyInto(target, offset);
    }
  }
  return { ...original, MappedFile: Forgetful };
});

const cache = temporaryDirectory();
const failed = async () => (await examine({ cache })).failed;
const { versions } = process;
// whatever library this machine has, the sets of kernels are those of every machine
vi.stubEnv("FIXELSTREAM_BLAS", "none");
afterEach(() => {
  Object.assign(pretended, { difference: 0, copiesNothing: false });
  Object.defineProperty(process, "versions", { value: versions });
});

test("nothing, where nothing is", async () => {
  expect(await failed()).toEqual([]);
});

test("numbers that differ by more than rounding, with either set of kernels", async () => {
  pretended.difference = 1.01 * SELF_TEST_TOLERANCE;
  expect(await failed()).toEqual(["test simd", "test reference"]);
  pretended.difference = SELF_TEST_TOLERANCE;
  expect(await failed()).toEqual([]);
});

test("a mapping that gives other bytes than were written", async () => {
  pretended.copiesNothing = true;
  expect(await failed()).toEqual(["mapping"]);
});

test.each([
  ["20.14.0", ["node"]],
  ["18.20.4", ["node"]],
  ["20.15.0", []],
  ["21.0.0", []],
])("Node %s", async (node, expected) => {
  Object.defineProperty(process, "versions", { value: { ...versions, node } });
  expect(await failed()).toEqual(expected);
});
