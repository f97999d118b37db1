// fixelconnectivity as a child process that is killed at some moment, and the same command again: what is there then.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { makeTracks, writeTracks } from "./make-tracks.js";
import { makeTemporaryDirectory } from "./peer.js";
import { builtCommand, runCli } from "./run-cli.js";

export interface KillTrial {
  readonly folder: string;
  /** Milliseconds of a whole run. */
  readonly wholeMs: number;
  /** Kills a run after that time; then the same command must leave the right bytes and nothing else. Whether it went on from the visits. */
  killAfter(ms: number): Promise<"continued" | "anew" | "was done">;
}

const OUTPUTS = ["cache", "count.mif", "extent.mif", "matrix"];
const TOKENS = ["fixelconnectivity", "fixels", "tracks.tck", "matrix", "-count", "count.mif", "-extent", "extent.mif"];
const MORE = ["--prepare", "--cache", "cache", "-nthreads", "1", "--json", "-quiet"];

const hashOf = (file: string) => createHash("sha256").update(fs.readFileSync(file)).digest("hex");

/** Every file below, by name, with a hash of its bytes. */
function contents(folder: string): Map<string, string> {
  const names = fs.readdirSync(folder, { recursive: true }) as string[];
  const files = names.filter((name) => fs.statSync(path.join(folder, name)).isFile());
  return new Map(files.sort().map((name) => [name, hashOf(path.join(folder, name))]));
}

const run = (folder: string) => runCli([...TOKENS, ...MORE], folder);

/** Needs `npm run build`. */
export function openKillTrial(nStreamlines: number): KillTrial {
  const folder = makeTemporaryDirectory();
  writeTracks(folder, makeTracks({ seed: 61, step: 0.5, voxelSizes: [2, 2, 2], mostFixels: 3, nStreamlines }), 0.5);
  const start = performance.now();
  const first = run(folder);
  const wholeMs = performance.now() - start;
  expect(first.status, first.stderr).toBe(0);
  const visible = (all: Map<string, string>) =>
    // the key of a prepared matrix has the times of the files
    new Map([...all].filter(([name]) => !name.startsWith("cache")));
  const expected = visible(contents(folder));
  return {
    folder,
    wholeMs,
    async killAfter(ms) {
      for (const name of OUTPUTS) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
      const child = spawn(process.execPath, [builtCommand, ...TOKENS, ...MORE], {
        cwd: folder,
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const timer = setTimeout(() => child.kill("SIGKILL"), ms);
      await ended;
      clearTimeout(timer);
      const isThere = fs.existsSync(path.join(folder, "matrix", "index.mif"));
      // whatever has the name is whole
      for (const name of ["index.mif", "fixels.mif", "values.mif"]) {
        const left = path.join(folder, "matrix", name);
        if (isThere) expect(hashOf(left)).toBe(expected.get(`matrix/${name}`));
      }
      const again = run(folder);
      if (isThere) {
        expect(again.stderr).toMatch("expected no matrix there");
        expect(visible(contents(folder))).toEqual(expected);
        return "was done";
      }
      expect(again.status, again.stderr).toBe(0);
      expect(visible(contents(folder))).toEqual(expected);
      expect(fs.readdirSync(path.join(folder, "cache")).filter((name) => !/^[0-9a-f]{24}\.fxc$/.test(name))).toEqual(
        [],
      );
      return JSON.parse(again.stdout).isContinued ? "continued" : "anew";
    },
  };
}
