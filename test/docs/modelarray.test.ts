// Every command of docs/modelarray.md, run as written, in order. Needs `npm run build`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixturesDirectory, repositoryRoot } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("docs/modelarray.md", { timeout: 300_000 }, () => {
  const text = fs.readFileSync(join(repositoryRoot, "docs", "modelarray.md"), "utf8");
  const commands = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((match) => match[1]!.trim().split("\n"));
  expect(commands.length).toBeGreaterThan(7);
  const directory = temporaryDirectory();
  const demo = join(fixturesDirectory, "demo");
  fs.cpSync(demo, directory, { recursive: true });
  const names = fs.readFileSync(join(demo, "subjects.txt"), "utf8").trim().split("\n");
  const rows = names.flatMap((name, i) => [`FD,${name},${i}`, `log_FC,${name},${i}`]);
  fs.writeFileSync(join(directory, "cohort.csv"), `scalar_name,source_file,age\n${rows.join("\n")}\n`);
  const phenotypes = names.map((name, i) => `${name},${8 + ((i * 7) % 15)},${i % 2 === 0 ? "a" : "b"},${(i % 9) / 10}`);
  fs.writeFileSync(join(directory, "phenotypes.csv"), `source_file,age,group,motion\n${phenotypes.join("\n")}\n`);
  for (const command of commands) {
    expect(command).toMatch(/^fixelstream /);
    // formulas are quoted for a shell
    const script = `fixelstream() { "${process.execPath}" "${builtCommand}" "$@"; }; ${command}`;
    const { status, stderr } = spawnSync("bash", ["-c", script], { cwd: directory, encoding: "utf8" });
    expect(status, `${command}\n${stderr}`).toBe(0);
  }
  for (const folder of ["stats_fd", "stats_packed", "stats_placed"])
    expect(fs.readdirSync(join(directory, folder))).toContain("fwe_1mpvalue.mif");
  expect(fs.readdirSync(join(directory, "lm_images"))).toContain("cfe_group_fwe_1mpvalue.mif");
  expect(fs.readdirSync(join(directory, "lm_age_images"))).toContain("lm_age_groupb:age.p.value.fdr.mif");
  expect(fs.readdirSync(join(directory, "gam_images"))).toContain("gam_s_age.partial.rsq.mif");
  const header = fs.readFileSync(join(directory, "gam_by.csv"), "utf8").split("\n")[0];
  expect(header).toMatch(/^element_id,s_age\.statistic,s_age\.p\.value,s_age_BYgroupb\.statistic,.*group\.L\.estimate/);
});
