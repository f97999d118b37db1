// Every command line that changes files, on the smallest inputs.
import fs from "node:fs";
import path from "node:path";
import type { FaultedLine } from "./fault-runs.js";
import { runCli } from "./run-cli.js";
import { makeSmallAnalysis } from "./small-analysis.js";
import { npyBytes } from "./write-npy.js";

/** Makes the inputs in `root`; they do not change. */
export function faultLines(root: string): FaultedLine[] {
  const inputs = makeSmallAnalysis(root, { nFixels: 12, nSubjects: 6 });
  // two groups of a few pieces each
  const large = makeSmallAnalysis(path.join(root, "large"), { nFixels: 9000, nSubjects: 256, value: (s, e) => s * e });
  const [fd, subjects, design, contrast, matrix] = inputs.positionals as [string, string, string, string, string];
  const names = fs.readFileSync(subjects, "utf8").trim().split("\n");
  const rows = ["FD", "FC"].flatMap((scalar) => names.map((name) => `${scalar},${name}`));
  fs.writeFileSync(inputs.at("cohort.csv"), `scalar_name,source_file\n${rows.join("\n")}\n`);
  const values = Float32Array.from({ length: 6 * 12 }, (_, i) => Math.sin(i));
  fs.writeFileSync(inputs.at("v.npy"), npyBytes({ shape: [6, 12], data: new Uint8Array(values.buffer) }));
  const quick = ["-nthreads", "0", "-nshuffles", "20"];
  const made = (name: string, tokens: readonly string[]) => {
    const { status, stderr } = runCli([...tokens, inputs.at(name), "-quiet"], root);
    if (status !== 0) throw new Error(stderr);
  };
  made("in.fxs", ["convert", "fixels", fd, subjects]);
  made("large.h5", ["convert", "fixels", large.at("fd"), large.at("subjects.txt"), "--gzip", "1"]);
  made("in.h5", ["convert", "fixels", fd, subjects]);
  made("stats", ["fixelcfestats", inputs.at("in.fxs"), "-", design, contrast, matrix, ...quick, "-notest"]);
  fs.copyFileSync(inputs.at("in.h5"), inputs.at("results.h5"));
  runCli(["export", inputs.at("stats"), inputs.at("results.h5"), "--analysis", "lm", "-quiet"], root);
  const vectors = (home: string, seed: string) => [
    ...["vectorstats", inputs.at("v.npy"), design, contrast, `${home}/out/x_`, "--cache", `${home}/cache`],
    ...[...quick, "--seed", seed],
  ];
  const fixels = (home: string, seed: string) => [
    ...["fixelcfestats", fd, subjects, design, contrast, matrix, `${home}/out`, "--cache", `${home}/cache`],
    ...[...quick, "--seed", seed],
  ];
  /** Made once, and put there every time. */
  const earlier = (key: string, tokens: (home: string) => readonly string[], first?: (home: string) => void) => {
    const kept = inputs.at(`earlier-${key}`);
    return (home: string) => {
      if (!fs.existsSync(kept)) {
        first?.(home);
        const { status, stderr } = runCli([...tokens(home), "-quiet"], home);
        if (status !== 0) throw new Error(stderr);
        fs.cpSync(home, kept, { recursive: true, preserveTimestamps: true });
      } else fs.cpSync(kept, home, { recursive: true, preserveTimestamps: true });
    };
  };
  const out = (home: string) => fs.mkdirSync(path.join(home, "out"));
  const convert = (home: string) => ["convert", "fixels", fd, subjects, `${home}/a.fxs`];
  const cohort = (output: string) => (home: string) => [
    ...["convert", "cohort", inputs.at("cohort.csv"), `${home}/${output}`, "--template", fd],
  ];
  const exported = (home: string) => ["export", inputs.at("results.h5"), `${home}/img`, "--analysis", "lm"];
  return [
    { name: "convert fixels", tokens: convert },
    {
      name: "convert fixels, two threads",
      tokens: (home) => [
        "convert",
        "fixels",
        large.at("fd"),
        large.at("subjects.txt"),
        `${home}/a.fxs`,
        "-nthreads",
        "2",
      ],
    },
    {
      name: "convert fixels --force",
      tokens: (home) => [...convert(home), "--force"],
      prepare: earlier("fxs", convert),
    },
    {
      name: "convert fixels, an added scalar",
      tokens: (home) => [...convert(home), "--scalar", "FC"],
      prepare: earlier("fxs", convert),
    },
    { name: "convert fixels to .h5", tokens: (home) => ["convert", "fixels", fd, subjects, `${home}/a.h5`] },
    {
      name: "convert fixels to .h5, compressed, --force",
      tokens: (home) => ["convert", "fixels", fd, subjects, `${home}/a.h5`, "--gzip", "1", "--force"],
      prepare: earlier("h5", (home) => ["convert", "fixels", fd, subjects, `${home}/a.h5`]),
    },
    { name: "convert cohort", tokens: cohort("a.fxs") },
    { name: "convert cohort to .h5", tokens: cohort("a.h5") },
    {
      name: "convert modelarray, in parts",
      tokens: (home) => ["convert", "modelarray", inputs.at("large.h5"), `${home}/a.fxs`, "--memory", "12MiB"],
    },
    { name: "convert modelarray", tokens: (home) => ["convert", "modelarray", inputs.at("in.h5"), `${home}/a.fxs`] },
    {
      name: "convert modelarray to .h5",
      tokens: (home) => ["convert", "modelarray", inputs.at("in.h5"), `${home}/a.h5`],
    },
    { name: "convert vectors", tokens: (home) => ["convert", "vectors", inputs.at("v.npy"), `${home}/a.fxs`] },
    { name: "fixelcfestats", tokens: (home) => fixels(home, "1") },
    {
      name: "fixelcfestats -force",
      tokens: (home) => [...fixels(home, "2"), "-force"],
      prepare: earlier("cfe", (home) => fixels(home, "1")),
    },
    { name: "vectorstats", tokens: (home) => vectors(home, "1"), prepare: out },
    {
      name: "vectorstats -force",
      tokens: (home) => [...vectors(home, "2"), "-force"],
      prepare: earlier("vectors", (home) => vectors(home, "1"), out),
    },
    {
      name: "fixelcfestats, kept after every batch",
      tokens: (home) => [
        ...fixels(home, "1").map((token) => (token === "20" ? "700" : token)),
        ...["--checkpoint-every", "0"],
      ],
    },
    { name: "fixelcfestats --shard", tokens: (home) => [...fixels(home, "1"), "--shard", "1/2"] },
    {
      name: "merge",
      tokens: (home) => ["merge", `${home}/out`, "-nthreads", "0"],
      prepare: earlier(
        "shards",
        (home) => [...fixels(home, "1"), "--shard", "2/2"],
        (home) => void runCli([...fixels(home, "1"), "--shard", "1/2", "-quiet"], home),
      ),
    },
    {
      name: "export to .h5",
      tokens: (home) => ["export", inputs.at("stats"), `${home}/new.h5`, "--analysis", "lm"],
    },
    {
      name: "export into an .h5",
      tokens: (home) => ["export", inputs.at("stats"), `${home}/a.h5`, "--analysis", "lm"],
      prepare: (home) => fs.copyFileSync(inputs.at("in.h5"), path.join(home, "a.h5")),
    },
    { name: "export images", tokens: exported },
    {
      name: "export images -force",
      tokens: (home) => [...exported(home), "-force"],
      prepare: earlier("images", exported),
    },
    {
      name: "cache clear",
      tokens: (home) => ["cache", "clear", "--cache", `${home}/cache`],
      prepare: earlier("cfe", (home) => fixels(home, "1")),
    },
  ];
}
