// Files with their maker's id: those of dead makers are swept away, those of the living, of other machines and of anybody else are not.
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findMade, sweepMade } from "../../src/publish/made-files.js";
import { newId } from "../../src/publish/maker.js";
import { deadId, foreignId } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("only what a dead process of this machine made is swept away", () => {
  const directory = temporaryDirectory();
  const prefix = join(directory, "x.lock.draft-");
  const made = { living: newId(), dead: deadId(), foreign: foreignId() };
  for (const id of Object.values(made)) fs.writeFileSync(prefix + id, '{"format":"fixelstream-lock"}');
  // killed before it was written, or while it was
  fs.writeFileSync(prefix + deadId(), "");
  fs.writeFileSync(prefix + deadId(), '{"form');
  // nobody of us made it
  const text = prefix + deadId();
  fs.writeFileSync(text, "notes");
  fs.writeFileSync(`${prefix}notes`, "{}");
  expect(findMade(prefix)).toHaveLength(5);
  sweepMade(prefix);
  const left = [prefix + made.living, prefix + made.foreign, text, `${prefix}notes`];
  expect(fs.readdirSync(directory).sort()).toEqual(left.map((path) => path.slice(directory.length + 1)).sort());
});
