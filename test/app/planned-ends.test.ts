// --dry-run of runs whose shuffles may end before: what is planned is what is done where nothing ends, and what is not known is said.
import { describe, expect, it } from "vitest";
import type { AnalysisOptions } from "../../src/app/analyse/options.js";
import type { PlanSummary } from "../../src/app/analyse/plan/describe-plan.js";
import { type CommandName, newRun } from "../support/both-commands.js";
import { createRandom } from "../support/seeded-random.js";

const N_SUBJECTS = 14;
const N_ELEMENTS = 30;

/** An effect that fades out from element to element: some are near 0.05 after any number of shuffles, and some never stop. */
function newStudy(command: CommandName) {
  const { normal } = createRandom(11);
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, normal);
  const value = (subject: number, element: number) =>
    10 + noise[subject * N_ELEMENTS + element]! + (subject < 7 ? (N_ELEMENTS - element) / 8 : 0);
  return newRun(command, { nElements: N_ELEMENTS, nSubjects: N_SUBJECTS, value });
}

const ENDS: readonly [string, Partial<AnalysisOptions>, assumption: string][] = [
  [
    "--negbin",
    { negativeBinomial: 5, nShuffles: 700 },
    "which elements stop, and when (--negbin 5): planned as if none did",
  ],
  [
    "--stop-when-settled",
    { stopWhenSettled: true, nShuffles: 700 },
    "when p-values are settled (--stop-when-settled): planned for all 700 shuffles; looked at after 500, and twice as many each time",
  ],
];

describe.each(["fixelcfestats", "vectorstats"] as const)("%s", (command) => {
  it.each(ENDS)("%s", async (_, changes, assumption) => {
    const run = newStudy(command);
    for (const memoryBytes of [2 ** 28, 2 ** 21]) {
      const asked = { ...changes, memoryBytes, force: true };
      const plan = await run.plan(asked);
      expect(plan.assumptions).toContain(assumption);
      const told: PlanSummary[] = [];
      const { settled, negativeBinomial } = await run.infer(asked, { onPlan: (of) => told.push(of) });
      // nothing ends before: what is planned is what is done
      expect((settled ?? negativeBinomial)!.done).toBe(700);
      expect(told.map(({ nBatches }) => nBatches)).toEqual([plan.nBatches]);
      const { bytesRead } = (run.record as unknown as { results: { bytesRead: number } }).results;
      if (changes.negativeBinomial === undefined) expect(bytesRead).toBe(plan.totalBytesRead - plan.storePassBytes);
      else expect(bytesRead).toBeLessThanOrEqual(plan.totalBytesRead - plan.storePassBytes);
      // more batches than there is room for alone
      if (command === "vectorstats" && memoryBytes === 2 ** 28) expect(plan.nBatches).toBeGreaterThan(1);
    }
  });
});
