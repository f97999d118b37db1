// More columns in the design than subjects, and missing values: every element is counted in the warning, and the plan is one of numbers.
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ALL_COMMANDS, newRun } from "../support/both-commands.js";

it.each(ALL_COMMANDS)("%s: nothing can be tested, and that is said", async (command) => {
  const run = newRun(command, { value: (subject, element) => (subject === element ? Number.NaN : subject + element) });
  const rows = Array.from({ length: 8 }, (_, i) => [1, i < 4 ? 0 : 1, ...new Array(7).fill(1)].join(" "));
  writeFileSync(run.at("design.txt"), `${rows.join("\n")}\n`);
  writeFileSync(run.at("contrast.txt"), "0 -1 0 0 0 0 0 0 0\n");
  const { status, stderr } = await run.run("--report");
  expect(stderr).toContain("24 of 24 elements cannot be tested and get zeros");
  expect(status).toBe(0);
});
