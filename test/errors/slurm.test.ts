// What `fixelstream slurm` refuses, and what it warns of; nothing is written then.
import fs from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";

vi.setConfig({ testTimeout: 300_000 }); // the first that plans loads the whole program

function newJob() {
  const input = newAnalysis();
  const [name, ...paths] = ["fixelcfestats", "fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"];
  const line = [name!, ...paths.map((one) => input.at(one)), "--seed", "1", "-nshuffles", "30"];
  const slurm = async (...tokens: string[]) => {
    const { status, stdout, stderr } = await runInProcess(["slurm", ...tokens]);
    return { status, stdout, said: input.relative(stderr).replaceAll("fixelstream: error: ", "").trimEnd() };
  };
  return { ...input, line, slurm };
}

const STATISTICAL = "fixelcfestats, mrclusterstats, connectomestats, vectorstats";

describe("refused", () => {
  it.each<[string, string[], number, string]>([
    [
      "a command without shuffles",
      ["--", "info", "fd"],
      2,
      `Cannot make jobs of "info": expected a statistical command behind -- (${STATISTICAL}), got another word.`,
    ],
    [
      "itself",
      ["--", "slurm", "--", "info"],
      2,
      `Cannot make jobs of "slurm": expected a statistical command behind -- (${STATISTICAL}), got another word.`,
    ],
    [
      "nothing behind --",
      ["--shards", "3", "--"],
      2,
      "Cannot run slurm: expected 1 or more arguments (line), got 0. `fixelstream slurm -help` explains them.",
    ],
    [
      "a name with blanks",
      ["--partition", "my queue", "--", "LINE"],
      2,
      'Cannot use --partition "my queue": expected a name as SLURM has it, without blanks.',
    ],
    [
      "a name that is more than one",
      ["--account", "lab\n#SBATCH --exclusive", "--", "LINE"],
      2,
      'Cannot use --account "lab\\n#SBATCH --exclusive": expected a name as SLURM has it, without blanks.',
    ],
    [
      "no time",
      ["--time", "4h", "--", "LINE"],
      2,
      'Cannot use --time "4h": expected a time as SLURM writes it, such as 30, 4:00:00 or 1-12:00:00.',
    ],
    [
      "less time than a job needs to get forward",
      ["--time", "0:02:00", "--", "LINE"],
      2,
      'Cannot use --time "0:02:00": expected 5 minutes or more, such as 30, 4:00:00 or 1-12:00:00.',
    ],
    [
      "shards of its own",
      ["--", "LINE", "--shard", "1/5"],
      2,
      "Cannot make jobs of a line with --shard: the jobs have their own. Leave it out, and say how many with --shards.",
    ],
    [
      "preparation",
      ["--", "LINE", "--prepare-only"],
      2,
      "Cannot make jobs of a line with --prepare-only: the first job does it. Leave it out.",
    ],
    [
      "a plan",
      ["--", "LINE", "--dry-run"],
      2,
      "Cannot make jobs of a line with --dry-run: it would compute nothing. Leave it out, or put it in front of --.",
    ],
    [
      "beginning anew",
      ["--", "LINE", "--restart"],
      2,
      "Cannot make jobs of a line with --restart: a job that is begun again would throw away what it had done. Leave it out, or run one shard with it by hand.",
    ],
    [
      "an end that the shuffles decide",
      ["--", "LINE", "--stop-when-settled"],
      2,
      "Cannot make jobs of a line with --stop-when-settled: it looks at all shuffles of one run, and jobs divide them. Leave it out.",
    ],
    [
      "counts that stop",
      ["--", "LINE", "--negbin", "20"],
      2,
      "Cannot make jobs of a line with --negbin: it counts the shuffles of one run in their order, and jobs divide them. Leave it out.",
    ],
    [
      "no shuffles",
      ["--", "LINE", "-notest"],
      2,
      "Cannot make jobs of a line with -notest: there are no shuffles to divide. Run the command as it is.",
    ],
    [
      "no setup",
      ["--setup", "/nowhere/modules.sh", "--", "LINE"],
      1,
      "Cannot read /nowhere/modules.sh: expected lines of shell for --setup, got no such file.",
    ],
    [
      "what the command itself refuses",
      ["--", "LINE", "-cfe_h", "high"],
      2,
      "Cannot use -cfe_h high: expected a number.",
    ],
  ])("%s", async (_, tokens, status, message) => {
    const { line, slurm, at } = newJob();
    const found = await slurm("-quiet", ...tokens.flatMap((token) => (token === "LINE" ? line : [token])));
    expect(found).toEqual({ status, stdout: "", said: message });
    expect(fs.existsSync(at("out"))).toBe(false);
  });

  it("inputs that the run would refuse are refused now", async () => {
    const { line, slurm, at } = newJob();
    fs.rmSync(at("design.txt"));
    const { status, said } = await slurm("-quiet", "--", ...line);
    expect([status, said]).toEqual([1, expect.stringMatching(/^Cannot read design\.txt/)]);
    expect(fs.existsSync(at("out"))).toBe(false);
  });

  it("scripts that are there, and what is not a script of ours", async () => {
    const { line, slurm, at } = newJob();
    expect(await slurm("-quiet", "--", ...line)).toEqual({ status: 0, stdout: "", said: "" });
    const edited = `${fs.readFileSync(at("out/slurm/shards.sbatch"), "utf8")}# mine\n`;
    fs.writeFileSync(at("out/slurm/shards.sbatch"), edited);
    expect((await slurm("-quiet", "--", ...line)).said).toBe(
      "Cannot write jobs to out/slurm: prepare.sbatch exists already. Submit it as it is (bash submit.sh in there), or give -force to write it anew.",
    );
    expect(fs.readFileSync(at("out/slurm/shards.sbatch"), "utf8")).toBe(edited);
    expect(await slurm("-force", "-quiet", "--", ...line)).toMatchObject({ status: 0 });
    fs.writeFileSync(at("out/slurm/submit.sh"), "rm -rf /\n");
    expect((await slurm("-force", "-quiet", "--", ...line)).said).toBe(
      "Cannot write jobs to out/slurm: submit.sh is there and was not made by fixelstream slurm. Move it away.",
    );
  });

  it("results that are there, unless they may be overwritten", async () => {
    const { line, slurm } = newJob();
    expect((await runInProcess([...line, "-quiet", "-nthreads", "0"])).status).toBe(0);
    expect(await slurm("-quiet", "--", ...line)).toMatchObject({
      status: 1,
      said: "Cannot make jobs of a run into out: out/run.json exists already, and merge would refuse the results. Give another output, or -force behind --.",
    });
    expect(await slurm("-quiet", "--", ...line, "-force")).toMatchObject({ status: 0, said: "" });
  });
});

it("shards that are there are warned of", async () => {
  const { line, slurm } = newJob();
  for (const i of [1, 2]) await runInProcess([...line, "-quiet", "-nthreads", "0", "--shard", `${i}/3`]);
  expect(await slurm("-quiet", "--", ...line)).toEqual({
    status: 0,
    stdout: "",
    said: "fixelstream: warning: 2 shards of this output are there already and will not be computed again; merge refuses them if they are of another plan.",
  });
});

it("help of the line itself is shown", async () => {
  const { slurm } = newJob();
  expect((await slurm("--", "vectorstats", "-help")).stdout).toMatch(/^Usage:\n {2}fixelstream vectorstats /);
});
