// What the built program loads only when a file needs it is in it. Needs `npm run build`.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

test.each([true, false])("archives of numpy, deflated: %s", (isDeflated) => {
  const root = temporaryDirectory();
  const data = bytesOf(Float32Array.from({ length: 12 }, (_, i) => i));
  writeFileSync(join(root, "v.npz"), zipBytes({ "arr_0.npy": npyBytes({ shape: [4, 3], data }) }, isDeflated));
  const { status, stderr } = runCli(["convert", "vectors", "v.npz", "v.fxs", "-quiet"], root);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each([
  ["a number that is a word", { nSubjects: "three" }, "nSubjects: Invalid input: expected"],
  ["a number that is too small", { nSubjects: 0 }, "nSubjects: Too small: expected"],
  ["one that is no choice", { kind: "pixel" }, "kind: Invalid option: expected"],
  ["nothing", {}, "nSubjects: Invalid input: expected"],
])("the words of what a file must be, of which it has one language: %s", async (_, changed, words) => {
  const store = join(temporaryDirectory(), "bad.fxs");
  mkdirSync(store);
  const head = { formatVersion: 1, creator: "x", complete: true, kind: "fixel" };
  writeFileSync(join(store, "store.json"), JSON.stringify({ ...head, ...changed }));
  const built = runCli(["info", store], store);
  expect(built).toEqual(await runInProcess(["info", store]));
  expect(built.stderr).toContain(` is damaged (${words} `);
});
