// The statistical commands are one use case: of the same numbers they say, plan and record the same, but for what is in their rows of the table.
import fs from "node:fs";
import { expect, it } from "vitest";
import type { InferenceFacts } from "../../src/app/analyse/plan/describe-facts.js";
import {
  ALL_COMMANDS,
  type CommandName,
  type EitherRun,
  NAMES,
  newRun,
  writeColumnFor,
} from "../support/both-commands.js";

const keysOf = (value: object): string[] => Object.keys(value).sort();
const without = (value: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** With the commands' own names of what they have in common. */
async function ofAll<T>(act: (run: EitherRun) => Promise<T>): Promise<[fixels: T, others: [CommandName, T][]]> {
  const found: [CommandName, T][] = [];
  for (const command of ALL_COMMANDS) found.push([command, await act(newRun(command))]);
  return [found[0]![1], found.slice(1)];
}

/** Of the table of inputs: what only that command reads. */
const OWN_INPUTS: Record<CommandName, readonly string[]> = {
  fixelcfestats: ["connectivity", "template", "subjectList", "column1"],
  vectorstats: [],
  mrclusterstats: ["mask", "subjectList", "column1"],
  connectomestats: ["mask", "subjectList", "column1"],
};
const OWN_PROBLEM: Record<CommandName, readonly string[]> = {
  fixelcfestats: ["nFixels"],
  vectorstats: [],
  mrclusterstats: ["dimensions"],
  connectomestats: ["nNodes"],
};

it.each([
  ["plain", () => ({})],
  ["a column", (run: EitherRun) => ({ column: [writeColumnFor(run)], contrast: "0 -1 0\n" })],
  ["variance groups", () => ({ variance: "1 2 1 2 1 2 1 2\n" })],
  [
    "a column and variance groups",
    (run: EitherRun) => ({
      ...{ column: [writeColumnFor(run)], contrast: "0 -1 0\n", variance: "1 2 1 2 1 2 1 2\n" },
    }),
  ],
] as const)("run.json, %s", async (_, change) => {
  const [fixels, others] = await ofAll(async (run) => {
    const { contrast, variance, ...changes }: { contrast?: string; variance?: string; column?: string[] } = change(run);
    if (contrast !== undefined) fs.writeFileSync(run.at("contrast.txt"), contrast);
    if (variance !== undefined) fs.writeFileSync(run.at("v.txt"), variance);
    await run.infer({ ...changes, ...(variance !== undefined && { variance: run.at("v.txt") }) });
    return run.record as unknown as Record<string, Record<string, unknown>>;
  });
  for (const [command, record] of others) {
    expect(keysOf(record), command).toEqual(keysOf(fixels));
    expect(without(record["problem"]!, ...OWN_PROBLEM[command]), command).toEqual(
      without(fixels["problem"]!, ...OWN_PROBLEM.fixelcfestats),
    );
    expect(keysOf(record["plan"]!), command).toEqual(keysOf(fixels["plan"]!));
    expect(keysOf(record["results"]!), command).toEqual(keysOf(fixels["results"]!));
    expect(keysOf(without(record["inputs"]!, ...OWN_INPUTS[command])), command).toEqual(
      keysOf(without(fixels["inputs"]!, ...OWN_INPUTS.fixelcfestats)),
    );
    expect(keysOf(record["runPlan"]!), command).toEqual(keysOf(fixels["runPlan"]!));
  }
});

it("what the inputs are", async () => {
  const [fixels, others] = await ofAll(async (run) => {
    let found: InferenceFacts | undefined;
    await run.infer({}, { onFacts: (facts) => (found = facts) });
    return found!;
  });
  const ofOthers: Record<string, Partial<InferenceFacts>> = {
    vectorstats: { firstSubject: undefined, lastSubject: undefined },
    mrclusterstats: { firstSubject: "fd/sub-1.mif", lastSubject: "fd/sub-8.mif" },
    // nodes enough for 24 edges have 28, of which the mask leaves them
    connectomestats: {
      ...{ firstSubject: "connectome-0.npy", lastSubject: "connectome-7.npy" },
      ...{ nElements: 28, nInMask: 24 },
    },
  };
  for (const [command, facts] of others)
    expect(facts).toEqual({
      ...{ ...fixels, elements: NAMES[command].elements, subjectsFrom: undefined },
      ...ofOthers[command],
    });
});

it("what is asked and printed", async () => {
  const printed = async (run: EitherRun) => run.relative((await run.run("-info", "--dry-run", "--json")).stdout);
  const [fixels, others] = await ofAll(printed);
  for (const [command, text] of others) expect(keysOf(JSON.parse(text)), command).toEqual(keysOf(JSON.parse(fixels)));
});
