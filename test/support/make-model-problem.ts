// Whole problems with missing values, element-wise columns and variance groups, written over those of make-problem.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rawFixelData } from "./make-cohort.js";
import { type Problem, writeProblem, writeRows } from "./make-problem.js";
import type { SeededRandom } from "./seeded-random.js";

export interface ModelOptions {
  readonly nSubjects: number;
  readonly nFixels: number;
  readonly nColumns: number;
  /** 0: none. */
  readonly nGroups: number;
  /** none; a few patterns that many fixels share; a pattern of its own for each fixel. */
  readonly missing: "none" | "patterns" | "own";
}

export interface ModelProblem extends Problem {
  /** [column][subject][fixel] as float32; NaN where missing. */
  readonly columns: readonly (readonly Float32Array[])[];
  readonly groups: readonly number[] | undefined;
  /** For runProblem. */
  readonly options: { readonly column?: readonly string[]; readonly variance?: string };
}

export function writeModelProblem(directory: string, options: ModelOptions, random: SeededRandom): ModelProblem {
  const { nSubjects, nFixels, nColumns, nGroups, missing } = options;
  const problem = writeProblem(directory, { nSubjects, nFixels, nConnections: 8, mean: 5 }, random);
  const at = (file: string) => join(directory, file);
  const groups = nGroups === 0 ? undefined : Array.from({ length: nSubjects }, (_, i) => i % nGroups);
  const patterns = Array.from({ length: 3 }, () => new Set([random.integer(nSubjects), random.integer(nSubjects)]));
  for (const [i, values] of problem.data.entries()) {
    for (let f = 0; f < nFixels; f++) {
      values[f] = 5 + (values[f]! - 5) * (1 + (groups?.[i] ?? 0));
      const own = missing === "own" && random.uniform() < 0.08;
      const shared = missing === "patterns" && f % 4 < 3 && patterns[f % 4]!.has(i);
      if (own || shared) values[f] = f % 2 === 0 ? Number.NaN : Number.POSITIVE_INFINITY;
    }
    writeFileSync(at(`sub-${String(i).padStart(3, "0")}.mif`), rawFixelData(values));
  }
  const columns = Array.from({ length: nColumns }, () =>
    Array.from({ length: nSubjects }, () =>
      Float32Array.from({ length: nFixels }, () =>
        missing === "own" && random.uniform() < 0.02 ? Number.NaN : 2 + random.normal(),
      ),
    ),
  );
  const lists = columns.map((subjects, c) => writeColumn(directory, `column${c}`, subjects));
  return {
    ...problem,
    columns,
    groups,
    options: {
      ...(nColumns > 0 ? { column: lists } : {}),
      ...(groups === undefined ? {} : { variance: writeRows(at("groups.txt"), [groups]) }),
    },
  };
}

/** One file a subject, and their list; returns its path. */
export function writeColumn(directory: string, name: string, subjects: readonly Float32Array[]): string {
  const names = subjects.map((values, i) => {
    writeFileSync(join(directory, `${name}-${i}.mif`), rawFixelData(values));
    return `${name}-${i}.mif`;
  });
  const list = join(directory, `${name}.txt`);
  writeFileSync(list, `${names.join("\n")}\n`);
  return list;
}
