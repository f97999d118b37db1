// The demo cohort with a few shuffles beside stored numbers: conversion, store, connectivity, kernels, threads and statistics in one go.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InternalError } from "../../errors.js";
import { readMatrix } from "../../formats/text/matrix.js";
import { formatCount } from "../../units.js";
import { inferFixels } from "../analyse/fixels.js";
import { ANALYSIS_DEFAULTS, CFE_DEFAULTS } from "../analyse/options.js";
import { findDemo } from "../demo/demo-cohort.js";

export interface SelfTest {
  readonly kernels: "native" | "simd" | "reference";
  /** 0: the main thread alone. */
  readonly nThreads: number;
}

export interface SelfTestResult {
  /** Largest relative difference from the stored numbers. */
  readonly difference: number;
  readonly nNumbers: number;
  readonly elapsedMs: number;
}

/** Null distribution of the demo cohort, seed 1; reference kernels, float64 (2026-11). */
const STORED_NULL = [
  ...[4040.401367, 133.2503052, 29.08744049, 248.5567322, 28.61591339, 74.93595123, 209.4790649, 281.9241333],
  ...[98.23242188, 242.8218384, 170.489502, 163.3822174, 156.7449341, 140.2696838, 72.89543152, 232.7042389],
];
const STORED_LARGEST_Z = 6.48086071;
/** Enhanced statistics are float32 sums. */
export const SELF_TEST_TOLERANCE = 1e-5;

/** Leaves nothing behind. Throws what the analysis throws. */
export async function runSelfTest({ kernels, nThreads }: SelfTest): Promise<SelfTestResult> {
  const demo = findDemo();
  const start = performance.now();
  const scratch = mkdtempSync(join(tmpdir(), "fixelstream-doctor-"));
  try {
    const output = join(scratch, "out");
    const at = (name: string) => join(demo, name);
    const { hypotheses } = await inferFixels({
      ...ANALYSIS_DEFAULTS,
      ...CFE_DEFAULTS,
      ...{ input: at("fd"), subjects: at("subjects.txt"), design: at("design.txt"), contrast: at("contrast.txt") },
      ...{ connectivity: at("matrix"), output, cache: join(scratch, "cache"), command: "fixelstream doctor" },
      ...{ nShuffles: STORED_NULL.length, seed: 1, kernels, memoryBytes: 2 ** 28, nThreads },
    });
    const found = [...(await readMatrix(join(output, "null_dist.txt"))).values, hypotheses[0]!.largestZ];
    const stored = [...STORED_NULL, STORED_LARGEST_Z];
    if (found.length !== stored.length)
      throw new InternalError(`${formatCount(found.length, "numbers")} beside ${stored.length}.`);
    const difference = found.reduce((most, value, i) => Math.max(most, Math.abs(value / stored[i]! - 1)), 0);
    return { difference, nNumbers: stored.length, elapsedMs: performance.now() - start };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
