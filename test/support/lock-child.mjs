// Takes a lock again and again, in a process of its own: lock-child.mjs TARGET LOG ROUNDS. It says on standard output that it is ready, and begins when it is
// told something. While it holds the lock it writes "+" and "-" with its number to the log. Runs the compiled program (npm run build).
import { once } from "node:events";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "../../dist/src/publish/lock.js";

const [target, log, rounds] = process.argv.slice(2);
const say = (what) => fs.appendFileSync(log, `${what} ${process.pid}\n`);
process.stdout.write("ready\n");
await once(process.stdin, "data");
process.stdin.destroy();
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
  if (round++ === 3 && process.argv[5] === "die") process.kill(process.pid, "SIGKILL");
  attempt.lock.release();
}
