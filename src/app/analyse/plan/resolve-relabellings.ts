// What the shuffles of an analysis can tell apart: counted from the design, before the data are read.

import type { DesignPartition } from "../../../stats/design/partition.js";
import { createGenericTests, type GenericTests } from "../../../stats/inference/generic-statistics.js";
import type { NullFacts } from "../../../stats/inference/p-values.js";
import { countRelabellings, type Relabellings } from "../../../stats/inference/relabellings.js";
import { planArrangements } from "../../../stats/shuffle/arrangements.js";
import type { TestRelabellings } from "../../../stats/shuffle/describe-shuffles.js";
import { joinNames } from "../../../subject-names.js";
import { inTurns, type Turns } from "../../../turns.js";
import { type ModelParts, resolveModel } from "./resolve-model.js";
import type { ResolvedShuffles } from "./resolve-shuffles.js";

export interface AnalysisRelabellings {
  /** Of each hypothesis; empty where none can be tested. */
  readonly hypotheses: readonly TestRelabellings[];
  /** With -strong: of the largest of all. */
  readonly strong: TestRelabellings | undefined;
}

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
  if (tests === undefined) return { hypotheses: [], strong: undefined };
  const { nElementColumns, groups } = model;
  // what elements bring is as good as always another value for every observation
  const arrangements =
    space === undefined || nElementColumns > 0 ? undefined : planArrangements(space, model.design, groups?.of);
  const count = (test: GenericTests["strong"]): Promise<Relabellings> =>
    inTurns(countRelabellings({ test, shuffles, arrangements, isDrawn: space !== undefined, cost: tests.cost }), turns);
  const hypotheses: TestRelabellings[] = [];
  for (const [h, test] of tests.hypotheses.entries()) {
    const { name } = model.hypotheses[h]!;
    hypotheses.push({ ...(await count(test)), name, testsMean: tests.testsMean[h]! });
  }
  if (!strong || hypotheses.length < 2) return { hypotheses, strong: undefined };
  const name = `the largest of ${joinNames(hypotheses.map(({ name }) => name))} (-strong)`;
  const testsMean = tests.testsMean.every((itDoes) => itDoes);
  return { hypotheses, strong: { ...(await count(tests.strong)), name, testsMean } };
}

/** Whose p-values there are: with -strong one null stands for all hypotheses. */
export const testsOf = ({ hypotheses, strong }: AnalysisRelabellings): readonly TestRelabellings[] =>
  strong === undefined ? hypotheses : [strong];

/** Of each hypothesis. */
export function nullFactsOf(
  { hypotheses, strong }: AnalysisRelabellings,
  { listed }: ResolvedShuffles["context"],
): NullFacts[] {
  const hasUnshuffled = listed === undefined || listed.nUnshuffled > 0;
  return hypotheses.map((own) => ({ nSame: (strong ?? own).nSame, hasUnshuffled }));
}
