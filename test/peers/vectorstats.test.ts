// Our vectorstats on the peer's command lines: beside what MRtrix3 3.0.3 wrote with the same shuffles, and beside its own published test data.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runInDirectory } from "../support/in-process-cli.js";
import {
  differences,
  layOutVectorstats,
  makeTemporaryDirectory,
  peerDataDirectory,
  readNumbers,
  readVectorstatsCase,
  vectorstatsCases,
} from "../support/peer.js";
import { endsAsReport } from "../support/report-files.js";
import { runCli } from "../support/run-cli.js";

describe.each(vectorstatsCases)("%s", (name) => {
  const { arguments: tokens, tolerances, outputs } = readVectorstatsCase(name);
  for (const kernels of ["simd", "reference"]) {
    test(`every output, ${kernels}`, async () => {
      const directory = layOutVectorstats();
      const more = ["-kernels", kernels, ...(kernels === "reference" ? ["-nthreads", "0"] : [])];
      const result = await runInDirectory(["vectorstats", ...tokens, ...more], directory);
      expect(result.status, result.stderr).toBe(0);
      const prefix = tokens[3]!;
      // what depends on a deviation of ours (real degrees of freedom of G) is looked at in fixelcfestats-deviations.test.ts
      const same = Object.entries(outputs).filter(([, { deviation }]) => deviation === undefined);
      const found = same.flatMap(([output, { tolerance, rows }]) => {
        const ours = readNumbers(join(directory, `${prefix}${output}.csv`));
        expect(
          ours.map((row) => row.length),
          `${output}: rows and columns`,
        ).toEqual(rows.map((row) => row.length));
        const stored = rows.flat().map((value) => value ?? Number.NaN);
        // dependent columns: both say infinite, up to rounding
        const ofDependent = (value: number, i: number) => output === "cond" && value > 1e15 && stored[i]! > 1e15;
        const shown = ours.flat().map((value, i) => (ofDependent(value, i) ? stored[i]! : value));
        return differences(shown, stored, tolerances[tolerance]!).map((difference) => `${output} ${difference}`);
      });
      expect(found).toEqual([]);
      const written = readdirSync(directory).filter((file) => file.startsWith(prefix) && !endsAsReport(file));
      expect(written.sort()).toEqual(
        [...Object.keys(outputs).map((output) => `${prefix}${output}.csv`), `${prefix}run.json`].sort(),
      );
    });
  }
});

/** The largest distance between two empirical distributions. */
function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [[...a].sort((p, q) => p - q), [...b].sort((p, q) => p - q)];
  let [i, j, largest] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i]! <= at) i++;
    while (j < y.length && y[j]! <= at) j++;
    largest = Math.max(largest, Math.abs(i / x.length - j / y.length));
  }
  return largest;
}

const peerData = peerDataDirectory();
describe.skipIf(peerData === undefined)("the peer's own test data", () => {
  const cases = [
    { name: "0", options: ["-ftests", "vectorstats/0/ftests.csv"] },
    { name: "1", options: ["-errors", "ise"] },
  ];
  test.each(cases)("vectorstats $name", async ({ name, options }) => {
    const directory = makeTemporaryDirectory();
    const at = (file: string) => `vectorstats/${name}/${file}`;
    const paths = [at("subjects.txt"), at("design.csv"), at("contrast.csv"), join(directory, "out")];
    const result = await runInDirectory(["vectorstats", ...paths, ...options, "--seed", "1"], peerData!);
    expect(result.status, result.stderr).toBe(0);
    const stored = join(peerData!, "vectorstats", name);
    const files = readdirSync(stored).filter((file) => file.startsWith("out"));
    const exact = files.filter((file) => !/null|fwe|uncorrected/.test(file));
    const found = exact.flatMap((file) => {
      const tolerance = { relative: 1e-6, absolute: /Zstat/.test(file) ? 2e-6 : 1e-9, reason: "the peer's own test" };
      const [ours, theirs] = [join(directory, file), join(stored, file)].map((path) => readNumbers(path).flat());
      return differences(ours!, theirs!, tolerance).map((difference) => `${file} ${difference}`);
    });
    expect(found).toEqual([]);
    expect(exact.length).toBeGreaterThan(7);
    for (const file of files) expect(existsSync(join(directory, file)), file).toBe(true);
    for (const file of files.filter((candidate) => candidate.startsWith("outnull_dist"))) {
      const [ours, theirs] = [join(directory, file), join(stored, file)].map((path) => readNumbers(path).flat());
      expect(ours!.length).toBe(theirs!.length);
      // 5000 against 5000 independent shuffles: above 0.0385 once in a thousand
      expect(kolmogorovSmirnov(ours!, theirs!), file).toBeLessThan(0.0385);
    }
  });
});

test("texts: a comment with the command, then the peer's separators and digits", () => {
  const directory = layOutVectorstats();
  const { arguments: tokens } = readVectorstatsCase("complete-pooled-t");
  expect(runCli(["vectorstats", ...tokens], directory).status).toBe(0);
  const read = (name: string) => readFileSync(join(directory, `${tokens[3]}${name}.csv`), "utf8").split("\n");
  for (const name of ["abs_effect", "std_dev", "fwe_1mpvalue", "null_dist", "null_contributions"]) {
    const [comment, line, end, ...more] = read(name);
    expect(comment).toMatch(/^# command_history: fixelstream vectorstats data-complete\.txt design\.txt /);
    expect(line).toMatch(/^-?[\d.e-]+(,-?[\d.e-]+)+$/);
    expect([end, more]).toEqual(["", []]);
    for (const number of line!.split(","))
      expect(number.replace(/[-.]|e.*$/g, "").replace(/^0+/, "").length).toBeLessThan(11);
  }
  expect(read("Zstat")).toHaveLength(27);
  expect(read("betas")).toHaveLength(5);
});
