// Golden runs: every command line of test/peers, the demo, and the options and models beside them, in process; the VALUES of all outputs are hashed
// and compared with golden.json. It says that nothing changed, not that it is right: that is what test/peers and the oracles are for.
//
// A failure names case and file. Numbers that were meant to change are written anew by `npm run golden:write` (this file with GOLDEN_WRITE=1; all cases
// must have run), in a commit that says which and why; CHANGELOG.md has them under "Results changed". What run.json calls things is known to one
// function (golden-outputs.ts): renaming changes no hash.
//
// The law of twins: threads, memory, batches, the way of reading and the form of the input change no bit. A twin has the hashes of its plain case in the
// same run, and is not stored.
//
// Which machine: the kernels are deterministic WebAssembly, but Math.exp, log, log1p, expm1, pow and hypot are as good as V8 makes them. Measured: Node 20.20,
// 22.23 and 24.21 on x64 give the same hashes; one unit in the last place more in each of the six changes Zstat and nothing else (f32 and ten digits hide the rest).
// So on anything but those Zstat is left out, and a skipped test says so.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GOLDEN_CASES, type GoldenCase } from "../support/golden-cases.js";
import {
  compareHashes,
  type Hashes,
  hashOutputs,
  type OutputPlace,
  readFacts,
  valuesOnly,
} from "../support/golden-outputs.js";
import { layOutPlace } from "../support/golden-places.js";
import { runWithReport } from "../support/in-process-cli.js";

const FILE = new URL("./golden.json", import.meta.url);
const isWriting = process.env["GOLDEN_WRITE"] === "1";
const isMeasured = process.arch === "x64" && /^(20|22|24)\./.test(process.versions.node);
const stored: Readonly<Record<string, Hashes>> = JSON.parse(readFileSync(FILE, "utf8"));
const isStored = ({ sameAs }: GoldenCase) => sameAs?.what !== "everything";

const found = new Map<string, Hashes>();
const passed = new Set<string>();
let nZstatCompared = 0;

describe.each([...new Set(GOLDEN_CASES.map(({ place }) => place))])("%s", (place) => {
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
  // not test.each, which shortens names
  for (const golden of GOLDEN_CASES) if (golden.place === place) test(golden.name, () => runCase(golden));
});

async function runCase(golden: GoldenCase): Promise<void> {
  const output = golden.name.replace(/\W+/g, "-");
  const { status, stderr } = await runWithReport(golden.tokens.map((token) => token.replace("OUT", output)));
  expect(status, stderr).toBe(0);
  expect(stderr).not.toContain("their report was not made");
  const outputs = placeOf(golden, output);
  const hashes = hashOutputs(outputs);
  found.set(golden.name, hashes);
  if (golden.facts !== undefined) {
    const facts = readFacts(outputs);
    expect(golden.facts(facts), `${golden.name}: did not run as it means to: ${JSON.stringify(facts)}`).toBe(true);
  }
  checkTwin(golden, hashes);
  if (isStored(golden) && !isWriting)
    report(golden, compareHashes(hashes, expectedHere(golden, hashes)), "golden.json");
  passed.add(golden.name);
}

function placeOf({ tokens: [command] }: GoldenCase, output: string): OutputPlace {
  if (command === "vectorstats") return { directory: ".", prefix: `${output}.` };
  return { directory: command === "demo" ? join(output, "stats") : output, prefix: "" };
}

/** What golden.json says; where Z may differ in its last digit, Zstat as found. */
function expectedHere({ name }: GoldenCase, hashes: Hashes): Hashes {
  const wanted = { ...stored[name] };
  for (const file of Object.keys(wanted)) {
    if (!file.startsWith("Zstat")) continue;
    if (isMeasured) nZstatCompared++;
    else if (hashes[file] !== undefined) wanted[file] = hashes[file];
  }
  return wanted;
}

function checkTwin(golden: GoldenCase, hashes: Hashes): void {
  const { sameAs, name } = golden;
  if (sameAs === undefined) return;
  const plain = found.get(sameAs.name);
  if (plain === undefined) throw new Error(`${name}: its plain twin "${sameAs.name}" has not run. Run the whole file.`);
  const of = (all: Hashes) => (sameAs.what === "everything" ? all : valuesOnly(all));
  report(golden, compareHashes(of(hashes), of(plain)), `"${sameAs.name}"`);
}

function report({ name, tokens }: GoldenCase, differences: readonly string[], wanted: string): void {
  const lines = differences.map((difference) => `\n  ${difference}`).join("");
  expect(differences, `${name}: differs from ${wanted}:${lines}\n  fixelstream ${tokens.join(" ")}\n`).toEqual([]);
}

test.skipIf(isWriting)("golden.json has the cases and no others", () => {
  expect(new Set(GOLDEN_CASES.map(({ name }) => name)).size).toBe(GOLDEN_CASES.length);
  const names = GOLDEN_CASES.filter(isStored).map(({ name }) => name);
  expect(Object.keys(stored).sort()).toEqual(names.sort());
});

test.skipIf(isWriting || !isMeasured)("Zstat to the last bit: not but on x64 with Node 20, 22 or 24", () => {
  expect(nZstatCompared).toBeGreaterThan(GOLDEN_CASES.length);
});

afterAll(() => {
  if (!isWriting) return;
  const nMissing = GOLDEN_CASES.filter(({ name }) => !passed.has(name)).length;
  const node = `Node ${process.versions.node} on ${process.arch}`;
  if (!isMeasured) throw new Error(`Cannot write golden.json: expected Node 20, 22 or 24 on x64, got ${node}.`);
  if (nMissing > 0) throw new Error(`Cannot write golden.json: expected all cases to pass, ${nMissing} did not.`);
  const cases = Object.fromEntries(GOLDEN_CASES.filter(isStored).map(({ name }) => [name, found.get(name)!]));
  writeFileSync(FILE, `${JSON.stringify(cases, null, 2)}\n`);
});
