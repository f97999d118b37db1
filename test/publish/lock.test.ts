// One holder a lock: among many who start at once, beside dead ones, across machines. Needs the built program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { describeHolder, holderOf, tryLock } from "../../src/publish/lock.js";
import { BEAT_EVERY_MS, lifeOf, newId, parseId, SILENT_AFTER_MS, thisProcess } from "../../src/publish/maker.js";
import { age, deadId, foreignId, plantLock } from "../support/partials.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let made = 0;
const newTarget = () => path.join(root, `target${made++}`);
const held = (target: string) => {
  const attempt = tryLock(target, "write");
  if ("holder" in attempt) throw new Error(`held by ${describeHolder(attempt.holder)}`);
  return attempt.lock;
};
const locksOf = (target: string) =>
  fs.readdirSync(root).filter((name) => name.startsWith(`${path.basename(target)}.lock`));

describe("makers", () => {
  test("live, and are known again by their id", () => {
    const now = Date.now();
    expect(parseId(newId())).toMatchObject({ pid: process.pid, machine: thisProcess().machine });
    expect(lifeOf(parseId(newId())!, now, () => now)).toBe("alive");
    expect(newId()).not.toBe(newId());
    for (const text of ["", "4711", "host-4711", `${newId()}x`, "../x-1-1-00000000-00000000"])
      expect(parseId(text)).toBeUndefined();
  });
  test("are dead when they are gone, or their number is another's; silent when they give no sign", () => {
    const now = Date.now();
    const early = now - SILENT_AFTER_MS - 1;
    const bornAgain = newId().replace(/^([\w.]+-\d+)-[0-9a-z]+-/, "$1-1-");
    const life = (id: string, signMs: number) => lifeOf(parseId(id)!, signMs, () => now);
    expect([life(deadId(), now), life(bornAgain, now)]).toEqual(["dead", "dead"]);
    expect([life(newId(), early), life(newId(), now)]).toEqual(["silent", "alive"]);
    expect([life(foreignId(), early), life(foreignId(), now)]).toEqual(["dead", "alive"]);
    expect(thisProcess().started).not.toBe("0"); // where the system tells, as here
  });
});

