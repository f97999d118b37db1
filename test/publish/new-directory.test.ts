// Results of a run that made its directory appear with it: until then it is seen empty, whenever the run is killed.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { expect, test, vi } from "vitest";
import type { HeldLock } from "../../src/publish/lock.js";
import { newIdOfNobody } from "../../src/publish/maker.js";
import { openStage, sweepStages } from "../../src/publish/new-directory.js";
import { createPartial } from "../../src/publish/partial-directory.js";
import { publishFiles } from "../../src/publish/publish-files.js";
import { underShortLock } from "../../src/publish/short-lock.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const NAMES = ["a", "b", "run.json"];
const purpose = "Cannot write results to out";
let made = 0;

function begin() {
  const parent = path.join(root, `place${made++}`);
  const into = path.join(parent, "out");
  fs.mkdirSync(into, { recursive: true });
  const partial = createPartial({ kind: "test", prefix: path.join(into, ".partial-"), contents: NAMES });
  for (const name of NAMES) fs.writeFileSync(path.join(partial.path, name), `new ${name}`);
  const under = (move: (lock: HeldLock) => void) => underShortLock(path.join(into, ".results"), purpose, move);
  const wanted = { into, names: NAMES, replaceable: new Map(), ifKilled: "undo", isNew: true, purpose, under } as const;
  return { parent, into, partial, wanted };
}

/** With every rename, what is seen in the directory before it. */
function seenAtEachRename(into: string, work: () => void, before: (to: string) => void = () => {}): string[][] {
  const real = fs.renameSync;
  const seen: string[][] = [];
  const spy = vi.spyOn(fs, "renameSync").mockImplementation((from, to) => {
    seen.push(fs.readdirSync(into).filter((name) => !name.startsWith(".")));
    before(String(to));
    real(from, to);
  });
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    spy.mockRestore();
    syncBuiltinESMExports();
  }
  return seen;
}

test("nothing is seen before all is", () => {
  const { parent, into, partial, wanted } = begin();
  const seen = seenAtEachRename(into, () => publishFiles(partial, wanted));
  expect(seen.length).toBeGreaterThan(NAMES.length);
  expect(seen.flat()).toEqual([]);
  expect(fs.readdirSync(into).sort()).toEqual(NAMES);
  expect(fs.readFileSync(path.join(into, "b"), "utf8")).toBe("new b");
  expect(fs.readdirSync(parent)).toEqual(["out"]);
});

test("where another has begun in it, the files come one after the other", () => {
  const { parent, into, partial, wanted } = begin();
  seenAtEachRename(
    into,
    () => publishFiles(partial, wanted),
    (to) => to === into && fs.mkdirSync(path.join(into, ".another")),
  );
  expect(fs.readdirSync(into).sort()).toEqual([".another", ...NAMES]);
  expect(fs.readdirSync(parent)).toEqual(["out"]);
});

test("a file that another put there meanwhile is not replaced", () => {
  const { parent, into, partial, wanted } = begin();
  const publish = () =>
    seenAtEachRename(
      into,
      () => publishFiles(partial, wanted),
      (to) => to === into && fs.writeFileSync(path.join(into, "b"), "theirs"),
    );
  expect(publish).toThrow(
    `${purpose}: expected no b, got another one, made meanwhile. Move it away and run the command again.`,
  );
  expect(fs.readFileSync(path.join(into, "b"), "utf8")).toBe("theirs");
  expect(fs.existsSync(path.join(into, "run.json"))).toBe(false);
  expect(fs.readdirSync(parent)).toEqual(["out"]);
});

test("where nothing can be made beside it, the files come one after the other", () => {
  const { into, partial, wanted } = begin();
  const real = fs.mkdirSync;
  const refuse = (at: fs.PathLike) => {
    if (!String(at).includes(".publishing-")) return real(at);
    throw Object.assign(new Error("EACCES"), { code: "EACCES", syscall: "mkdir" });
  };
  const spy = vi.spyOn(fs, "mkdirSync").mockImplementation(refuse as typeof fs.mkdirSync);
  syncBuiltinESMExports();
  try {
    publishFiles(partial, wanted);
  } finally {
    spy.mockRestore();
    syncBuiltinESMExports();
  }
  expect(fs.readdirSync(into).sort()).toEqual(NAMES);
});

test("nothing is staged for a directory in which something is seen", () => {
  const { into } = begin();
  fs.writeFileSync(path.join(into, "theirs"), "");
  expect(openStage(into, NAMES)).toBeUndefined();
});

test.each([0, 1, 3])("what one killed after %i moves has left is removed by the next, and nothing else", (moves) => {
  const { parent, into, partial } = begin();
  partial.release();
  const prefix = path.join(parent, ".out.publishing-");
  const outer = createPartial({ kind: "new directory", prefix, contents: NAMES });
  fs.mkdirSync(path.join(outer.path, "out"));
  for (const name of NAMES.slice(0, moves)) fs.writeFileSync(path.join(outer.path, "out", name), name);
  outer.release();
  const dead = `${prefix}${newIdOfNobody()}`;
  fs.renameSync(outer.path, dead);
  fs.mkdirSync(path.join(dead, "out", "theirs"));
  sweepStages(into);
  expect(fs.readdirSync(path.join(dead, "out"))).toEqual(["theirs"]);
  fs.rmdirSync(path.join(dead, "out", "theirs"));
  sweepStages(into);
  expect(fs.readdirSync(parent)).toEqual(["out"]);
});

test.each([{ left: [] }, { left: ["partial.json.new"] }])(
  "nor what has no mark yet, or no more ($left)",
  ({ left }) => {
    const { parent, into, partial } = begin();
    partial.release();
    const dead = path.join(parent, `.out.publishing-${newIdOfNobody()}`);
    fs.mkdirSync(dead);
    for (const name of left) fs.writeFileSync(path.join(dead, name), "");
    sweepStages(into);
    expect(fs.readdirSync(parent)).toEqual(["out"]);
  },
);

test("one that lives is left alone", () => {
  const { parent, into } = begin();
  const stage = openStage(into, NAMES)!;
  sweepStages(into);
  expect(fs.readdirSync(parent)).toHaveLength(2);
  stage.remove();
  expect(fs.readdirSync(parent)).toEqual(["out"]);
});
