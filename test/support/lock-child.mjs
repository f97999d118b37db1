// Takes a lock again and again, in a process of its own: lock-child.mjs TARGET LOG ROUNDS. While it holds the lock it writes "+" and "-" with its number to
// the log. Runs the compiled program (npm run build).
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "../../dist/src/publish/lock.js";

const [target, log, rounds] = process.argv.slice(2);
const say = (what) => fs.appendFileSync(log, `${what} ${process.pid}\n`);
// All begin together.
while (!fs.existsSync(`${log}.go`)) await sleep(1);
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
