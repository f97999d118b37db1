// The one property of every parser: hostile bytes give a value or an error of ours that names the path; quickly, and without allocating by promise.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll } from "vitest";
import { isFixelstreamError } from "../../src/errors.js";

export interface FuzzTarget<T = unknown> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Appears in the message of every refusal. */
  readonly path: string;
  /** Parses, and throws when what came out contradicts itself. */
  run(input: T): unknown;
  /** Milliseconds of processor time; SLOWEST_MS where absent. */
  readonly slowestMs?: number;
}

/** A constant: a failure is the same on every machine. FIXELSTREAM_FUZZ_SEED gives others. */
const SEED = Number(process.env["FIXELSTREAM_FUZZ_SEED"] ?? 20261123);
/** Milliseconds that this process computes, in all its threads: a busy machine does not count. Inputs are kilobytes and need one hundredth of it. */
const SLOWEST_MS = 5000;
/** Milliseconds. What waits for ever computes nothing; no machine is so busy that an input of kilobytes takes as long. */
const HANGS_AFTER_MS = 300_000;
/** Bytes. Inputs are kilobytes; a gzip's first 8 KiB may make 8 MiB, and readers hold spans of a few MiB. */
const MOST_ALLOCATED = 96 * 2 ** 20;
const ANSWERS = new Set(["InputError", "DesignError", "UsageError"]);

export interface FuzzTally {
  readonly values: number;
  readonly refusals: number;
}

/** fast-check prints seed, path and the smallest input that fails. How many were read and how many refused tells whether the inputs are any good. */
export async function checkTarget<T>(target: FuzzTarget<T>, numRuns: number): Promise<FuzzTally> {
  const tally = { values: 0, refusals: 0 };
  const property = fc.asyncProperty(target.inputs, async (input) => {
    const before = process.memoryUsage().arrayBuffers;
    const start = process.cpuUsage();
    try {
      await endsAtAll(target.run(input));
      tally.values++;
    } catch (error) {
      if (!isFixelstreamError(error) || !ANSWERS.has(error._tag)) throw error;
      if (!error.message.includes(target.path)) throw new Error(`no path in: ${error.message}`, { cause: error });
      if (error.message.length > 20_000) throw new Error(`a message of ${error.message.length} characters`);
      tally.refusals++;
    }
    const { user, system } = process.cpuUsage(start);
    const elapsed = (user + system) / 1000;
    if (elapsed > (target.slowestMs ?? SLOWEST_MS)) throw new Error(`took ${elapsed} ms of processor time`);
    const allocated = process.memoryUsage().arrayBuffers - before;
    if (allocated > MOST_ALLOCATED) throw new Error(`allocated ${allocated} bytes`);
  });
  await fc.assert(property, { numRuns, seed: SEED });
  return tally;
}

async function endsAtAll(work: unknown): Promise<void> {
  if (!(work instanceof Promise)) return;
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("waits for ever")), HANGS_AFTER_MS);
  });
  await Promise.race([work, hung]).finally(() => clearTimeout(timer));
}

/** In memory where the system has such a place: a hundred thousand files a parser. Removed after the tests of the calling file. */
export function fuzzDirectory(): string {
  const parent = fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const directory = fs.mkdtempSync(path.join(parent, "fixelstream-fuzz-"));
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function assertThat(condition: boolean, what: string): void {
  if (!condition) throw new Error(`parsed to something impossible: ${what}`);
}
