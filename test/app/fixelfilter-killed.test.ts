// fixelfilter killed at a few moments; at many: test/slow/fixelfilter-killed.test.ts. Needs `npm run build`.
import path from "node:path";
import { expect, it } from "vitest";
import { writeFilterCohort } from "../support/filter-cohort.js";
import { expectFinishedAfterKill, finishedFilter, KILLED_COHORT } from "../support/killed-filter.js";
import { runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const cwd = path.join(temporaryDirectory(), "cohort");
writeFilterCohort(cwd, KILLED_COHORT);

it("has a store", () => {
  expect(runCli(["convert", "fixels", "fd", "subjects.txt", "cohort.fxs", "-quiet"], cwd).status).toBe(0);
});

it.each(["store", "directory", "file"] as const)(
  "a %s: the same command finishes it, and leaves nothing else",
  async (kind) => {
    const { contents, ms } = finishedFilter(cwd, kind);
    for (const share of [0.3, 0.6, 0.85]) await expectFinishedAfterKill(cwd, kind, { contents, afterMs: share * ms });
  },
  240_000,
);
