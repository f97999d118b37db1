// Command lines as users of MRtrix3 write them: from its documentation, its tests, and scripts around it.
import { describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { resolveCommandLine } from "../../src/cli/resolve-command-line.js";

const streams = { stdout: process.stdout, stderr: process.stderr, command: "" };
const program = await createProgram(streams);
const resolve = (line: string) => resolveCommandLine(program, line.split(" ").filter(Boolean)).join(" ");
const refusal = (line: string): string => {
  try {
    return `accepted as: ${resolve(line)}`;
  } catch (error) {
    return (error as Error).message;
  }
};
const SIX = "fd_smooth/ files.txt design_matrix.txt contrast_matrix.txt matrix/ stats_fd/";

describe("the peer's own lines", () => {
  it.each([
    // documentation of the fixel-based analysis
    [`fixelcfestats ${SIX}`, `fixelcfestats -- ${SIX}`],
    [
      "fixelcfestats log_fc_smooth/ files.txt design_matrix.txt contrast_matrix.txt matrix/ stats_log_fc/",
      "fixelcfestats -- log_fc_smooth/ files.txt design_matrix.txt contrast_matrix.txt matrix/ stats_log_fc/",
    ],
    // its tests
    [
      "fixelcfestats fixelfilter/smooth/out/ fixelcfestats/subjects.txt fixelcfestats/design.txt fixelcfestats/contrast.txt SIFT_phantom/matrix/ tmp -force",
      "fixelcfestats --force -- fixelfilter/smooth/out/ fixelcfestats/subjects.txt fixelcfestats/design.txt fixelcfestats/contrast.txt SIFT_phantom/matrix/ tmp",
    ],
    // scripts: standard options behind, options between the arguments
    [`fixelcfestats ${SIX} -nthreads 4 -debug`, `fixelcfestats --nthreads=4 --debug -- ${SIX}`],
    [
      "fixelcfestats fd/ -nshuffles 100 -nthreads 12 -cfe_e 4 -cfe_c 1 -cfe_h 5 files.txt design.txt contrasts.txt -mask m.mif matrix/ out/",
      "fixelcfestats --nshuffles=100 --nthreads=12 --cfe_e=4 --cfe_c=1 --cfe_h=5 --mask=m.mif -- fd/ files.txt design.txt contrasts.txt matrix/ out/",
    ],
    [
      `fixelcfestats -info -quiet -debug -force -config RealignTransform false -config NumberOfThreads 2 ${SIX}`,
      `fixelcfestats --info --quiet --debug --force --config=RealignTransform=false --config=NumberOfThreads=2 -- ${SIX}`,
    ],
    [`fixelcfestats -nthreads 0 ${SIX}`, `fixelcfestats --nthreads=0 -- ${SIX}`],
    [
      `fixelcfestats ${SIX} -ftests F.csv -fonly -errors ise -permutations p.txt -strong -notest -cfe_legacy`,
      `fixelcfestats --ftests=F.csv --fonly --errors=ise --permutations=p.txt --strong --notest --cfe_legacy -- ${SIX}`,
    ],
    // the development branch
    [
      "fixelcfestats fd/ files.txt design.csv matrix/ out/ -ttests t.csv -ftest a.csv -ftest b.csv",
      "fixelcfestats --ttests=t.csv --ftest=a.csv --ftest=b.csv -- fd/ files.txt design.csv matrix/ out/",
    ],
  ])("%s", (line, expected) => {
    expect(resolve(line)).toBe(expected);
  });
});

describe("options", () => {
  it("with two dashes, and with =", () => {
    expect(resolve(`fixelcfestats ${SIX} --mask m.mif --memory=2GiB --nshuffles 7`)).toBe(
      `fixelcfestats --mask=m.mif --memory=2GiB --nshuffles=7 -- ${SIX}`,
    );
  });
  it("shortened as long as they are unique, or begin all others", () => {
    expect(resolve(`fixelcfestats ${SIX} -nsh 100 -perm p.txt -str -not -cfe_l -mem 1g`)).toBe(
      `fixelcfestats --nshuffles=100 --permutations=p.txt --strong --notest --cfe_legacy --memory=1g -- ${SIX}`,
    );
    expect(resolve(`fixelcfestats ${SIX} -ft f.txt`)).toBe(`fixelcfestats --ftest=f.txt -- ${SIX}`);
  });
  it("negative numbers are values and arguments, a single dash is an argument", () => {
    expect(resolve("fixelcfestats cohort.fxs - d.txt c.txt m/ o/ -cfe_h -1 -cfe_e -.5 -cfe_c -1e-3")).toBe(
      "fixelcfestats --cfe_h=-1 --cfe_e=-.5 --cfe_c=-1e-3 -- cohort.fxs - d.txt c.txt m/ o/",
    );
    expect(resolve("info -1")).toBe("info -- -1");
  });
  it("everything after -- is an argument", () => {
    expect(resolve("info -quiet -- -strange-name")).toBe("info --quiet -- -strange-name");
  });
  it.each([
    [
      "-no x",
      "Cannot tell which option -no is: --no-report, --no-verify, -nonstationarity, -notest. Write more of its name.",
    ],
    ["-cfe", "Cannot tell which option -cfe is: -cfe_c, -cfe_dh, -cfe_e, -cfe_h, -cfe_legacy. Write more of its name."],
    ["-nope", "Unknown option -nope. `fixelstream fixelcfestats -help` lists the options."],
    [
      "-nshufles 10",
      "Unknown option -nshufles. Did you mean -nshuffles? `fixelstream fixelcfestats -help` lists the options.",
    ],
    ["-maks a.mif", "Unknown option -maks. Did you mean -mask? `fixelstream fixelcfestats -help` lists the options."],
    ["--sede 1", "Unknown option -sede. Did you mean --seed? `fixelstream fixelcfestats -help` lists the options."],
    ["-cfe_dj 1", "Unknown option -cfe_dj. Did you mean -cfe_dh? `fixelstream fixelcfestats -help` lists the options."],
    [
      "-nperms 5000",
      "Cannot use -nperms: it was an option of MRtrix3 before version 3.0. Its name today is -nshuffles.",
    ],
    [
      "-nperm 5000",
      "Cannot use -nperms: it was an option of MRtrix3 before version 3.0. Its name today is -nshuffles.",
    ],
    [
      "-nonstationary",
      "Cannot use -nonstationary: it was an option of MRtrix3 before version 3.0. Its name today is -nonstationarity.",
    ],
    [
      "-negative",
      "Cannot use -negative: it was an option of MRtrix3 before version 3.0. Today every row of the contrast matrix is tested on its positive side: add the row with its signs turned.",
    ],
    [
      "-smooth 10",
      "Cannot use -smooth: it was an option of MRtrix3 before version 3.0. Today the data are smoothed beforehand, by fixelfilter.",
    ],
    ["-mask", "Cannot use -mask: expected a value after it, got nothing."],
    ["-mask -force", "Cannot use -mask: expected a value after it, got the option -force."],
    ["-config key", "Cannot use -config: expected two values after it, got one."],
    ["--force=yes", "Cannot use -force: expected no value, got yes."],
    ["-mask a.mif -mask b.mif", "Cannot use -mask twice: expected it once, got b.mif as well. Leave one out."],
    [
      "-nshufles 10 -quite -nope -force=yes -nope",
      [
        "Unknown option -nshufles. Did you mean -nshuffles? `fixelstream fixelcfestats -help` lists the options.",
        "Unknown option -quite. Did you mean -quiet? `fixelstream fixelcfestats -help` lists the options.",
        "Unknown option -nope. `fixelstream fixelcfestats -help` lists the options.",
        "Cannot use -force: expected no value, got yes.",
      ].join("\n"),
    ],
  ])("%s is refused", (options, message) => {
    expect(refusal(`fixelcfestats ${SIX} ${options}`)).toBe(message);
  });
});

describe("commands", () => {
  it.each([
    ["", "--help"],
    ["-help", "--help"],
    ["help", "--help"],
    ["help convert fixels", "convert fixels --help"],
    ["convert", "convert --help"],
    ["convert fixels a b c -help", "convert fixels --help"],
    ["info -h", "info --help"],
    ["fixelcfestats -version", "--version"],
    ["--version", "--version"],
  ])("%j", (line, expected) => {
    expect(resolve(line)).toBe(expected);
  });
  it("unknown ones, naming those that exist", () => {
    expect(refusal("fixelstats a b")).toMatch(
      /^Unknown command fixelstats\. Did you mean fixelcfestats\? Use one of: fixelcfestats, mrclusterstats, connectomestats, vectorstats, lm, gam, design, fixelconnectivity, fixelfilter, merge, status, slurm, pvalues, report, convert, /,
    );
    expect(refusal("convert voxls a")).toMatch(
      /^Unknown command convert voxls\. Did you mean convert voxels\? Use one of: fixels, /,
    );
    expect(refusal("vectorstat a b -nthreads 0")).toMatch(/^Unknown command vectorstat\. Did you mean vectorstats\? /);
    expect(refusal("-nope")).toBe("Unknown option -nope. `fixelstream -help` lists the options.");
  });
  it("too few or too many arguments, naming them", () => {
    expect(refusal("info")).toBe(
      "Cannot run info: expected 1 argument (store), got 0. `fixelstream info -help` explains them.",
    );
    expect(refusal("convert fixels a b c d")).toBe(
      "Cannot run convert fixels: expected 3 arguments (input, subjects, output), got 4. `fixelstream convert fixels -help` explains them.",
    );
    expect(refusal("fixelcfestats a b c")).toBe(
      "Cannot run fixelcfestats: expected 4 to 6 arguments (input, subjects, design, contrast, connectivity, output), got 3. `fixelstream fixelcfestats -help` explains them.",
    );
  });
});
