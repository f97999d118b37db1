// One test a message about what is not replaced: named, and left as it is, with -force or without.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { listing, newAnalysis } from "../support/expect-refusal.js";
import { hdf5Fixtures } from "../support/hdf5-fixtures.js";
import { runWithReport } from "../support/in-process-cli.js";
import { deadId, foreignId, plantPartial } from "../support/partials.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const QUICK = ["-nshuffles", "20", "-nthreads", "0", "-quiet"];

async function expectRefusal(input: SmallAnalysis, tokens: readonly string[], message: string): Promise<void> {
  const before = listing(input.root).map((name) => [name, contentOf(input.at(name))]);
  const { status, stderr } = await runWithReport([...tokens, "-quiet"]);
  expect(input.relative(stderr)).toBe(`fixelstream: error: ${message}\n`);
  expect(status).toBe(1);
  expect(listing(input.root).map((name) => [name, contentOf(input.at(name))])).toEqual(before);
}
const contentOf = (file: string) => (fs.statSync(file).isFile() ? fs.readFileSync(file, "latin1") : "");
const convert = (input: SmallAnalysis, output: string) => [
  ...["convert", "fixels", ...input.positionals.slice(0, 2), input.at(output), "-force"],
];

describe("a store that convert --force would replace", () => {
  const cases: [string, (input: SmallAnalysis, output: string) => unknown, string][] = [
    ["is a directory of other things", (_, output) => fs.mkdirSync(output), "a directory without store.json"],
    [
      "is a link to a store",
      async (input, output) => {
        await runWithReport([...convert(input, "real.fxs"), "-quiet"]);
        fs.symlinkSync(input.at("real.fxs"), output);
      },
      "a symbolic link",
    ],
    ["is a file", (_, output) => fs.writeFileSync(output, "mine"), "a file"],
    [
      "is a shop",
      (_, output) => {
        fs.mkdirSync(output);
        fs.writeFileSync(path.join(output, "store.json"), '{"name": "my shop", "formatVersion": 1}');
      },
      "a directory whose store.json is not fixelstream's",
    ],
    [
      "has something else in it",
      async (input, output) => {
        await runWithReport([...convert(input, "cohort.fxs"), "-quiet"]);
        fs.writeFileSync(path.join(output, "notes.txt"), "mine");
      },
      "one with notes.txt in it",
    ],
  ];
  it.each(cases)("%s", async (_, put, got) => {
    const input = newAnalysis();
    await put(input, input.at("cohort.fxs"));
    await expectRefusal(
      input,
      convert(input, "cohort.fxs"),
      `Cannot replace cohort.fxs: expected a store that fixelstream made, got ${got}. Give another name, or move it away.`,
    );
  });
  it("is its own parent", async () => {
    const input = newAnalysis();
    const { status, stderr } = await runWithReport([...convert(input, "."), "-quiet"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^fixelstream: error: Cannot replace .*: expected a store that fixelstream made, got a directory/,
    );
    expect(fs.existsSync(input.at("design.txt"))).toBe(true);
  });
});

describe("an .h5 that convert --force would replace", () => {
  it("was made by another program", async () => {
    const input = newAnalysis();
    fs.copyFileSync(path.join(hdf5Fixtures, "h5py-contiguous-float32.h5"), input.at("cohort.h5"));
    const message =
      "expected a file that fixelstream made, got one that it did not. Give another name, or move it away.";
    await expectRefusal(input, convert(input, "cohort.h5"), `Cannot replace cohort.h5: ${message}`);
    fs.writeFileSync(input.at("cohort.h5"), "no HDF5 at all");
    await expectRefusal(input, convert(input, "cohort.h5"), `Cannot replace cohort.h5: ${message}`);
  });
  it("has results of analyses", async () => {
    const input = newAnalysis();
    await runWithReport([...convert(input, "cohort.h5"), "-quiet"]);
    await runWithReport(["fixelcfestats", ...input.positionals, ...QUICK]);
    await runWithReport(["export", input.at("out"), input.at("cohort.h5"), "--analysis", "cfe", "-quiet"]);
    await expectRefusal(
      input,
      convert(input, "cohort.h5"),
      "Cannot replace cohort.h5: expected a file that fixelstream made, got one with results of analyses in it (cfe). Give another name, or move it away.",
    );
  });
  it("is a link, also where it would only be added to", async () => {
    const input = newAnalysis();
    await runWithReport([...convert(input, "real.h5"), "-quiet"]);
    await runWithReport(["fixelcfestats", ...input.positionals, ...QUICK]);
    fs.symlinkSync(input.at("real.h5"), input.at("cohort.h5"));
    const message =
      "Cannot write cohort.h5: expected a new name or a file, got a symbolic link. Give another name, or that of the file it leads to.";
    await expectRefusal(input, convert(input, "cohort.h5"), message);
    await expectRefusal(input, ["export", input.at("out"), input.at("cohort.h5"), "--analysis", "cfe"], message);
  });
  it("is made again when it is ours", async () => {
    const input = newAnalysis();
    for (let i = 0; i < 2; i++)
      expect((await runWithReport([...convert(input, "cohort.h5"), "-quiet"])).status).toBe(0);
    expect(listing(input.root).filter((name) => name.startsWith("cohort"))).toEqual(["cohort.h5"]);
  });
});

describe("results that -force would replace", () => {
  const again = (input: SmallAnalysis) => ["fixelcfestats", ...input.positionals, ...QUICK, "-force"];
  const cannot = (name: string, got: string) =>
    `Cannot write results to out: expected ${name} to be a result of an earlier run, got ${got}. -force replaces only what fixelstream wrote: move it away. Choose another directory for the results.`;
  const cases: [string, (input: SmallAnalysis) => void, string][] = [
    [
      "without a record",
      (input) => fs.rmSync(input.at("out", "run.json")),
      cannot("beta0.mif", "a file without the record of a run beside it"),
    ],
    [
      "changed since",
      (input) => fs.appendFileSync(input.at("out", "cfe.mif"), "x"),
      cannot("cfe.mif", "a file that was changed since"),
    ],
    [
      "of another's record",
      (input) => fs.writeFileSync(input.at("out", "run.json"), "{}"),
      cannot("beta0.mif", "a file without the record of a run beside it"),
    ],
    [
      "that the record does not list",
      (input) => {
        const file = input.at("out", "run.json");
        const record = JSON.parse(fs.readFileSync(file, "utf8"));
        delete record.checksums["Zstat.mif"];
        fs.writeFileSync(file, JSON.stringify(record));
      },
      cannot("Zstat.mif", "a file that the record of the run does not list"),
    ],
    [
      "that are links",
      (input) => {
        fs.renameSync(input.at("out", "cfe.mif"), input.at("elsewhere.mif"));
        fs.symlinkSync(input.at("elsewhere.mif"), input.at("out", "cfe.mif"));
      },
      cannot("cfe.mif", "a symbolic link"),
    ],
  ];
  it.each(cases)("%s", async (_, change, message) => {
    const input = newAnalysis();
    expect((await runWithReport(["fixelcfestats", ...input.positionals, ...QUICK])).status).toBe(0);
    change(input);
    await expectRefusal(input, again(input), message);
  });
  it("the template of a directory that is not ours", async () => {
    const input = newAnalysis();
    fs.mkdirSync(input.at("out"));
    fs.writeFileSync(input.at("out", "index.mif"), "the user's own");
    await expectRefusal(input, again(input), cannot("index.mif", "a file without the record of a run beside it"));
  });
  it("of vectorstats, by their prefix", async () => {
    const input = newAnalysis();
    fs.writeFileSync(input.at("x_Zstat.csv"), "mine");
    fs.writeFileSync(input.at("v.txt"), Array.from({ length: 8 }, (_, i) => `${i} ${i * i}`).join("\n"));
    await expectRefusal(
      input,
      [
        "vectorstats",
        ...["v.txt", "design.txt", "contrast.txt", "x_"].map((name) => input.at(name)),
        ...QUICK,
        "-force",
      ],
      "Cannot write results to x_*.csv: expected x_Zstat.csv to be a result of an earlier run, got a file without the record of a run beside it. -force replaces only what fixelstream wrote: move it away. Choose another prefix for the results.",
    );
  });
  it("twice, with other files of the user's beside them", async () => {
    const input = newAnalysis();
    for (let i = 0; i < 3; i++) {
      expect((await runWithReport(i === 0 ? again(input).slice(0, -1) : again(input))).status).toBe(0);
      fs.writeFileSync(input.at("out", "notes.txt"), "mine");
    }
    expect(fs.readFileSync(input.at("out", "notes.txt"), "utf8")).toBe("mine");
  });
});

describe("two runs at once into one output", () => {
  it("give one result; the other is told of it, and leaves nothing", async () => {
    const input = newAnalysis();
    const run = (seed: string) => runWithReport(["fixelcfestats", ...input.positionals, ...QUICK, "--seed", seed]);
    const results = await Promise.all([run("1"), run("2")]);
    expect(results.map(({ status }) => status).sort()).toEqual([0, 1]);
    const refused = results.find(({ status }) => status === 1)!;
    expect(input.relative(refused.stderr)).toMatch(
      /^fixelstream: error: Cannot write results to out: expected nobody else to write beta0\.mif there, got process \d+ of \S+, which is at it\. Wait for it, or end it\. Choose another directory for the results\.$/m,
    );
    const winner = results.findIndex(({ status }) => status === 0) + 1;
    expect(JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8")).seed).toBe(winner);
    expect(listing(input.at("out")).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

describe("what a killed vectorstats left", () => {
  it("is removed by the next run, what lives is not, and refuses a run with results of the same names", async () => {
    const input = newAnalysis();
    fs.writeFileSync(input.at("v.txt"), Array.from({ length: 8 }, (_, i) => `${i} ${(i * i) % 7}`).join("\n"));
    plantPartial(input.at(".partial-"), deadId(), "results", { "x_betas.csv": "half" });
    const living = plantPartial(input.at(".partial-"), foreignId(), "results", { "x_betas.csv": "half" });
    const files = ["v.txt", "design.txt", "contrast.txt", "x_"].map((name) => input.at(name));
    const refused = await runWithReport(["vectorstats", ...files, ...QUICK]);
    expect(refused.status).toBe(1);
    expect(input.relative(refused.stderr)).toMatch(
      /^fixelstream: error: Cannot write results to x_\*\.csv: expected nobody else to write x_betas\.csv there, got process \d+ of /,
    );
    const others = [...files.slice(0, 3), input.at("y_")];
    expect(await runWithReport(["vectorstats", ...others, ...QUICK])).toMatchObject({ status: 0 });
    expect(fs.readdirSync(input.root).filter((name) => name.startsWith("."))).toContain(path.basename(living));
    expect(fs.readdirSync(input.root).filter((name) => name.startsWith(".partial-"))).toHaveLength(1);
  });
});

describe("images that export would replace", () => {
  const exported = async (input: SmallAnalysis) => {
    await runWithReport([...convert(input, "cohort.h5"), "-quiet"]);
    await runWithReport(["fixelcfestats", ...input.positionals, ...QUICK]);
    await runWithReport(["export", input.at("out"), input.at("cohort.h5"), "--analysis", "cfe", "-quiet"]);
  };
  const export_ = (input: SmallAnalysis, ...more: string[]) => [
    ...["export", input.at("cohort.h5"), input.at("img"), "--analysis", "cfe", ...more],
  ];
  it("and did not write", async () => {
    const input = newAnalysis();
    await exported(input);
    fs.mkdirSync(input.at("img"));
    fs.copyFileSync(input.at("fd", "sub-1.mif"), input.at("img", "cfe_Zstat.mif"));
    await expectRefusal(
      input,
      export_(input, "-force"),
      "Cannot write to img: expected cfe_Zstat.mif to be an image of an earlier export, got another file. -force replaces only what fixelstream wrote: move it away, or choose another directory.",
    );
  });
  it("with the template of others", async () => {
    const input = newAnalysis();
    await exported(input);
    fs.mkdirSync(input.at("img"));
    fs.writeFileSync(input.at("img", "index.mif"), "of others");
    for (const more of [[], ["-force"]]) {
      await expectRefusal(
        input,
        export_(input, ...more),
        "Cannot write to img: expected an empty directory or one of the same template, got another index.mif in it. Choose another directory.",
      );
    }
  });
  it("are replaced when they are its own", async () => {
    const input = newAnalysis();
    await exported(input);
    for (const more of [[], ["-force"]])
      expect((await runWithReport([...export_(input, ...more), "-quiet"])).status).toBe(0);
    expect(listing(input.at("img")).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

describe("the demo", () => {
  it("goes into no directory that has something else in it", async () => {
    const input = newAnalysis();
    await expectRefusal(
      input,
      ["demo", input.root],
      "Cannot put the demo into .: expected a new name, an empty directory or one that a demo made, got a directory with something else in it. Give another name.",
    );
    await expectRefusal(
      input,
      ["demo", input.at("design.txt")],
      "Cannot put the demo into design.txt: expected a new name, an empty directory or one that a demo made, got a file. Give another name.",
    );
  });
});
