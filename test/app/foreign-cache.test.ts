// A cache that another user filled: what is in it is used, and whose it is is said.
import fs from "node:fs";
import { expect, test } from "vitest";
import { newRun } from "../support/both-commands.js";

/** Giving a file away takes root. */
test.skipIf(process.getuid?.() !== 0)("is used with a warning for every entry", async () => {
  const input = newRun("fixelcfestats");
  const { run } = input;
  const first = await run();
  expect(first.stderr).not.toContain("another user");
  const cache = input.at(".fixelstream");
  for (const name of fs.readdirSync(cache)) if (/\.fx[sc]$/.test(name)) fs.chownSync(`${cache}/${name}`, 65534, 65534);
  const { status, stderr } = await run("-force");
  expect(status).toBe(0);
  const said = stderr.split("\n").filter((line) => line.includes("another user"));
  expect(said).toHaveLength(2);
  for (const [i, ending] of ["fxs", "fxc"].entries()) {
    expect(input.relative(said[i]!)).toMatch(
      new RegExp(
        `^fixelstream: warning: .fixelstream/\\w+\\.${ending} was made by another user \\(number 65534\\): its checksums are compared, but what it was made from is that user's word\\. Give --cache a directory of your own if that is not enough\\.$`,
      ),
    );
  }
  const record = JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8"));
  expect(record.warnings.filter(({ tag }: { tag: string }) => tag === "cache-of-another-user")).toHaveLength(2);
});
