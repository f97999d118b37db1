// A directory claimed for results: every directory made for it goes again when nothing came of it, and none that somebody else uses.
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { claimDirectory } from "../../src/results/claim-directory.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const claim = (path: string) => claimDirectory({ path, purpose: "Cannot write results", remedy: "Choose another." });

test("all directories that were made are removed, from the deepest to the first", () => {
  fs.mkdirSync(join(root, "there"));
  const { path, release } = claim(join(root, "there/new/deeper/out"));
  expect(fs.readdirSync(path)).toEqual([]);
  release();
  expect(fs.readdirSync(join(root, "there"))).toEqual([]);
  release();
  expect(fs.existsSync(join(root, "there"))).toBe(true);
});

test("up to one that is in use by then", () => {
  const { release } = claim(join(root, "shared/deeper/out"));
  fs.writeFileSync(join(root, "shared/note.txt"), "");
  release();
  expect(fs.readdirSync(join(root, "shared"))).toEqual(["note.txt"]);
});

test("what was there stays, empty or not", () => {
  fs.mkdirSync(join(root, "empty"));
  claim(join(root, "empty")).release();
  expect(fs.existsSync(join(root, "empty"))).toBe(true);
});
