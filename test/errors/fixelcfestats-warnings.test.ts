// One test a warning of fixelcfestats: on stderr, with -quiet too, and in run.json; the run goes on.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { newAnalysis, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { readSmallImage } from "../support/peer.js";
import type { SmallAnalysis, SmallAnalysisOptions } from "../support/small-analysis.js";

async function warningsOf(
  change: (input: SmallAnalysis) => unknown,
  options?: SmallAnalysisOptions,
  shuffles: readonly string[] = ["-nshuffles", "20"],
) {
  const input = newAnalysis(options);
  const changed = change(input);
  const more = Array.isArray(changed) ? (changed as string[]) : [];
  const tokens = ["fixelcfestats", ...input.positionals, ...shuffles, "-nthreads", "0", "-quiet", ...more];
  const result = await runInProcess(tokens);
  expect(result).toMatchObject({ status: 0, stdout: "" });
  const record = JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8"));
  const kept = record.warnings.map(({ message }: { message: string }) => `fixelstream: warning: ${message}\n`).join("");
  expect(kept).toBe(result.stderr);
  return input.relative(result.stderr).replaceAll("fixelstream: warning: ", "").trimEnd();
}

it("nothing to warn of", async () => {
  expect(await warningsOf(() => {})).toBe("");
});

describe("a design that is poorly conditioned", () => {
  const years = [2011, 2012, 2014, 2013, 2015, 2010, 2016, 2017];
  const designOf = (row: (year: number) => string) => (input: SmallAnalysis) => {
    write(input, "design.txt", years.map((year) => `1 ${row(year)}\n`).join(""));
    write(input, "contrast.txt", row(0).includes(" ") ? "0 0 1\n" : "0 1\n");
  };
  it("by what its columns say, centred", async () => {
    expect(await warningsOf(designOf((year) => `${year} ${year ** 2}`))).toBe(
      "The design is poorly conditioned (condition number 4.03e+3 of its columns, centred and scaled; above 100): they nearly depend on each other, column 3 the most (counted from 1). Statistics are exact for the numbers as given, but estimates of single columns may be dominated by noise, that of rounded entries included. Leave out a column that says the same as another; subtract a mean before squaring or multiplying.",
    );
  });
  it("not by units or means", async () => {
    expect(await warningsOf(designOf((year) => `${year}`))).toBe("");
    expect(await warningsOf(designOf((year) => `${year * 3.15576e10}`))).toBe("");
    expect(await warningsOf(designOf((year) => `${year} ${(year - 2013) ** 2}`))).toBe("");
  });
});

it("a design whose columns are dependent", async () => {
  const change = (input: SmallAnalysis) => {
    write(input, "design.txt", "1 1 0\n".repeat(4) + "1 0 1\n".repeat(4));
    write(input, "contrast.txt", "0 1 -1\n");
  };
  expect(await warningsOf(change)).toBe(
    "The design has 3 columns of which only 2 are linearly independent: column 3 is a combination of columns 1 and 2 (counted from 1), to the digits that were given. Effects that the contrasts can estimate are right; single betas are one solution of many. If a column should say something of its own, subtract its mean (before squaring or multiplying) and give all its digits.",
  );
});

it("a design whose columns are dependent, by their names", async () => {
  const rows = Array.from({ length: 8 }, (_, i) => `1 ${i % 2} ${i / 10} ${(i % 2) + i / 10}\n`);
  const change = (input: SmallAnalysis) => {
    write(input, "design.txt", `ones patient age both\n${rows.join("")}`);
    write(input, "contrast.txt", "0 1 1 2\n");
  };
  expect(await warningsOf(change)).toContain(
    "only 3 are linearly independent: column 4 (both) is a combination of columns 2 (patient) and 3 (age) (counted from 1), to the digits that were given.",
  );
});

it("an F-test whose rows are dependent", async () => {
  const change = (input: SmallAnalysis) => {
    write(input, "contrast.txt", "0 -1\n0 2\n");
    write(input, "f.txt", "1 1\n");
    return ["-ftests", input.at("f.txt")];
  };
  expect(await warningsOf(change)).toBe(
    "F-test F1 has 2 rows of which only 1 are independent; a basis of their row space is tested instead.",
  );
});

it("fixels without connections", async () => {
  const connections = (fixel: number) => (fixel % 8 === 0 ? [] : ([[fixel, 1]] as const));
  expect(await warningsOf(() => {}, { connections })).toBe(
    "3 of 24 fixels have no connection in the matrix; their enhanced statistic is 0 and they cannot become significant. Exclude them with -mask.",
  );
});

