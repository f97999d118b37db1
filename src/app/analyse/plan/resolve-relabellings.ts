// What the shuffles of an analysis can tell apart: counted from the design, before the data are read.

import type { Hypothesis } from "../../../stats/design/hypothesis.js";
import type { DesignPartition } from "../../../stats/design/partition.js";
import { familiesOf, testName } from "../../../stats/inference/families.js";
import { createGenericTests, type GenericTest } from "../../../stats/inference/generic-statistics.js";
import type { NullFacts } from "../../../stats/inference/p-values.js";
import { countRelabellings, type Relabellings } from "../../../stats/inference/relabellings.js";
import { planArrangements } from "../../../stats/shuffle/arrangements.js";
import type { TestRelabellings } from "../../../stats/shuffle/describe-shuffles.js";
import { joinNames } from "../../../subject-names.js";
import { inTurns, type Turns } from "../../../turns.js";
import { type ModelParts, resolveModel } from "./resolve-model.js";
import type { ResolvedShuffles } from "./resolve-shuffles.js";

/** Of each null that there will be; empty where nothing can be tested. */
export type AnalysisRelabellings = readonly {
  /** Places of the hypotheses that share it. */
  readonly members: readonly number[];
  readonly found: TestRelabellings;
}[];

export interface RelabellingQuestion {
  readonly model: ModelParts;
  readonly partition: DesignPartition;
  readonly shuffles: Pick<ResolvedShuffles, "shuffles" | "space">;
  readonly strong: boolean;
}

/** The design of elements with all observations: those that miss some have designs of their own, with as many relabellings or fewer. */
export async function resolveRelabellings(
  { model, partition, shuffles: { shuffles, space }, strong }: RelabellingQuestion,
  turns: Turns,
): Promise<AnalysisRelabellings> {
  const fixed = resolveModel(model, false);
  const tests = createGenericTests(fixed, partition);
  if (tests === undefined) return [];
  const { nElementColumns, groups, hypotheses } = model;
  // what elements bring is as good as always another value for every observation
  const arrangements =
    space === undefined || nElementColumns > 0 ? undefined : planArrangements(space, model.design, groups?.of);
  const count = (test: GenericTest): Promise<Relabellings> =>
    inTurns(countRelabellings({ test, shuffles, arrangements, isDrawn: space !== undefined, cost: tests.cost }), turns);
  const families: { members: number[]; found: TestRelabellings }[] = [];
  for (const members of familiesOf(hypotheses, strong)) {
    const test = members.length === 1 ? tests.hypotheses[members[0]!]! : tests.largestOf(members);
    const name = nameOf(members.map((h) => hypotheses[h]!));
    const testsMean = members.every((h) => tests.testsMean[h]!);
    families.push({ members, found: { ...(await count(test)), name, testsMean } });
  }
  return families;
}

/** As in a sentence. */
function nameOf(family: readonly Hypothesis[]): string {
  if (family.length === 1) return family[0]!.name;
  const tests = [...new Set(family.map(testName))];
  if (tests.length === 1) return `${tests[0]} in both directions (--two-tailed)`;
  return `the largest of ${joinNames(family.map(({ name }) => name))} (-strong)`;
}

/** Whose p-values there are: one for every null. */
export const testsOf = (relabellings: AnalysisRelabellings): readonly TestRelabellings[] =>
  relabellings.map(({ found }) => found);

/** Of each hypothesis. */
export function nullFactsOf(relabellings: AnalysisRelabellings, { listed }: ResolvedShuffles["context"]): NullFacts[] {
  const hasUnshuffled = listed === undefined || listed.nUnshuffled > 0;
  const facts: NullFacts[] = [];
  for (const { members, found } of relabellings)
    for (const h of members) facts[h] = { nSame: found.nSame, hasUnshuffled };
  return facts;
}
