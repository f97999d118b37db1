// fixelfilter killed at 30 moments of each kind, drawn from a seed. Needs `npm run build`.
import path from "node:path";
import { expect, it } from "vitest";
import { writeFilterCohort } from "../support/filter-cohort.js";
import { expectFinishedAfterKill, finishedFilter, KILLED_COHORT } from "../support/killed-filter.js";
import { runCli } from "../support/run-cli.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const KILLS = 30;
const cwd = path.join(temporaryDirectory(), "cohort");
writeFilterCohort(cwd, KILLED_COHORT);

it("has a store", () => {
  expect(runCli(["convert", "fixels", "fd", "subjects.txt", "cohort.fxs", "-quiet"], cwd).status).toBe(0);
});

it.each(["store", "directory", "file"] as const)(
  "a %s",
  async (kind) => {
    const random = createRandom(kind.length);
    const { contents, ms } = finishedFilter(cwd, kind);
    for (let i = 0; i < KILLS; i++)
      await expectFinishedAfterKill(cwd, kind, { contents, afterMs: random.uniform() * ms * 1.05 });
  },
  1_800_000,
);
