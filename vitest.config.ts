import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** What takes longest of all, by the thousands of runs that a law or a record asks for: `npm run test:long`. A file of over 20 s belongs here. */
const LONG = [
  "test/app/checkpoints.test.ts",
  "test/app/combinations.test.ts",
  "test/app/damage-while-running.test.ts",
  "test/app/disk-full.test.ts",
  "test/app/dry-run.test.ts",
  "test/app/faults.test.ts",
  "test/app/fixelfilter-killed.test.ts",
  "test/app/many-at-once.test.ts",
  "test/app/modelarray-results.test.ts",
  "test/app/negative-binomial.test.ts",
  "test/app/same-bits.test.ts",
  "test/app/shards.test.ts",
  "test/app/system-errors.test.ts",
  "test/cli/failing-streams.test.ts",
  "test/cli/slurm.test.ts",
  "test/docs/cluster.test.ts",
  "test/docs/modelarray.test.ts",
  "test/engine/memory-plan.test.ts",
  "test/engine/search.test.ts",
  "test/engine/turns.test.ts",
  "test/errors/hints.test.ts",
  "test/formats/hdf5/hostile.test.ts",
  "test/formats/nifti-as-said.test.ts",
  "test/golden/golden.test.ts",
  "test/kernels/kernel-set.test.ts",
  "test/properties/bounds.test.ts",
  "test/properties/extreme-maps.test.ts",
  "test/properties/missing-patterns.test.ts",
  "test/properties/models.test.ts",
  "test/properties/non-stationarity.test.ts",
  "test/properties/parts-of-a-run.test.ts",
  "test/properties/precision.test.ts",
  "test/properties/removing.test.ts",
  "test/properties/run-plan.test.ts",
  "test/properties/same-bits.test.ts",
  "test/properties/screened-groups.test.ts",
  "test/properties/screened-scores.test.ts",
  "test/properties/units.test.ts",
  "test/report/browser.test.ts",
  "test/report/killed.test.ts",
  "test/stats/oracle.test.ts",
];
/**
 * Files of a project share a process a worker, which has the program loaded and compiled: 0.8 s of processor time less a file. A file that replaces
 * modules or the system's functions, or counts what its process has, gets one of its own, in the project NAME-alone.
 */
const NEEDS_OWN_PROCESS =
  /import \{[^}]*\bvi\b[^}]*\} from "vitest"|"\/proc\/self\/(task|maps|fd)"|process\.(resourceUsage|memoryUsage)|watchMemory|\bsyncBuiltinESMExports\b|support\/short-transfers/;
// One project a kind of proof. `fast` is what a developer runs while working; the others have their own scripts.
const OWN_PROJECTS = /^test\/(peers|memory|signals|slow|calibration)\//;
const slow = { testTimeout: 600_000, hookTimeout: 600_000 };
// .ci/run asks for the counts as a file: what is printed is for people.
const resultsFile = process.env.VITEST_RESULTS_FILE;
const reporters = ["default" as const, ["json", { outputFile: resultsFile }] as const];

const fast = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((file) => `test/${file}`)
  .filter((file) => file.endsWith(".test.ts") && !OWN_PROJECTS.test(file) && !LONG.includes(file));

/** Two projects: `groupOrder` keeps the files of the first together, or a worker would begin anew for each. */
function sharing(name: string, files: readonly string[], limits: { testTimeout: number; hookTimeout: number }) {
  const isAlone = (file: string) => NEEDS_OWN_PROCESS.test(readFileSync(file, "utf8"));
  return [
    { test: { name, include: files.filter((file) => !isAlone(file)), isolate: false, ...limits } },
    { test: { name: `${name}-alone`, include: files.filter(isAlone), sequence: { groupOrder: 1 }, ...limits } },
  ];
}

export default defineConfig({
  test: {
    globalSetup: "test/support/temporary-root.ts",
    // two cores are what CI has; vitest itself would leave one of them idle
    maxWorkers: Math.max(2, availableParallelism() - 1),
    ...(resultsFile === undefined ? {} : { reporters }),
    projects: [
      ...sharing("fast", fast, { testTimeout: 60_000, hookTimeout: 120_000 }),
      { test: { name: "long", include: LONG, ...slow } },
      {
        test: {
          name: "peers",
          include: ["test/peers/**/*.test.ts"],
          isolate: false,
          sequence: { groupOrder: 2 },
          ...slow,
        },
      },
      { test: { name: "memory", include: ["test/memory/**/*.test.ts"], fileParallelism: false, ...slow } },
      { test: { name: "signals", include: ["test/signals/**/*.test.ts"], fileParallelism: false, ...slow } },
      { test: { name: "slow", include: ["test/slow/**/*.test.ts", "test/calibration/**/*.test.ts"], ...slow } },
    ],
  },
});
