// lm killed at random moments and run again: the bytes of a run that was left alone, and nothing beside them. Needs `npm run build`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { builtCommand, runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N_SUBJECTS = 30;
const N_ELEMENTS = 4000;
const N_KILLS = 5;

const cwd = temporaryDirectory();
const row = (i: number) =>
  Array.from({ length: N_ELEMENTS }, (_, j) => Math.sin(i * N_ELEMENTS + j).toFixed(6)).join(" ");
writeFileSync(join(cwd, "values.txt"), `${Array.from({ length: N_SUBJECTS }, (_, i) => row(i)).join("\n")}\n`);
writeFileSync(
  join(cwd, "table.csv"),
  `subject,age\n${Array.from({ length: N_SUBJECTS }, (_, i) => `s${i},${(i * 11) % 17}\n`).join("")}`,
);

const OUTPUT = "out.csv";
const COMMAND = ["lm", "values.txt", "table.csv", "FD ~ age", OUTPUT, "--full", "--nthreads", "1", "--no-report"];

it("lm into a table", { timeout: 240_000 }, async () => {
  const start = performance.now();
  expect(runCli(COMMAND, cwd).status).toBe(0);
  const ms = performance.now() - start;
  const contents = readFileSync(join(cwd, OUTPUT));
  const names = filesOf(cwd);
  for (let kill = 0; kill < N_KILLS; kill++) {
    for (const made of [OUTPUT, ".fixelstream"]) rmSync(join(cwd, made), { recursive: true, force: true });
    const afterMs = Math.random() * ms;
    const moment = `killed after ${afterMs} of ${ms} ms`;
    await killAfter(afterMs);
    // what a late kill leaves is whole
    if (existsSync(join(cwd, OUTPUT))) expect(readFileSync(join(cwd, OUTPUT)).equals(contents), moment).toBe(true);
    expect(runCli([...COMMAND, "--force"], cwd), moment).toMatchObject({ status: 0 });
    expect(readFileSync(join(cwd, OUTPUT)).equals(contents), moment).toBe(true);
    expect(filesOf(cwd), moment).toEqual(names);
  }
});

async function killAfter(ms: number): Promise<void> {
  const child = spawn(process.execPath, [builtCommand, ...COMMAND], { cwd, stdio: "ignore" });
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  await ended;
  clearTimeout(timer);
}

const filesOf = (directory: string) => readdirSync(directory).sort();
