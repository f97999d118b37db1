// What a command refuses: message, exit code, and that nothing is left behind.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { runInProcess } from "./in-process-cli.js";
import { makeTemporaryDirectory } from "./peer.js";
import { makeSmallAnalysis, type SmallAnalysis, type SmallAnalysisOptions } from "./small-analysis.js";

export interface Refusal {
  /** Default 1. */
  readonly status?: number;
  /** In the order they are printed, without `fixelstream: error: ` in front, the analysis's own folder taken out. */
  readonly messages: readonly string[];
  /** It cannot be known before the subjects are converted: the cache may stay. */
  readonly afterConversion?: boolean;
  /** Before `-quiet`, in place of `-nthreads 0`. */
  readonly threads?: number;
}

let root: string | undefined;
let made = 0;

/** An analysis in a folder of its own, removed after the tests of the calling file. */
export function newAnalysis(options?: SmallAnalysisOptions): SmallAnalysis {
  root ??= makeTemporaryDirectory();
  return makeSmallAnalysis(path.join(root, `case${made++}`), options);
}

/** Every path below the folder, sorted. */
export const listing = (directory: string): string[] =>
  (fs.readdirSync(directory, { recursive: true }) as string[]).sort();

/** Fewer than 4 subjects against 4 have relabellings, which would be warned of before a refusal that comes late. */
const fewShuffles = (tokens: readonly string[]) =>
  tokens.some((token) => /^--?(nsh|perm|notest)/.test(token)) ? [] : ["-nshuffles", "60"];

/** Runs fixelcfestats. */
export async function expectRefusal(input: SmallAnalysis, tokens: readonly string[], refusal: Refusal): Promise<void> {
  const before = listing(input.root);
  const threads = String(refusal.threads ?? 0);
  const result = await runInProcess([
    "fixelcfestats",
    ...tokens,
    ...fewShuffles(tokens),
    "-nthreads",
    threads,
    "-quiet",
  ]);
  const stderr = input.relative(result.stderr);
  expect(stderr).toBe(refusal.messages.map((message) => `fixelstream: error: ${message}\n`).join(""));
  expect(result.status).toBe(refusal.status ?? 1);
  expect(result.stdout).toBe("");
  const after = listing(input.root).filter((name) => !(refusal.afterConversion && name.startsWith(".fixelstream")));
  expect(after).toEqual(before);
}

/** What is wrong with the analysis; an array that it returns is options to add to the six arguments. */
export type Change = (input: SmallAnalysis) => unknown;
export type RefusedCase = [name: string, change: Change, ...messages: string[]];

/** One test a case. */
export function refuses(cases: readonly RefusedCase[], refusal: Omit<Refusal, "messages"> = {}): void {
  it.each(cases)("%s", async (_name, change, ...messages) => {
    const input = newAnalysis();
    const changed = change(input);
    const options = Array.isArray(changed) ? (changed as string[]) : [];
    await expectRefusal(input, [...input.positionals, ...options], { ...refusal, messages });
  });
}

/** A file of the analysis made anew. */
export const write = (input: SmallAnalysis, name: string, contents: string | Uint8Array): void =>
  fs.writeFileSync(input.at(name), contents);
