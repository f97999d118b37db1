// Runs a command to its end: wall time, processor time, and the most memory it ever held.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Milliseconds between looks at /proc. Both marks only rise, so only what happens after the last look is missed. */
const LOOK_MS = 10;
/** Of the times in /proc/PID/stat, on every Linux. */
const TICKS_PER_SECOND = 100;

/** Certificates that NODE_EXTRA_CA_CERTS names are read by Node at every start (50 to 90 ms of processor time for those of Debian, four turns), which is a setting of a machine. */
const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;

/** @returns {Promise<{ ms: number, cpuMs: number, peakBytes: number }>} cpuMs and peakBytes are NaN where there is no /proc */
export async function runChild(command, args, options = {}) {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: environment, ...options });
  let said = "";
  const listen = (data) => {
    said = (said + data).slice(-4000);
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  let seen = { cpuMs: Number.NaN, peakBytes: Number.NaN };
  const timer = setInterval(() => {
    seen = look(child.pid) ?? seen;
  }, LOOK_MS);
  try {
    const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    const ms = performance.now() - start;
    if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${said}`);
    return { ms, ...seen };
  } finally {
    clearInterval(timer);
  }
}

function look(pid) {
  try {
    const mark = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    // after the name in brackets: state is field 3, user and system time are 14 and 15
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    if (mark === null) return undefined;
    const cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
    return { cpuMs, peakBytes: Number(mark[1]) * 1024 };
  } catch {
    return undefined;
  }
}
