// Formulas, tables, weights and subsets that nobody chose, beside R where it is installed: model.matrix, lm, and mgcv's gam. SEED and CASES of the environment choose others.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readCohort } from "../../src/app/models/cohort.js";
import { createElementModel } from "../../src/stats/elementwise/element-model.js";
import {
  GAM_MODEL_STATISTICS,
  MODEL_STATISTICS,
  SMOOTH_STATISTICS,
  TERM_STATISTICS,
} from "../../src/stats/elementwise/model-spec.js";
import { modelFrame } from "../../src/stats/formula/model-frame.js";
import { modelMatrix } from "../../src/stats/formula/model-matrix.js";
import { parseFormula } from "../../src/stats/formula/parse-formula.js";
import type { ContrastName } from "../../src/stats/formula/value.js";
import { hasCommand, repositoryRoot } from "../support/peer.js";
import { randomCohort, randomSmooths, randomTerms, textOfCohort } from "../support/random-formulas.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const isInstalled =
  hasCommand("Rscript") &&
  (() => {
    try {
      execFileSync("Rscript", ["-e", "library(mgcv); library(splines)"], { stdio: "pipe" });
      return true;
    } catch {
      return false;
    }
  })();
const SEED = Number(process.env["SEED"] ?? 20);
const N = Number(process.env["CASES"] ?? 120);

interface Case {
  readonly kind: "matrix" | "lm" | "gam";
  readonly table: string;
  readonly coding: "" | ContrastName;
  readonly subset: string;
  readonly weights: string;
  readonly method: "REML" | "GCV.Cp";
  readonly formula: string;
}

interface Answer {
  error?: string;
  rows?: number[];
  assign?: number[];
  model?: number[];
  readonly columns: { readonly name: string; readonly values: number[] }[];
}

const TABLES = ["gaps.csv", "whole.csv", "long.csv"] as const;

function randomCase(random: SeededRandom): Case {
  const kind = (["matrix", "matrix", "matrix", "lm", "lm", "gam"] as const)[random.integer(6)]!;
  const some = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const common = {
    coding: kind === "gam" ? ("" as const) : some(["", "", "sum", "helmert"] as const),
    subset: kind === "matrix" ? "" : some(["", "", "motion > 0.1", 'iq > 80 & site != "boston"']),
    weights: kind === "matrix" ? "" : some(["", "", "1/(1 + motion)", "iq"]),
    method: some(["REML", "GCV.Cp"] as const),
  };
  if (kind === "gam") return { kind, ...common, table: "long.csv", formula: `y ~ ${randomSmooths(random)}` };
  return {
    kind,
    ...common,
    table: some(["gaps.csv", "whole.csv"]),
    formula: `${kind === "lm" ? "y " : ""}~ ${randomTerms(random)}`,
  };
}

describe.skipIf(!isInstalled)("beside R", () => {
  const directory = temporaryDirectory();
  const random = createRandom(SEED);
  const cases = Array.from({ length: N }, () => randomCase(random));
  const answers: Answer[] = [];
  beforeAll(() => {
    for (const [name, n, gaps] of [
      [TABLES[0], 70, true],
      [TABLES[1], 64, false],
      [TABLES[2], 160, true],
    ] as const)
      writeFileSync(join(directory, name), textOfCohort(randomCohort(random, n, gaps)));
    writeFileSync(
      join(directory, "cases.txt"),
      cases
        .map(
          ({ kind, table, coding, subset, weights, method, formula }) =>
            `${[kind, table, coding, subset, weights, method, formula].join("|")}\n`,
        )
        .join(""),
    );
    execFileSync("Rscript", [join(repositoryRoot, "fixtures", "make", "live-models.R"), directory], { stdio: "pipe" });
    for (const line of readFileSync(join(directory, "answers.txt"), "utf8").trim().split("\n")) {
      const [number, what, ...values] = line.split("|");
      answers[Number(number) - 1] ??= { columns: [] };
      const answer = answers[Number(number) - 1]!;
      if (what === "error") answer.error = values.join();
      else if (what!.startsWith("=")) answer.columns.push({ name: what!.slice(1), values: values.map(numberOf) });
      else answer[what as "rows" | "assign" | "model"] = values.map(numberOf);
    }
  }, 600_000);

  test("formulas, names and values", async () => {
    const problems: string[] = [];
    let nCompared = 0;
    for (const [i, one] of cases.entries()) {
      const say = (problem: string) =>
        problems.push(
          `${i + 1} ${one.kind} ${one.table} ${one.coding} '${one.formula}' subset '${one.subset}' weights '${one.weights}' ${one.method}: ${problem}`,
        );
      const answer = answers[i]!;
      let mine: Answer;
      try {
        mine = await answerOf(one, directory);
      } catch (error) {
        if (answer.error === undefined && !/that the others explain/.test((error as Error).message))
          say(`refused: ${(error as Error).message.split("\n")[0]}`);
        continue;
      }
      // mgcv takes no logical as by
      if (answer.error?.includes("Can't find by variable")) continue;
      if (answer.error !== undefined) {
        say(`R refuses: ${answer.error}`);
        continue;
      }
      nCompared++;
      const problem = difference(mine, answer, one.kind);
      if (problem !== undefined) say(problem);
    }
    expect(problems).toEqual([]);
    expect(nCompared).toBeGreaterThan(N / 2);
  });
});

