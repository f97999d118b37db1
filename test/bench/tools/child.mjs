// Runs a command to its end: wall time, and the most memory it ever held.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Milliseconds between looks at /proc. The high-water mark only rises, so only what happens after the last look is missed. */
const LOOK_MS = 20;

/** @returns {Promise<{ ms: number, peakBytes: number }>} peakBytes is NaN where there is no /proc */
export async function runChild(command, args, options = {}) {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let said = "";
  const listen = (data) => {
    said = (said + data).slice(-4000);
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  let peakBytes = Number.NaN;
  const timer = setInterval(() => {
    const now = highWater(child.pid);
    if (now !== undefined) peakBytes = now;
  }, LOOK_MS);
  try {
    const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    const ms = performance.now() - start;
    if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${said}`);
    return { ms, peakBytes };
  } finally {
    clearInterval(timer);
  }
}

function highWater(pid) {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return match === null ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}
