import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// One project a kind of proof. `fast` is what a developer runs while working; the others have their own scripts.
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
          exclude: ["test/peers/**", "test/memory/**", "test/signals/**", "test/slow/**", "test/calibration/**"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "peers", include: ["test/peers/**/*.test.ts"], ...slow } },
      { test: { name: "memory", include: ["test/memory/**/*.test.ts"], fileParallelism: false, ...slow } },
      { test: { name: "signals", include: ["test/signals/**/*.test.ts"], fileParallelism: false, ...slow } },
      { test: { name: "slow", include: ["test/slow/**/*.test.ts", "test/calibration/**/*.test.ts"], ...slow } },
    ],
  },
});
