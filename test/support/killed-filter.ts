// fixelfilter killed at some moment: what it leaves must not open, and the same command must finish it to the same bytes and leave nothing else.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { builtCommand, runCli } from "./run-cli.js";

export type KilledKind = "store" | "directory" | "file";

const INPUT = { store: "cohort.fxs", directory: "fd", file: "fd/s7.mif" } as const;
const OUTPUT = { store: "smooth.fxs", directory: "smooth", file: "smooth.mif.gz" } as const;
const tokensOf = (kind: KilledKind) => [
  ...["fixelfilter", INPUT[kind], "smooth", OUTPUT[kind], "-matrix", "matrix"],
  ...["-nthreads", "1", "--memory", "8MiB", "-quiet"],
];

const N_FIXELS = 4000;
export const KILLED_COHORT = { nFixels: N_FIXELS, nSubjects: 200, nConnections: 40 };

/** Checksums of values alone: headers have the command, and what stands beside them has times in it. */
function contentsOf(output: string): Record<string, string> {
  const isFile = fs.statSync(output).isFile();
  const folder = isFile ? path.dirname(output) : output;
  const names = (isFile ? [path.basename(output)] : fs.readdirSync(output)).filter((name) =>
    /\.(mif|mif\.gz|f32|missing)$/.test(name),
  );
  return Object.fromEntries(
    names.sort().map((name) => {
      const stored = fs.readFileSync(path.join(folder, name));
      const bytes = name.endsWith(".gz") ? gunzipSync(stored) : stored;
      const values = /^s.*\.mif(\.gz)?$/.test(name) ? bytes.subarray(-4 * N_FIXELS) : bytes;
      return [name, createHash("sha256").update(values).digest("hex")];
    }),
  );
}

export function finishedFilter(cwd: string, kind: KilledKind): { contents: Record<string, string>; ms: number } {
  const output = path.join(cwd, OUTPUT[kind]);
  fs.rmSync(output, { recursive: true, force: true });
  const start = performance.now();
  expect(runCli(tokensOf(kind), cwd).status).toBe(0);
  return { contents: contentsOf(output), ms: performance.now() - start };
}

export async function expectFinishedAfterKill(
  cwd: string,
  kind: KilledKind,
  { contents, afterMs }: { readonly contents: Record<string, string>; readonly afterMs: number },
): Promise<void> {
  const output = path.join(cwd, OUTPUT[kind]);
  fs.rmSync(output, { recursive: true, force: true });
  const before = fs.readdirSync(cwd).sort();
  const child = spawn(process.execPath, [builtCommand, ...tokensOf(kind)], { cwd, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  await ended;
  const seen = visibleIn(output);
  // all of it, or nothing that opens
  if (seen.length > 0) expect(contentsOf(output)).toEqual(contents);
  const again = runCli([...tokensOf(kind), ...(seen.length > 0 ? ["-force"] : [])], cwd);
  expect([again.status, again.stderr]).toEqual([0, ""]);
  expect(contentsOf(output)).toEqual(contents);
  expect(fs.readdirSync(cwd).sort()).toEqual([...before, OUTPUT[kind]].sort());
  const others = /^(\.|partial|journal)/;
  expect(kind === "file" ? [] : fs.readdirSync(output).filter((name) => others.test(name))).toEqual([]);
}

function visibleIn(output: string): string[] {
  if (!fs.existsSync(output)) return [];
  if (fs.statSync(output).isFile()) return [path.basename(output)];
  return fs.readdirSync(output).filter((name) => !name.startsWith("."));
}
