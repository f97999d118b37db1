// Every golden command line by a library of the system and by the SIMD kernels: statistics as near as 1e-12, and the same p-values but where a tie is decided by
// the last bit. README.md says how many there were. Which runs there are, and what they are for: test/golden.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fastLibraries } from "../support/blas-libraries.js";
import { GOLDEN_CASES, type GoldenCase } from "../support/golden-cases.js";
import { layOutPlace } from "../support/golden-places.js";
import { runInProcess } from "../support/in-process-cli.js";
import { readSmallImage } from "../support/peer.js";

/** Twins differ in how they run; --kernels reference has no product to replace. */
const CASES = GOLDEN_CASES.filter(
  ({ tokens, sameAs }) =>
    sameAs === undefined && /^(fixelcfestats|vectorstats)$/.test(tokens[0]!) && !tokens.includes("reference"),
);
const isHere = fastLibraries().length > 0;
const title = isHere
  ? "golden cases by a library"
  : "golden cases by a library (skipped: none that is fast is installed)";

/** What is given is float32, or ten digits, of numbers that agree to 1e-12: one unit of it. */
const STATISTIC = { relative: 2 ** -23, absolute: 1e-12 };
/** Largest Z of shuffles, in ten digits. */
const NULLS = { relative: 1e-9, absolute: 1e-12 };
/** Sums of float32 over heights, of which a bin decided by the last bit moves one. */
const ENHANCED = { relative: 1e-3, absolute: 1e-6 };

const isDouble = ({ tokens }: GoldenCase) => !tokens.includes("single");

/** Of all p-values. None was seen (README.md, speed); a library of another order of summation may move one. */
const MOST_MOVED = 1e-4;

interface Count {
  values: number;
  moved: number;
}
const pValues: Count = { values: 0, moved: 0 };
const enhanced: Count = { values: 0, moved: 0 };
const movedIn = new Set<string>();

describe.skipIf(!isHere).each([...new Set(CASES.map(({ place }) => place))])(`${title}: %s`, (place) => {
  const home = process.cwd();
  let directory: string;
  beforeAll(async () => {
    directory = await layOutPlace(place);
    process.chdir(directory);
  });
  afterAll(() => {
    process.chdir(home);
    rmSync(directory, { recursive: true });
  });
  for (const golden of CASES) if (golden.place === place) test(golden.name, () => compare(golden));
});

test.skipIf(!isHere)("p-values that a last bit moves are few", async ({ annotate }) => {
  // seen alone, this test has nothing to count
  const summary = JSON.stringify({ pValues, enhanced, cases: [...movedIn] });
  expect(pValues.moved, summary).toBeLessThanOrEqual(pValues.values * MOST_MOVED);
  await annotate(`native beside simd: ${summary}`);
});

async function compare(golden: GoldenCase): Promise<void> {
  const simd = await outputsOf(golden, "simd");
  const native = await outputsOf(golden, "native");
  expect([...native.keys()]).toEqual([...simd.keys()]);
  for (const [name, wanted] of simd) {
    const found = native.get(name)!;
    expect(found.length, name).toBe(wanted.length);
    if (/pvalue/.test(name)) countMoved(golden, name, { found, wanted });
    else if (golden.tokens[0] === "fixelcfestats" && /^(cfe|null)/.test(name))
      countEnhanced(golden, name, { found, wanted });
    else if (/^null/.test(name) && isDouble(golden))
      expect(worst(found, wanted, NULLS), `${golden.name}: ${name}`).toBeLessThanOrEqual(1);
    else expect(worst(found, wanted, STATISTIC), `${golden.name}: ${name}`).toBeLessThanOrEqual(1);
  }
}

interface Pair {
  readonly found: Float64Array;
  readonly wanted: Float64Array;
}

const isSame = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b));
const countDifferent = ({ found, wanted }: Pair) =>
  wanted.reduce((sum, x, i) => sum + Number(!isSame(x, found[i]!)), 0);

function countMoved(golden: GoldenCase, name: string, pair: Pair): void {
  const moved = countDifferent(pair);
  pValues.values += pair.wanted.length;
  pValues.moved += moved;
  if (moved > 0) movedIn.add(`${golden.name}: ${name}: ${moved}`);
}

function countEnhanced(golden: GoldenCase, name: string, pair: Pair): void {
  const moved = countDifferent(pair);
  enhanced.values += pair.wanted.length;
  enhanced.moved += moved;
  expect(worst(pair.found, pair.wanted, ENHANCED), `${golden.name}: ${name}`).toBeLessThanOrEqual(1);
}

/** Largest difference, as a share of what is allowed. */
function worst(found: Float64Array, wanted: Float64Array, { relative, absolute }: typeof STATISTIC): number {
  return wanted.reduce((most, x, i) => {
    const y = found[i]!;
    if (isSame(x, y)) return most;
    const share = Math.abs(x - y) / (absolute + relative * Math.abs(x));
    return Math.max(most, Number.isNaN(share) ? Number.POSITIVE_INFINITY : share);
  }, 0);
}

/** Values of every image and table, by name. */
async function outputsOf({ name, tokens }: GoldenCase, kernels: "simd" | "native"): Promise<Map<string, Float64Array>> {
  const output = `${name.replace(/\W+/g, "-")}-${kernels}`;
  const at = tokens.findIndex((token) => /^--?kernels$/.test(token));
  const typed = [...(at < 0 ? tokens : tokens.toSpliced(at, 2)), "--kernels", kernels, "-force"];
  const isVectors = tokens[0] === "vectorstats";
  const [directory, prefix] = isVectors ? [".", `${output}.`] : [output, ""];
  // a busy machine may take longer over the trial of a library than it is given
  for (let attempt = 0; ; attempt++) {
    const { status, stderr } = await runInProcess(typed.map((token) => token.replace("OUT", output)));
    expect(status, stderr).toBe(0);
    const record = JSON.parse(readFileSync(join(directory, `${prefix}run.json`), "utf8")) as { kernels: string };
    if (record.kernels === kernels) break;
    expect(attempt, stderr).toBeLessThan(3);
  }
  const names = readdirSync(directory).filter((file) => file.startsWith(prefix));
  const read = names.filter((file) => /\.(mif|csv|txt)$/.test(file) && !/summary|history/.test(file)).sort();
  return new Map(read.map((file) => [file.slice(prefix.length), valuesOf(join(directory, file))]));
}

function valuesOf(path: string): Float64Array {
  if (path.endsWith(".mif")) return Float64Array.from(readSmallImage(path).values);
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"));
  const words = lines
    .join("\n")
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  return Float64Array.from(words, (word) =>
    /^-?inf/i.test(word) ? Number(word.replace(/inf.*/i, "Infinity")) : Number(word),
  );
}
