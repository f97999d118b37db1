// fixelconnectivity as a child process that is killed at some moment, and the same command again: what is there then.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { makeTracks, writeTracks } from "./make-tracks.js";
import { makeTemporaryDirectory } from "./peer.js";
import { builtCommand, runCli } from "./run-cli.js";

/** What a killed run had come to, by what it left. */
export type KilledIn = "start" | "mapping" | "counting" | "publishing" | "end";

export interface Moment {
  /** Counted from when the run was there by what lies on the disk; undefined: from its start. */
  readonly from?: "mapping" | "counting" | "publishing" | undefined;
  readonly ms: number;
}

export interface KillTrial {
  readonly folder: string;
  /** Milliseconds of a whole run: the last that there was. */
  wholeMs(): number;
  /** Kills a run then; the same command must leave the right bytes and nothing else, going on from the visits where they were whole. */
  killAt(moment: Moment): Promise<KilledIn>;
}

const OUTPUTS = ["cache", "count.mif", "extent.mif", "matrix"];
const TOKENS = ["fixelconnectivity", "fixels", "tracks.tck", "matrix", "-count", "count.mif", "-extent", "extent.mif"];
const MORE = ["--prepare", "--cache", "cache", "-nthreads", "1", "--json", "-quiet"];

/** Of the whole file; of an image without its header, which has the command, where `from` is "data". */
function hashOf(file: string, from: "header" | "data" = "header"): string {
  const bytes = fs.readFileSync(file);
  const offset = file.endsWith(".mif") ? Number(/\nfile: \. (\d+)\n/.exec(bytes.toString("latin1", 0, 8192))![1]) : 0;
  return createHash("sha256")
    .update(from === "data" ? bytes.subarray(offset) : bytes)
    .digest("hex");
}

/** Every file below, by name, with a hash of its bytes. */
function contents(folder: string, from?: "header" | "data"): Map<string, string> {
  const names = fs.readdirSync(folder, { recursive: true }) as string[];
  const files = names.filter((name) => fs.statSync(path.join(folder, name)).isFile());
  return new Map(files.sort().map((name) => [name, hashOf(path.join(folder, name), from)]));
}

const run = (folder: string, ...more: string[]) => runCli([...TOKENS, ...MORE, ...more], folder);

/** Of a run that is under way, or was killed. */
function cameTo(folder: string): Exclude<KilledIn, "end"> {
  const matrix = path.join(folder, "matrix");
  const names = fs.existsSync(matrix) ? fs.readdirSync(matrix) : [];
  if (names.includes("index.mif")) return "publishing";
  const visits = names.find((name) => name.startsWith(".visits-"));
  if (visits === undefined) return "start";
  return fs.existsSync(path.join(matrix, visits, "visits.json")) ? "counting" : "mapping";
}

const IN_ORDER: readonly KilledIn[] = ["start", "mapping", "counting", "publishing", "end"];

/** A run that is killed then. Whether it ended before. */
async function killedRun(folder: string, { from, ms }: Moment): Promise<boolean> {
  const child = spawn(process.execPath, [builtCommand, ...TOKENS, ...MORE], { cwd: folder, stdio: "ignore" });
  let isOver = false;
  const ended = new Promise<boolean>((resolve) =>
    child.once("exit", (status) => {
      isOver = true;
      resolve(status === 0);
    }),
  );
  const least = IN_ORDER.indexOf(from ?? "start");
  while (!isOver && IN_ORDER.indexOf(cameTo(folder)) < least) await new Promise((resolve) => setTimeout(resolve, 1));
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  const isDone = await ended;
  clearTimeout(timer);
  return isDone;
}

/** Needs `npm run build`. */
export function openKillTrial(nStreamlines: number): KillTrial {
  const folder = makeTemporaryDirectory();
  writeTracks(folder, makeTracks({ seed: 61, step: 0.5, voxelSizes: [2, 2, 2], mostFixels: 3, nStreamlines }), 0.5);
  const start = performance.now();
  const first = run(folder);
  let wholeMs = performance.now() - start;
  expect(first.status, first.stderr).toBe(0);
  const visible = (all: Map<string, string>) =>
    // the key of a prepared matrix has the times of the files
    new Map([...all].filter(([name]) => !name.startsWith("cache")));
  const expected = visible(contents(folder));
  const expectedData = visible(contents(folder, "data"));
  const expectWhole = () => {
    expect(visible(contents(folder, "data"))).toEqual(expectedData);
    const others = fs.readdirSync(path.join(folder, "cache")).filter((name) => !/^[0-9a-f]{24}\.fxc$/.test(name));
    expect(others).toEqual([]);
  };
  return {
    folder,
    wholeMs: () => wholeMs,
    async killAt(moment) {
      for (const name of OUTPUTS) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
      const isDone = await killedRun(folder, moment);
      const phase = isDone ? "end" : cameTo(folder);
      if (phase === "publishing" || phase === "end") {
        // whatever has the name is whole; --prepare comes after it
        for (const name of ["index.mif", "fixels.mif", "values.mif"])
          expect(hashOf(path.join(folder, "matrix", name))).toBe(expected.get(`matrix/${name}`));
        const again = run(folder);
        expect(again.stderr).toMatch("expected no matrix there");
        expect(visible(contents(folder))).toEqual(expected);
        expect(run(folder, "-force").status).toBe(0);
      } else {
        const begun = performance.now();
        const again = run(folder);
        expect(again.status, again.stderr).toBe(0);
        expect(JSON.parse(again.stdout).isContinued).toBe(phase === "counting");
        expect(visible(contents(folder))).toEqual(expected);
        if (phase !== "counting") wholeMs = performance.now() - begun;
      }
      expectWhole();
      return phase;
    },
  };
}
