// -notest: the data as they are, whatever shuffles are named beside it.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { ALL_COMMANDS, NAMES, newRun } from "../support/both-commands.js";

/** The first permutation is not the identity. */
const PERMUTATIONS = "4 0\n5 1\n0 2\n1 3\n6 4\n7 5\n2 6\n3 7\n";

describe.each(ALL_COMMANDS)("%s -notest", (command) => {
  it("with -permutations gives what it gives without", async () => {
    const run = newRun(command);
    fs.writeFileSync(run.at("permutations.txt"), PERMUTATIONS);
    await run.infer({ notest: true, nShuffles: undefined });
    const plain = new Map(run.results().map((name) => [name, run.result(name)]));
    const { ending, enhanced = "Zstat" } = NAMES[command];
    expect(plain.has(`${enhanced}${ending}`)).toBe(true);
    const permutations = run.at("permutations.txt");
    await run.infer({ notest: true, nShuffles: undefined, permutations, force: true });
    expect(run.results()).toEqual([...plain.keys()]);
    for (const [name, bytes] of plain) if (name !== "run.json") expect(run.result(name), name).toEqual(bytes);
  });

  it("gives what a run with shuffles gives of the data", async () => {
    const run = newRun(command);
    await run.infer({ nShuffles: 20 });
    const tested = new Map(run.results().map((name) => [name, run.result(name)]));
    await run.infer({ notest: true, force: true });
    const left = run.results().filter((name) => name !== "run.json");
    expect(left).not.toContain(`fwe_1mpvalue${NAMES[command].ending}`);
    for (const name of left) expect(run.result(name), name).toEqual(tested.get(name));
    expect(run.record.problem["nShuffles"]).toBe(0);
  });
});