describe("a lock", () => {
  test("is held by one, says by whom, and is gone when it is released", () => {
    const target = newTarget();
    const lock = held(target);
    const attempt = tryLock(target, "clear");
    expect(attempt).toMatchObject({ holder: { pid: process.pid, purpose: "write" } });
    expect("holder" in attempt && describeHolder(attempt.holder)).toMatch(
      /^process \d+ of \S+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
    );
    expect(lock.isMine()).toBe(true);
    lock.release();
    lock.release();
    expect(lock.isMine()).toBe(false);
    expect(locksOf(target)).toEqual([]);
  });

  test("of another machine holds while it gives signs of life, and no longer", () => {
    const target = newTarget();
    plantLock(target, foreignId(), SILENT_AFTER_MS - 5000);
    expect(holderOf(target)?.pid).toBe(process.pid); // that machine's process of our number
    expect("holder" in tryLock(target, "write")).toBe(true);
    age(`${target}.lock`, SILENT_AFTER_MS + 5000);
    expect(holderOf(target)).toBeUndefined();
    held(target).release();
    expect(locksOf(target)).toEqual([]);
  });

  test("shows a sign of life every few seconds, as long as it is held", () => {
    const target = newTarget();
    const ageMs = () => Date.now() - fs.statSync(`${target}.lock`).mtimeMs;
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const lock = held(target);
      age(`${target}.lock`, 60_000);
      vi.advanceTimersByTime(BEAT_EVERY_MS - 1);
      expect(ageMs()).toBeGreaterThan(50_000);
      vi.advanceTimersByTime(2);
      expect(ageMs()).toBeLessThan(50_000);
      expect(lock.isMine()).toBe(true);
      lock.release();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("that was taken over is no longer mine, and releasing it leaves the other's", () => {
    const target = newTarget();
    const lost = held(target);
    age(`${target}.lock`, SILENT_AFTER_MS + 5000); // as if it had been stopped
    const taken = held(target);
    expect([lost.isMine(), taken.isMine()]).toEqual([false, true]);
    lost.release();
    expect(taken.isMine()).toBe(true);
    taken.release();
    expect(locksOf(target)).toEqual([]);
  });

  test("of the dead is replaced, also by those who died while replacing it", () => {
    const target = newTarget();
    plantLock(target, deadId());
    plantLock(`${target}.x`, deadId());
    fs.renameSync(`${target}.x.lock`, `${target}.lock.next`);
    fs.writeFileSync(`${target}.lock.draft-${deadId()}`, '{"format":"fixelstream-lock"}');
    fs.writeFileSync(`${target}.lock.draft-${deadId()}`, "");
    held(target).release();
    expect(locksOf(target)).toEqual([]);
  });

  test("whose text was never written, or not all of it, blocks nobody for longer than writing takes", () => {
    for (const text of ["", '{"form', '{"format":"fixelstream-lock","id":"x-1']) {
      const target = newTarget();
      fs.writeFileSync(`${target}.lock`, text);
      const attempt = tryLock(target, "write");
      expect("holder" in attempt && describeHolder(attempt.holder)).toMatch(
        /^a process that is just taking the lock, since /,
      );
      age(`${target}.lock`, BEAT_EVERY_MS + 1000);
      expect(holderOf(target)).toBeUndefined();
      const lock = held(target);
      expect(lock.isMine()).toBe(true);
      lock.release();
      expect(locksOf(target)).toEqual([]);
    }
  });

  test("of another's making is not touched", () => {
    for (const text of ["my notes", "{}", "null", '{"format":"another"}']) {
      const target = newTarget();
      fs.writeFileSync(`${target}.lock`, text);
      age(`${target}.lock`, SILENT_AFTER_MS * 2);
      expect(() => tryLock(target, "write")).toThrow(/^Cannot use .*\.lock: expected a lock of fixelstream or nothing/);
      expect(fs.readFileSync(`${target}.lock`, "utf8")).toBe(text);
    }
  });

  test("is asked for before anything is published", () => {
    const target = newTarget();
    const lost = held(target);
    age(`${target}.lock`, SILENT_AFTER_MS + 5000);
    const taken = held(target);
    expect(() => lost.assertMine("out.fxs")).toThrow(
      "Cannot write out.fxs: another process took it over, because this one gave no sign of life for minutes. Run the command again.",
    );
    taken.assertMine("out.fxs");
    taken.release();
    expect(() => taken.assertMine("out.fxs")).toThrow(/^Cannot write out.fxs: another process took it over/);
  });

  test("leaves nothing of one who was killed while it replaced a dead one's, also where nothing is to be replaced any more", () => {
    const target = newTarget();
    plantLock(`${target}.x`, deadId());
    fs.renameSync(`${target}.x.lock`, `${target}.lock.next`);
    held(target).release();
    expect(locksOf(target)).toEqual([]);
  });

  test.skipIf(!fs.existsSync(builtCommand))(
    "is held by one at a time among eight that start at once, some of which die with it",
    { timeout: 120_000 },
    async () => {
      const child = path.join(import.meta.dirname, "../support/lock-child.mjs");
      const start = (end: "die" | "live") => {
        const stdio: ["pipe", "pipe", "inherit"] = ["pipe", "pipe", "inherit"];
        const one = spawn(process.execPath, [child, "8", end], { stdio });
        return Object.assign(one, { ready: once(one.stdout, "data"), ended: once(one, "exit") });
      };
      const living = Array.from({ length: 5 }, () => start("live"));
      for (let repeat = 0; repeat < 8; repeat++) {
        const target = newTarget();
        const log = `${target}.log`;
        fs.writeFileSync(log, "");
        plantLock(target, deadId()); // all find it, and all find it dead
        const dying = Array.from({ length: 3 }, () => start("die"));
        await Promise.all([...dying, ...living].map((one) => one.ready));
        for (const one of living) one.ready = once(one.stdout, "data");
        for (const one of [...dying, ...living]) one.stdin.write(`${target}\t${log}\n`);
        for (const one of dying) expect(await one.ended).toEqual([null, "SIGKILL"]);
        await Promise.all(living.map((one) => one.ready));
        const lines = fs.readFileSync(log, "utf8").trim().split("\n");
        expect(lines).toHaveLength(2 * (3 * 4 + 5 * 8));
        for (let i = 0; i < lines.length; i += 2) {
          expect([lines[i]![0], lines[i + 1]![0]]).toEqual(["+", "-"]);
          expect(lines[i]!.slice(1)).toBe(lines[i + 1]!.slice(1));
        }
      }
      for (const one of living) one.stdin.end();
      for (const one of living) expect(await one.ended).toEqual([0, null]);
    },
  );
});
