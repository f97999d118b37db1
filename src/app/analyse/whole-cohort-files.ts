// Files of groups, blocks and permutations where a formula leaves subjects out: they have a row for each subject of the data, and those of the others are taken.
import { DesignError } from "../../errors.js";
import type { Matrix } from "../../stats/design/matrix.js";
import { formatCount } from "../../units.js";
import type { InputFiles } from "./input-files.js";
import type { SubjectOrder } from "./plan/table-names.js";

/** Roles of files whose rows are subjects. */
export const GROUP_ROLES = ["variance", "exchangeWithin", "exchangeWhole", "exchangeabilityBlocks"] as const;
export const PERMUTATION_ROLES = ["permutations", "permutationsNonstationarity"] as const;

export interface WholeCohortFiles extends InputFiles {
  /** Has `role`'s file a row for each subject of the data? Known once it was read. */
  isOfWhole(role: string): boolean;
}

/**
 * `rows`: places of the subjects that take part among those of `whole`, ascending; undefined: all. A file with as many rows as take part is left as it is. Reading
 * throws, beside what `files` does, DesignError for permutations of all subjects.
 */
export function filesOfWhole(
  files: InputFiles,
  whole: SubjectOrder,
  rows: readonly number[] | undefined,
): WholeCohortFiles {
  const ofWhole = new Set<string>();
  const taken = new Set(rows);
  const common = { ...files, isOfWhole: (role: string) => ofWhole.has(role) };
  if (rows === undefined) return common;
  const { nSubjects, subjectsFrom } = whole;
  const select = <T extends Matrix | IntegerTable>(role: string, path: string, table: T): T => {
    const isGroups = GROUP_ROLES.some((one) => one === role);
    const isPermutations = PERMUTATION_ROLES.some((one) => one === role);
    const isRow = isGroups && table.nRows === 1 && table.nColumns === nSubjects;
    if ((!isGroups && !isPermutations) || !(isRow || table.nRows === nSubjects)) return table;
    if (isPermutations)
      throw new DesignError([
        `Cannot use ${path}: expected permutations of the ${rows.length} subjects that take part, got some of all ${nSubjects} of ${subjectsFrom}. Make them for these subjects, or leave the file out.`,
      ]);
    ofWhole.add(role);
    files.addNote(
      `Of ${path}, which has ${formatCount(nSubjects, "subjects")}, the rows of the ${rows.length} that take part are used.`,
    );
    const width = isRow ? 1 : table.nColumns;
    const values = table.values.filter((_, at) => taken.has(Math.floor(at / width)));
    const shape = isRow ? { nColumns: rows.length } : { nRows: rows.length };
    return { ...table, ...shape, values };
  };
  return {
    ...common,
    matrix: async (role, path) => select(role, path, await files.matrix(role, path)),
    integers: async (role, path) => select(role, path, await files.integers(role, path)),
  };
}

interface IntegerTable {
  readonly nRows: number;
  readonly nColumns: number;
  readonly values: Int32Array;
}
