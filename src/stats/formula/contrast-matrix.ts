// Columns that stand for the levels of a factor.
import { orthogonalPolynomials } from "./orthogonal-polynomials.js";
import type { Contrasts } from "./value.js";

export interface Coding {
  /** What follows the variable's name in the names of columns. */
  readonly names: readonly string[];
  /** One a column, by level. */
  readonly columns: readonly Float64Array[];
}

/** One column a level. */
export function allLevels(levels: readonly string[]): Coding {
  return { names: levels, columns: levels.map((_, j) => indicator(levels.length, j)) };
}

/** One column less than levels, at least two. As R's contr.treatment, contr.sum, contr.helmert and contr.poly. */
export function contrastCoding(levels: readonly string[], { name, base }: Contrasts): Coding {
  const n = levels.length;
  const others = Array.from({ length: n - 1 }, (_, j) => j);
  switch (name) {
    case "treatment": {
      const kept = levels.map((_, j) => j).filter((j) => j !== (base ?? 1) - 1);
      // with a base of its own R's contr.treatment is not told the levels, and numbers them
      const names = kept.map((j) => (base === undefined ? levels[j]! : String(j + 1)));
      return { names, columns: kept.map((j) => indicator(n, j)) };
    }
    case "sum":
      return {
        names: others.map((j) => String(j + 1)),
        columns: others.map((j) => indicator(n, j).map((value, i) => (i === n - 1 ? -1 : value))),
      };
    case "helmert":
      return {
        names: others.map((j) => String(j + 1)),
        columns: others.map((j) => Float64Array.from({ length: n }, (_, i) => (i <= j ? -1 : i === j + 1 ? j + 1 : 0))),
      };
    case "poly":
      return {
        names: others.map((j) => [".L", ".Q", ".C"][j] ?? `^${j + 1}`),
        columns: orthogonalPolynomials(
          Float64Array.from({ length: n }, (_, i) => i + 1),
          n - 1,
        ),
      };
  }
}

const indicator = (n: number, at: number) => Float64Array.from({ length: n }, (_, i) => (i === at ? 1 : 0));
