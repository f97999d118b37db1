import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** What takes longest of all, by the thousands of runs that a law or a record asks for: `npm run test:long`. A file of over 20 s belongs here. */
const LONG = [
  "test/app/checkpoints.test.ts",
  "test/app/faults.test.ts",
  "test/app/many-at-once.test.ts",
  "test/app/shards.test.ts",
  "test/app/system-errors.test.ts",
  "test/cli/failing-streams.test.ts",
  "test/cli/slurm.test.ts",
  "test/docs/cluster.test.ts",
  "test/docs/modelarray.test.ts",
  "test/engine/memory-plan.test.ts",
  "test/engine/turns.test.ts",
  "test/errors/hints.test.ts",
  "test/golden/golden.test.ts",
  "test/kernels/kernel-set.test.ts",
  "test/properties/bounds.test.ts",
  "test/properties/models.test.ts",
  "test/properties/non-stationarity.test.ts",
  "test/properties/parts-of-a-run.test.ts",
  "test/properties/precision.test.ts",
  "test/properties/removing.test.ts",
  "test/properties/run-plan.test.ts",
  "test/properties/same-bits.test.ts",
  "test/properties/units.test.ts",
  "test/report/browser.test.ts",
  "test/report/killed.test.ts",
  "test/stats/oracle.test.ts",
];
// One project a kind of proof. `fast` is what a developer runs while working; the others have their own scripts.
const OWN_PROJECTS = ["test/peers/**", "test/memory/**", "test/signals/**", "test/slow/**", "test/calibration/**"];
const slow = { testTimeout: 600_000, hookTimeout: 600_000 };
// .ci/run asks for the counts as a file: what is printed is for people.
const resultsFile = process.env.VITEST_RESULTS_FILE;
const reporters = ["default" as const, ["json", { outputFile: resultsFile }] as const];

export default defineConfig({
  test: {
    globalSetup: "test/support/temporary-root.ts",
    // two cores are what CI has; vitest itself would leave one of them idle
    maxWorkers: Math.max(2, availableParallelism() - 1),
    ...(resultsFile === undefined ? {} : { reporters }),
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: [...OWN_PROJECTS, ...LONG],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "long", include: LONG, ...slow } },
      { test: { name: "peers", include: ["test/peers/**/*.test.ts"], ...slow } },
      { test: { name: "memory", include: ["test/memory/**/*.test.ts"], fileParallelism: false, ...slow } },
      { test: { name: "signals", include: ["test/signals/**/*.test.ts"], fileParallelism: false, ...slow } },
      { test: { name: "slow", include: ["test/slow/**/*.test.ts", "test/calibration/**/*.test.ts"], ...slow } },
    ],
  },
});
