// Who waits is told of each process once, whatever locks it takes on its way.
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { makeOrWait } from "../../src/publish/make-or-wait.js";
import { deadId, foreignId, plantLock } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("a process that replaces a dead one's lock, and then holds its own, is named once", async () => {
  const target = path.join(temporaryDirectory(), "x.fxc");
  const other = foreignId();
  const sameProcess = other.replace(/[0-9a-f]{8}$/, "0123abcd");
  plantLock(target, deadId());
  plantLock(`${target}.planted`, other);
  fs.renameSync(`${target}.planted.lock`, `${target}.lock.next`);
  const named: number[] = [];
  let [isMade, nLooks] = [false, 0];
  const waiting = makeOrWait({
    target,
    find: () => {
      nLooks++;
      return isMade ? "made" : undefined;
    },
    make: async () => {},
    onWaiting: ({ pid }) => void named.push(pid),
  });
  await expect.poll(() => named, { timeout: 30_000 }).toEqual([process.pid]); // of another machine
  plantLock(target, sameProcess);
  fs.rmSync(`${target}.lock.next`);
  const looksBefore = nLooks;
  await expect.poll(() => nLooks, { timeout: 30_000 }).toBeGreaterThan(looksBefore + 1);
  isMade = true;
  expect(await waiting).toEqual({ value: "made", made: false });
  expect(named).toEqual([process.pid]);
});
