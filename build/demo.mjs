// npm run demo: install, build, run, each said before it begins and when it is done. Needs nothing but Node: packages may not be here yet.
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modified = (file) =>
  existsSync(`${root}${file}`) ? statSync(`${root}${file}`).mtimeMs : Number.NEGATIVE_INFINITY;
const isInstalled = modified("node_modules/.package-lock.json") > modified("package-lock.json");

const STEPS = [
  { what: "installing the packages of package-lock.json", script: "setup", skip: isInstalled },
  { what: "building: AssemblyScript, TypeScript, the program", script: "build", skip: false },
];

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

function run(command, args, stdio, cwd = root) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio, shell: command === "npm" && process.platform === "win32" });
    child.on("error", reject).on("close", (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}

/** A line that grows on a terminal, and one at the beginning and one at the end elsewhere. */
async function step({ what, script }, i) {
  const start = performance.now();
  const name = `demo: ${i + 1} of ${STEPS.length + 1}: ${what}`;
  const { isTTY } = process.stderr;
  process.stderr.write(`${name} ..${isTTY ? "" : "\n"}`);
  const timer = isTTY
    ? setInterval(() => process.stderr.write(`\r${name} .. ${seconds(performance.now() - start)}`), 500)
    : undefined;
  const code = await run("npm", ["run", "--silent", script], ["ignore", "ignore", "inherit"]);
  clearInterval(timer);
  process.stderr.write(
    `${isTTY ? "\r" : ""}${name}: ${code === 0 ? "done" : "failed"} in ${seconds(performance.now() - start)}\n`,
  );
  return code;
}

async function main() {
  for (const [i, one] of STEPS.entries()) {
    if (one.skip) continue;
    const code = await step(one, i);
    if (code !== 0) return code;
  }
  process.stderr.write(`demo: ${STEPS.length + 1} of ${STEPS.length + 1}: running fixelstream demo\n\n`);
  const program = [`${root}dist/bin/fixelstream.js`, "demo", ...process.argv.slice(2)];
  return await run(process.execPath, program, "inherit", process.cwd());
}

process.exitCode = await main();
