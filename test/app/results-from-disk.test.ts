// Writers need no engine: a state of shuffles that was written to disk and is read back when the engine is closed gives the results that the run gave.
import fs from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { readNullState, writeNullState } from "../../src/results/null-state-file.js";
import { ALL_COMMANDS, type EitherRun, newRun, writeMaskFor } from "../support/both-commands.js";

/** Where the shuffles come from instead of being computed. */
const kept = vi.hoisted((): { path: string | undefined; nRead: number } => ({ path: undefined, nRead: 0 }));
vi.mock("../../src/engine/run.js", async (importOriginal) => {
  const adapter = await importOriginal<typeof import("../../src/engine/run.js")>();
  return {
    ...adapter,
    openEngine: async (...given: Parameters<typeof adapter.openEngine>) => {
      const engine = await adapter.openEngine(...given);
      const { path } = kept;
      if (path === undefined) return engine;
      return {
        ...engine,
        async run() {
          await engine.close();
          kept.nRead++;
          const state = readNullState(path, { planHash: given[0].planHash });
          return { state, cost: { ms: {}, bytesRead: 0, byPattern: false, wideBatches: 0 } };
        },
        close: async () => {},
      };
    },
  };
});

const resultsOf = (run: EitherRun) =>
  run
    .results()
    .filter((name) => name !== "run.json")
    .map((name) => [name, run.result(name).toString("latin1")]);

describe.each(ALL_COMMANDS)("%s", (command) => {
  it.each([
    ["one hypothesis", () => ({})],
    [
      "several hypotheses, and -strong",
      (run: EitherRun) => {
        fs.writeFileSync(run.at("contrast.txt"), "0 -1\n1 0\n");
        fs.writeFileSync(run.at("ftests.txt"), "1 1\n");
        return { ftests: run.at("ftests.txt"), strong: true };
      },
    ],
    [
      "masks and variance groups",
      (run: EitherRun) => {
        fs.writeFileSync(run.at("variance.txt"), "1 2 1 2 1 2 1 2\n");
        if (command === "vectorstats") return { variance: run.at("variance.txt") };
        const mask = writeMaskFor(run, "mask", (i) => i % 5 !== 0);
        const posthoc = writeMaskFor(run, "posthoc", (i) => i % 3 !== 0);
        return { variance: run.at("variance.txt"), mask, posthoc };
      },
    ],
  ])("%s", async (_, change) => {
    const run = newRun(command);
    const changes = { ...change(run), force: true };
    kept.path = undefined;
    await run.infer(changes, { onNullState: (state) => writeNullState(run.at("state.fxnull"), state) });
    const computed = resultsOf(run);
    const hash = run.record.runPlan.hash;
    kept.path = run.at("state.fxnull");
    kept.nRead = 0;
    await run.infer(changes);
    expect(kept.nRead).toBe(1);
    expect(resultsOf(run)).toEqual(computed);
    expect(computed.length).toBeGreaterThan(5);
    expect(run.record.runPlan.hash).toBe(hash);
    // and that of another plan is refused
    await expect(run.infer({ ...changes, seed: 99 })).rejects.toThrow(
      /^Cannot use .*state\.fxnull: expected shuffles of the plan/,
    );
  });
});
