// Every command of docs/designs.md, run as written, in order. Needs `npm run build`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixturesDirectory, repositoryRoot } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("docs/designs.md", { timeout: 180_000 }, () => {
  const text = fs.readFileSync(join(repositoryRoot, "docs", "designs.md"), "utf8");
  const commands = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((match) => match[1]!.trim().split("\n"));
  expect(commands.length).toBe(5);
  const directory = temporaryDirectory();
  fs.cpSync(join(fixturesDirectory, "demo"), directory, { recursive: true });
  for (const command of ["fixelstream convert fixels fd/ subjects.txt cohort.fxs", ...commands]) {
    const [program, ...tokens] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
    expect(program).toBe("fixelstream");
    const { status, stderr } = spawnSync(process.execPath, [builtCommand, ...tokens], {
      cwd: directory,
      encoding: "utf8",
    });
    expect(status, `${command}\n${stderr}`).toBe(0);
  }
  const record = (folder: string) => JSON.parse(fs.readFileSync(join(directory, folder, "run.json"), "utf8"));
  expect(record("stats_names").runPlan.hash).toBe(record("stats_files").runPlan.hash);
  expect(record("stats_formula").problem.hypotheses[1].label).toBe("F(group, age)");
  expect(fs.readdirSync(join(directory, "design"))).toContain("ftest1.txt");
});
