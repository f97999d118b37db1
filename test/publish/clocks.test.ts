// Who lives on another machine is told by the clock of the disk: that of this host may be hours off, before or behind.
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { usersOf } from "../../src/publish/in-use.js";
import { holderOf, tryLock } from "../../src/publish/lock.js";
import { findMade } from "../../src/publish/made-files.js";
import { SILENT_AFTER_MS } from "../../src/publish/maker.js";
import { findAbandoned } from "../../src/publish/partial-directory.js";
import { age, foreignId, plantLock, plantPartial } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let made = 0;
const HOUR_MS = 3_600_000;

afterEach(() => void vi.restoreAllMocks());

/** What another machine has there; its last sign of life so many milliseconds ago. */
function plant(silentMs: number) {
  const target = path.join(root, `place${made++}`, "x.fxs");
  fs.mkdirSync(path.dirname(target));
  plantLock(target, foreignId(), silentMs);
  const partial = plantPartial(`${target}.partial-`, foreignId(), "store", { "FD.f32": "half" });
  age(path.join(partial, "partial.json"), silentMs);
  const mark = `${target}.used-${foreignId()}`;
  fs.writeFileSync(mark, '{"format":"fixelstream-use"}');
  age(mark, silentMs);
  return {
    target,
    partial,
    names: fs.readdirSync(path.dirname(target)).sort(),
    namesNow: () => fs.readdirSync(path.dirname(target)).sort(),
  };
}

describe.each([
  ["right", 0],
  ["an hour ahead", HOUR_MS],
  ["an hour behind", -HOUR_MS],
])("this host's clock is %s", (_, offMs) => {
  const shift = () => {
    const now = Date.now.bind(Date);
    vi.spyOn(Date, "now").mockImplementation(() => now() + offMs);
  };

  test("another machine's lock, partial directory and mark of use are respected while it gives signs of life", () => {
    const { target, names, namesNow } = plant(SILENT_AFTER_MS / 2);
    shift();
    expect(holderOf(target)?.pid).toBe(process.pid);
    expect("holder" in tryLock(target, "write")).toBe(true);
    expect(findAbandoned("store", `${target}.partial-`)).toEqual([]);
    expect(findMade(`${target}.used-`).map(({ life }) => life)).toEqual(["alive"]);
    expect(usersOf(target)).toHaveLength(1);
    expect(namesNow()).toEqual(names);
  });

  test("they are not when it has given none for long", () => {
    const { target, partial } = plant(SILENT_AFTER_MS + 5000);
    shift();
    expect(holderOf(target)).toBeUndefined();
    expect(findAbandoned("store", `${target}.partial-`).map(({ path }) => path)).toEqual([partial]);
    expect(usersOf(target)).toEqual([]);
    const attempt = tryLock(target, "write");
    expect("lock" in attempt).toBe(true);
    if ("lock" in attempt) attempt.lock.release();
  });

  test("a sign of the future is none: nobody waits until then", () => {
    const { target } = plant(-HOUR_MS);
    shift();
    expect(holderOf(target)).toBeUndefined();
    expect(findAbandoned("store", `${target}.partial-`)).toHaveLength(1);
    expect(usersOf(target)).toEqual([]);
    expect("lock" in tryLock(target, "write")).toBe(true);
  });
});
