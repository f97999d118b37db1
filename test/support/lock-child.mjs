// Takes a lock again and again, in a process of its own: lock-child.mjs ROUNDS (live|die). It says on standard output that it is ready, and begins when it is
// told TARGET LOG in a line, which whoever lives is told anew when he is ready again. While it holds the lock it writes "+" and "-" with its number to the log. Runs the compiled program (npm run build).
import fs from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "../../dist/src/publish/lock.js";

const [rounds, end] = process.argv.slice(2);

async function takeAndRelease(target, log) {
  const say = (what) => fs.appendFileSync(log, `${what} ${process.pid}\n`);
  for (let round = 0; round < Number(rounds); ) {
    const attempt = tryLock(target, "write");
    if (attempt.lock === undefined) {
      await sleep(Math.random());
      continue;
    }
    say("+");
    if (Math.random() < 0.5) await sleep(Math.random() * 2);
    say("-");
    // Now and then it dies with the lock.
    if (round++ === 3 && end === "die") process.kill(process.pid, "SIGKILL");
    attempt.lock.release();
  }
}

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  await takeAndRelease(...line.split("\t"));
  process.stdout.write("ready\n");
}
