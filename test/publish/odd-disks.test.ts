// Disks that answer otherwise: without hard links, with an answer that is lost on the way and asked for again, full.
import fs from "node:fs";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.js";

type Fs = typeof import("node:fs");
const odd = vi.hoisted(() => ({
  link: undefined as Fs["linkSync"] | undefined,
  write: undefined as Fs["writeFileSync"] | undefined,
}));
vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<Fs>();
  const linkSync: Fs["linkSync"] = (from, to) => (odd.link ?? real.linkSync)(from, to);
  const writeFileSync: Fs["writeFileSync"] = (...given) => (odd.write ?? real.writeFileSync)(...given);
  return { ...real, linkSync, writeFileSync, default: { ...real, linkSync, writeFileSync } };
});
const { tryLock } = await import("../../src/publish/lock.js");
const { publishFile } = await import("../../src/publish/publish.js");
const { useEntry } = await import("../../src/publish/in-use.js");
const real = await vi.importActual<Fs>("node:fs");

const root = temporaryDirectory();
let made = 0;
function newTarget(): string {
  const folder = path.join(root, `place${made++}`);
  fs.mkdirSync(folder);
  return path.join(folder, "x");
}
const names = (target: string) => fs.readdirSync(path.dirname(target));
const systemError = (code: string) => Object.assign(new Error(code), { code, syscall: "link" });
const refuse = (code: string) => () => {
  throw systemError(code);
};
/** It was done, and the answer was lost: the system asks again. */
const linkAndSayThatItExists: Fs["linkSync"] = (from, to) => {
  real.linkSync(from, to);
  throw systemError("EEXIST");
};

afterEach(() => {
  odd.link = undefined;
  odd.write = undefined;
});

test("without hard links a lock is taken all the same, by one", () => {
  odd.link = refuse("EPERM");
  const target = newTarget();
  const one = tryLock(target, "write");
  expect(one).toMatchObject({ lock: {} });
  expect(tryLock(target, "write")).toMatchObject({ holder: { pid: process.pid } });
  if ("lock" in one) one.lock.release();
  expect(names(target)).toEqual([]);
});

test("a lock, or a file that was published, is ours though the system says that there is one already", () => {
  odd.link = linkAndSayThatItExists;
  const target = newTarget();
  const attempt = tryLock(target, "write");
  expect(attempt).toMatchObject({ lock: {} });
  if ("lock" in attempt) attempt.lock.release();
  fs.writeFileSync(`${target}.made`, "made");
  expect(publishFile(`${target}.made`, target)).toBe(true);
  expect(names(target)).toEqual(["x"]);
  fs.writeFileSync(`${target}.made`, "another");
  odd.link = undefined;
  expect(publishFile(`${target}.made`, target)).toBe(false);
  expect(fs.readFileSync(target, "utf8")).toBe("made");
});

test("a full disk has room for a lock to clear it, and none for one to write to it", () => {
  odd.write = (file, ...rest) => {
    real.writeFileSync(file, "", ...(rest.slice(1) as [object]));
    throw systemError("ENOSPC");
  };
  const target = newTarget();
  expect(() => tryLock(target, "write")).toThrow("ENOSPC");
  expect(names(target)).toEqual([]);
  const attempt = tryLock(target, "clear");
  expect(attempt).toMatchObject({ lock: {} });
  expect("lock" in attempt && attempt.lock.isMine()).toBe(true);
  expect(tryLock(target, "clear")).toMatchObject({ holder: { pid: 0 } });
  if ("lock" in attempt) attempt.lock.release();
  expect(names(target)).toEqual([]);
});

test.each([
  ["EACCES", "no permission"],
  ["EROFS", "a read-only file system"],
  ["ENOSPC", "no space left on the disk"],
])("a cache that takes no mark of use (%s) is said once, with the reason", (code, reason) => {
  odd.write = refuse(code);
  const target = newTarget();
  const reasons: string[] = [];
  useEntry(target, (found) => void reasons.push(found)).release();
  expect(reasons).toEqual([reason]);
  expect(names(target)).toEqual([]);
});