describe("fixels whose weights are nothing in float32: -cfe_c makes them so", () => {
  // Of every eighth fixel all values are `least`; the others are connected to themselves with 1.
  const run = async (least: number, exponent: string, more: readonly string[] = []) => {
    const connections = (fixel: number) =>
      [fixel - 1, fixel, fixel + 1]
        .filter((other) => other >= 0 && other < 24)
        .map((other) => [other, fixel % 8 === 0 ? least : other === fixel ? 1 : 0.5] as const);
    let input: SmallAnalysis | undefined;
    const change = (made: SmallAnalysis) => {
      input = made;
      return ["-cfe_c", exponent, ...more];
    };
    const warnings = await warningsOf(change, { connections });
    const read = (name: string) => readSmallImage(input!.at("out", name)).values;
    for (const name of ["cfe.mif", "fwe_1mpvalue.mif", "uncorrected_pvalue.mif"]) {
      const values = read(name);
      expect(values.every(Number.isFinite), name).toBe(true);
    }
    const cfe = read("cfe.mif");
    expect(Math.max(...cfe)).toBeGreaterThan(0);
    return { warnings, weak: [0, 8, 16].map((fixel) => cfe[fixel]!) };
  };
  const said = (exponent: string) =>
    `3 of 24 fixels have connections whose weights, value^${exponent}, are too small for float32; their enhanced statistic is 0 and they cannot become significant. Lower -cfe_c.`;

  it.each([
    ["weights of 0", 0.3, "200"],
    ["weights of which 1 / sum is infinite", 0.5, "130"],
  ])("%s", async (_, least, exponent) => {
    expect(await run(least, exponent)).toEqual({ warnings: said(exponent), weak: [0, 0, 0] });
  });
  it("small weights that are not", async () => {
    const { warnings, weak } = await run(0.5, "20");
    expect(warnings).toBe("");
    expect(weak[0]).toBeGreaterThan(0);
  });
  it("with -cfe_legacy as well", async () => {
    expect((await run(0.3, "200", ["-cfe_legacy"])).warnings).toBe(said("200"));
  });
});

it("a post-hoc mask that reaches beyond the mask", async () => {
  const change = (input: SmallAnalysis) => {
    const upTo = (end: number) => rawFixelData(Float32Array.from({ length: 24 }, (_, i) => (i < end ? 1 : 0)));
    write(input, "mask.mif", upTo(12));
    write(input, "posthoc.mif", upTo(14));
    return ["-mask", input.at("mask.mif"), "-posthoc", input.at("posthoc.mif")];
  };
  expect(await warningsOf(change)).toBe(
    "2 of 14 fixels in -posthoc posthoc.mif are not in -mask mask.mif: they are not tested.",
  );
});

it("fewer distinct shuffles than asked for, and fewer relabellings still", async () => {
  expect(await warningsOf(() => {}, { nSubjects: 4 }, ["-nshuffles", "100"])).toBe(
    "Only 24 different permutations exist (100 were asked for): each is used once.\n" +
      "No p-value of t1 can reach 0.05: the 24 permutations are 6 different relabellings, each 4 times, and the smallest possible one is 4/24 = 1/6 = 0.167. Use more subjects, or fewer restrictions on the shuffles.",
  );
});

it("a single variance group", async () => {
  const change = (input: SmallAnalysis) => {
    write(input, "v.txt", "1\n".repeat(8));
    return ["-variance", input.at("v.txt")];
  };
  expect(await warningsOf(change)).toBe("v.txt defines a single variance group; variance groups are not used.");
});

it("variance groups that are too small for single precision", async () => {
  const change = (labels: string, input: SmallAnalysis) => {
    write(input, "v.txt", labels);
    return ["--precision", "single", "-variance", input.at("v.txt")];
  };
  expect(await warningsOf((input) => change("1 1 1 1 1 2 2 2\n", input))).toBe(
    "--precision single is not used: the smallest variance group has 3 subjects, and single precision keeps the variance of groups of 8 or more (6 beyond the 2 factors). The null is computed in double.",
  );
});

it("fixels that cannot be tested, with the reasons", async () => {
  const change = () => ["--precision", "single"];
  // fixel 3 has values of three subjects only
  const value = (subject: number, fixel: number) =>
    fixel === 3 && subject > 1 && subject < 7 ? Number.NaN : (subject * 7 + fixel) % 5;
  expect(await warningsOf(change, { value })).toBe(
    "1 of 24 elements cannot be tested and get zeros: 1 with fewer than 4 observations left. Leave them out with -mask, or leave out subjects with many missing values.",
  );
});

it("a list of element-wise values in another order than the subjects, where their names tell", async () => {
  const names = Array.from({ length: 8 }, (_, i) => `c${i + 1}.mif`);
  const change = (order: readonly string[]) => (input: SmallAnalysis) => {
    for (const [i, name] of names.entries())
      write(input, name, rawFixelData(Float32Array.from({ length: 24 }, (_, fixel) => ((fixel + 3 * i) % 7) + i * i)));
    write(input, "contrast.txt", "0 -1 0\n");
    write(input, "column.txt", order.map((name) => `${name}\n`).join(""));
    return ["-column", input.at("column.txt")];
  };
  expect(await warningsOf(change(names))).toBe("");
  expect(await warningsOf(change(names.toReversed()))).toBe(
    "column.txt seems to name the subjects in another order than the data: c8.mif in row 1, where sub-1.mif is. Rows are used as they stand: sort the list if they are not meant so.",
  );
});
