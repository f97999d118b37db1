// Files that appear together: what is in the way stops it before the first is moved; what a kill leaves half done is undone, or finished.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { identityOf } from "../../src/publish/file-identity.js";
import type { HeldLock } from "../../src/publish/lock.js";
import { newIdOfNobody } from "../../src/publish/maker.js";
import { createPartial } from "../../src/publish/partial-directory.js";
import { publishFiles, settlePublications } from "../../src/publish/publish-files.js";
import { underShortLock } from "../../src/publish/short-lock.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const realRename = fs.renameSync;
const NAMES = ["a", "b", "run.json"];
let made = 0;

function begin() {
  const into = path.join(root, `out${made++}`);
  fs.mkdirSync(into);
  const prefix = path.join(into, ".partial-");
  const partial = createPartial({ kind: "test", prefix, contents: NAMES });
  for (const name of NAMES) fs.writeFileSync(path.join(partial.path, name), `new ${name}`);
  return { into, prefix, partial };
}
const contents = (into: string) =>
  Object.fromEntries(
    fs
      .readdirSync(into, { withFileTypes: true })
      .map((entry) => [
        entry.name.replace(/^(\.partial-).*/, "$1"),
        entry.isFile() ? fs.readFileSync(path.join(into, entry.name), "utf8") : "directory",
      ]),
  );
const NEW = { a: "new a", b: "new b", "run.json": "new run.json" };
const purpose = "Cannot write results to out";
const under = (move: (lock: HeldLock) => void) => underShortLock(path.join(root, "publishing"), purpose, move);

test("all of them, and nothing else is left", () => {
  const { into, partial } = begin();
  publishFiles(partial, { into, names: NAMES, replaceable: new Map(), ifKilled: "undo", purpose, under });
  expect(contents(into)).toEqual(NEW);
});

test("none when something has a name, or was changed since the run began", () => {
  for (const known of [false, true]) {
    const { into, partial } = begin();
    fs.writeFileSync(path.join(into, "b"), "old");
    const replaceable = new Map(known ? [["b", identityOf(path.join(into, "b"))!]] : []);
    fs.writeFileSync(path.join(into, "b"), "mine now");
    const publish = () =>
      publishFiles(partial, { into, names: NAMES, replaceable, ifKilled: "finish", purpose, under });
    expect(publish).toThrow(
      `${purpose}: expected ${known ? "b as it was when the run began" : "no b"}, got another one, made meanwhile. Move it away and run the command again.`,
    );
    expect(contents(into)).toEqual({ b: "mine now", ".partial-": "directory" });
    partial.remove();
    expect(contents(into)).toEqual({ b: "mine now" });
  }
});

/** As a kill after `moves` renames leaves it. */
function killed(ifKilled: "undo" | "finish", moves: number) {
  const { into, prefix, partial } = begin();
  const old = ifKilled === "finish" ? ["b", "run.json"] : ["run.json"];
  for (const name of old) fs.writeFileSync(path.join(into, name), `old ${name}`);
  const files = NAMES.map((name) => ({
    name,
    identity: identityOf(path.join(partial.path, name)),
    replaces: identityOf(path.join(into, name)) ?? null,
  }));
  fs.writeFileSync(
    path.join(partial.path, "publishing.json"),
    JSON.stringify({ into: "..", ifKilled, files, removes: [] }),
  );
  if (ifKilled === "finish") fs.rmSync(path.join(into, "run.json"));
  for (const name of NAMES.slice(0, moves)) fs.renameSync(path.join(partial.path, name), path.join(into, name));
  partial.release();
  fs.renameSync(partial.path, `${prefix}${newIdOfNobody()}`);
  // The whole place has moved meanwhile: names in it are relative.
  const elsewhere = `${into}-moved`;
  fs.renameSync(into, elsewhere);
  return { into: elsewhere, prefix: path.join(elsewhere, ".partial-") };
}

test.each([0, 1, 2, 3])("killed after %i moves with old ones among them, it is finished", (moves) => {
  const { into, prefix } = killed("finish", moves);
  settlePublications("test", prefix, into, purpose);
  expect(contents(into)).toEqual(NEW);
});

test.each([0, 1, 2])("killed after %i moves of new ones, it is undone", (moves) => {
  const { into, prefix } = killed("undo", moves);
  settlePublications("test", prefix, into, purpose);
  expect(contents(into)).toEqual({ "run.json": "old run.json", ".partial-": "directory" });
  const [folder] = fs.readdirSync(into).filter((name) => name.startsWith(".partial-"));
  expect(fs.readdirSync(path.join(into, folder!)).sort()).toEqual([...NAMES, "partial.json"].sort());
});

test("killed after the last move, nothing of it is left to do", () => {
  const { into, prefix } = killed("undo", 3);
  settlePublications("test", prefix, into, purpose);
  expect(contents(into)).toEqual(NEW);
});

test.each(["undo", "finish"] as const)("what fails half-way is taken back, or left to be finished (%s)", (ifKilled) => {
  const { into, prefix, partial } = begin();
  if (ifKilled === "finish") fs.writeFileSync(path.join(into, "a"), "old a");
  const replaceable = new Map(ifKilled === "finish" ? [["a", identityOf(path.join(into, "a"))!]] : []);
  const names = { into, names: NAMES, replaceable, ifKilled, purpose, under };
  const rename = vi.spyOn(fs, "renameSync").mockImplementation((from, to) => {
    if (String(to).endsWith("/b")) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "rename" });
    realRename(from, to);
  });
  syncBuiltinESMExports();
  try {
    expect(() => publishFiles(partial, names)).toThrow("ENOSPC");
  } finally {
    rename.mockRestore();
    syncBuiltinESMExports();
  }
  partial.remove(); // as the run does that failed
  if (ifKilled === "undo") expect(contents(into)).toEqual({});
  else {
    expect(contents(into)).toEqual({ a: "new a", ".partial-": "directory" });
    settlePublications("test", prefix, into, purpose);
    expect(contents(into)).toEqual(NEW);
  }
});

test("what the user put there after the kill is neither replaced nor taken away", () => {
  const finish = killed("finish", 1);
  fs.rmSync(path.join(finish.into, "b"));
  fs.writeFileSync(path.join(finish.into, "b"), "mine");
  expect(() => settlePublications("test", finish.prefix, finish.into, purpose)).toThrow(/expected b as it was when/);
  expect(contents(finish.into)).toMatchObject({ a: "new a", b: "mine" });
  const undo = killed("undo", 1);
  fs.rmSync(path.join(undo.into, "a"));
  fs.writeFileSync(path.join(undo.into, "a"), "mine");
  settlePublications("test", undo.prefix, undo.into, purpose);
  expect(contents(undo.into)).toMatchObject({ a: "mine", "run.json": "old run.json" });
});