const numberOf = (text: string) => (/^-?Inf$/.test(text) ? Number(`${text}inity`) : Number(text));

async function answerOf(
  { kind, table, coding, subset, weights, method, formula }: Case,
  directory: string,
): Promise<Answer> {
  const cohort = await readCohort(
    {
      ...{
        cohort: join(directory, table),
        subjectColumn: undefined,
        ordered: ["osex"],
        memoryBytes: 2 ** 28,
        signal: undefined,
      },
      ...{ subset: subset === "" ? undefined : subset, weights: weights === "" ? undefined : weights },
    },
    "y",
    () => {},
  );
  const options = coding === "" ? {} : { unordered: coding };
  if (kind === "matrix") {
    const made = modelMatrix(modelFrame(parseFormula(formula), cohort.table, { notInDot: cohort.notInDot }), options);
    const p = made.columns.length;
    return {
      rows: made.frame.rows.map((row) => row + 1),
      assign: [...made.assign],
      columns: made.columns.map((name, j) => ({
        name,
        values: Array.from({ length: made.nRows }, (_, r) => made.matrix[r * p + j]!),
      })),
    };
  }
  const y = cohort.table.columns.find(({ name }) => name === "y")!;
  const model = createElementModel({
    ...{
      kind,
      formula,
      scalars: ["y"],
      notInDot: cohort.notInDot,
      weights: cohort.weights,
      moreThan: 0,
      coding: options,
      method,
      changedRsq: [],
    },
    table: { ...cohort.table, columns: cohort.table.columns.filter(({ name }) => name !== "y") },
    ...{
      termStatistics: TERM_STATISTICS,
      smoothStatistics: SMOOTH_STATISTICS,
      modelStatistics: kind === "lm" ? MODEL_STATISTICS : GAM_MODEL_STATISTICS,
    },
  });
  const out = new Float64Array(model.statistics.length);
  const outcome = model.fit([(y as { values: Float64Array }).values], out);
  if (outcome === "unusable") throw new Error(model.firstReason);
  const nModel = kind === "lm" ? MODEL_STATISTICS.length : GAM_MODEL_STATISTICS.length;
  const columns: Answer["columns"] = [];
  for (let s = 0; s < out.length - nModel; s += 4)
    columns.push({ name: model.statistics[s]!.replace(/\.(estimate|edf)$/, ""), values: [...out.subarray(s, s + 4)] });
  return { columns, model: [...out.subarray(out.length - nModel)] };
}

/** Undefined: none. */
function difference(mine: Answer, theirs: Answer, kind: Case["kind"]): string | undefined {
  const nameOf = (name: string) =>
    kind === "matrix"
      ? name
      : name
          .replace(/^\(Intercept\)$/, "Intercept")
          .replace(/^s\((\w+)\)(:?)/, (_, x, by) => `s_${x}${by ? "_BY" : ""}`);
  const names = theirs.columns.map(({ name }) => nameOf(name));
  if (mine.columns.map(({ name }) => name).join("|") !== names.join("|"))
    return `columns ${mine.columns.map(({ name }) => name).join("|")}\n for ${names.join("|")}`;
  for (const what of ["rows", "assign"] as const)
    if (theirs[what] !== undefined && theirs[what].join() !== mine[what]!.join())
      return `${what} ${mine[what]} for ${theirs[what]}`;
  if (kind === "gam" && mine.model![2]! < theirs.model![2]! - 1e-7 * Math.abs(theirs.model![2]!)) return undefined;
  for (const [j, { name, values }] of theirs.columns.entries()) {
    const own = mine.columns[j]!.values;
    // of columns that nearly depend on each other an estimate is right to a share of its standard error
    const sizes =
      kind === "matrix"
        ? values.map(() => Math.max(1, ...values.map(Math.abs)))
        : kind === "lm"
          ? [10 * values[1]!, 0, 10, 10 * values[3]!]
          : [];
    for (const [i, value] of values.entries())
      if (!isClose(own[i]!, value, kind, sizes[i] || 0, i === 3))
        return `${name} [${i}] ${own[i]} for ${value}${kind === "gam" ? ` of ${own.map((v) => v.toPrecision(6))} for ${values.map((v) => v.toPrecision(6))} (criterion ${mine.model![2]} for ${theirs.model![2]})` : ""}`;
  }
  // logarithms of what an almost saturated model leaves
  for (const [i, value] of (theirs.model ?? []).entries())
    if (!isClose(mine.model![i]!, value, kind, kind === "lm" ? (i < 2 ? 0.1 : i >= 6 && i <= 8 ? 1e4 : 0) : 0))
      return `model ${(kind === "lm" ? MODEL_STATISTICS : GAM_MODEL_STATISTICS)[i]} ${mine.model![i]} for ${value}`;
  return undefined;
}

function isClose(mine: number, theirs: number, kind: Case["kind"], size: number, isP = false): boolean {
  if (!Number.isFinite(theirs)) return Object.is(mine, theirs);
  const share = kind === "matrix" ? 1e-11 : kind === "lm" ? 1e-9 : isP ? 2e-2 : 2e-3;
  return (
    Math.abs(mine - theirs) <=
    share * Math.max(Math.abs(theirs), size) + (kind === "gam" ? 2e-4 : kind === "lm" ? 1e-13 : 0)
  );
}
