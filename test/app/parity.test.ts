// The two commands are one use case: of the same numbers they say, plan and record the same, but for what is in their rows of the table.
import fs from "node:fs";
import { expect, it } from "vitest";
import type { InferenceFacts } from "../../src/app/analyse/plan/describe-facts.js";
import { COMMANDS, type EitherRun, newRun, writeColumnFor } from "../support/both-commands.js";

const keysOf = (value: object): string[] => Object.keys(value).sort();
const without = (value: Record<string, unknown>, ...names: string[]) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

async function both<T>(act: (run: EitherRun) => Promise<T>): Promise<[fixels: T, vectors: T]> {
  const [fixels, vectors] = COMMANDS.map((command) => newRun(command));
  return [await act(fixels!), await act(vectors!)];
}

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
  const [fixels, vectors] = await both(async (run) => {
    const { contrast, variance, ...changes }: { contrast?: string; variance?: string; column?: string[] } = change(run);
    if (contrast !== undefined) fs.writeFileSync(run.at("contrast.txt"), contrast);
    if (variance !== undefined) fs.writeFileSync(run.at("v.txt"), variance);
    await run.infer({ ...changes, ...(variance !== undefined && { variance: run.at("v.txt") }) });
    return run.record as unknown as Record<string, Record<string, unknown>>;
  });
  expect(keysOf(vectors)).toEqual(keysOf(fixels));
  expect(vectors["problem"]).toEqual(without(fixels["problem"]!, "nFixels"));
  expect(keysOf(vectors["plan"]!)).toEqual(keysOf(fixels["plan"]!));
  expect(keysOf(vectors["results"]!)).toEqual(keysOf(fixels["results"]!));
  const ofFixels = ["connectivity", "template", "subjectList", "column1"];
  expect(keysOf(vectors["inputs"]!)).toEqual(keysOf(without(fixels["inputs"]!, ...ofFixels)));
  expect(keysOf(vectors["runPlan"]!)).toEqual(keysOf(fixels["runPlan"]!));
});

it("what the inputs are", async () => {
  const [fixels, vectors] = await both(async (run) => {
    let found: InferenceFacts | undefined;
    await run.infer({}, { onFacts: (facts) => (found = facts) });
    return found!;
  });
  expect(vectors).toEqual({
    ...fixels,
    elements: "elements",
    subjectsFrom: undefined,
    firstSubject: undefined,
    lastSubject: undefined,
  });
});

it("what is asked and printed", async () => {
  const printed = async (run: EitherRun) => run.relative((await run.run("-info", "--dry-run", "--json")).stdout);
  const [fixels, vectors] = (await both(printed)).map((text) => JSON.parse(text) as object);
  expect(keysOf(vectors!)).toEqual(keysOf(fixels!));
});
