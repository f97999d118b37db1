// An image as MRtrix3 reads it, and the commands that a message names, run as a user would run them.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasCommand } from "./peer.js";

export const hasMrtrix = ["mrconvert", "mrcalc", "mrinfo"].every(hasCommand);

export interface PeerImage {
  readonly dimensions: readonly number[];
  /** Canonical order, float64. */
  readonly values: readonly number[];
}

const run = (command: string, words: readonly string[]): string =>
  execFileSync(command, [...words, "-quiet"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Throws when MRtrix3 refuses the file. */
export function readWithMrtrix(path: string): PeerImage {
  const copy = join(dirname(path), "as-mrtrix-reads-it.mif");
  try {
    const strides = run("mrinfo", ["-strides", path]).trim().split(/\s+/);
    const canonical = strides.map((_, axis) => axis + 1).join(",");
    run("mrconvert", [path, copy, "-datatype", "float64le", "-strides", canonical, "-force"]);
    const bytes = readFileSync(copy);
    const dimensions = /^dim: (.*)$/m.exec(bytes.toString("latin1"))![1]!.split(",").map(Number);
    const n = dimensions.reduce((product, size) => product * size, 1);
    const data = new Uint8Array(bytes.subarray(bytes.length - 8 * n));
    return { dimensions, values: Array.from(new Float64Array(data.buffer)) };
  } finally {
    rmSync(copy, { force: true });
  }
}

/** In the order of the message. Names of tests have no blanks. */
export function commandsNamedIn(message: string): string[] {
  return (message.match(/\b(?:mrconvert|mrcalc) \S(?:(?!\. ).)*/g) ?? []).map((command) => command.replace(/\.$/, ""));
}

/** The file that the command makes; the caller's to remove. Throws when it fails. */
export function runNamedCommand(command: string): string {
  const words = command.split(" ");
  run(words[0]!, [...words.slice(1), "-force"]);
  return words.filter((word) => word.endsWith(".mif")).at(-1)!;
}
