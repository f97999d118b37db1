// The design of each set of subjects that elements have values of. It is what R makes of the formula and those subjects alone: polynomials and splines are
// made anew, and a level without a subject is left out.
import { FixelstreamError } from "../../errors.js";
import { type DataTable, rowsOf } from "../formula/data-table.js";
import type { Expression } from "../formula/expression.js";
import { type ModelFrame, modelFrame } from "../formula/model-frame.js";
import { type ElementwisePart, isFactor, type ModelMatrix, modelMatrix } from "../formula/model-matrix.js";
import { type Formula, parseFormula } from "../formula/parse-formula.js";
import type { ElementModelSpec } from "./model-spec.js";

export interface PatternDesign {
  /** Rows of the table, ascending. */
  readonly rows: Int32Array;
  readonly names: readonly string[];
  /** f64 [rows] each; of an element-wise column the product of its fixed parts. */
  readonly columns: readonly Float64Array[];
  readonly elementwise: readonly (readonly ElementwisePart[])[];
  readonly hasIntercept: boolean;
  /** f64 [rows]. */
  readonly weights: Float64Array | undefined;
  readonly frame: ModelFrame;
}

export interface PatternDesigns {
  readonly formula: Formula;
  /** Of all subjects. */
  readonly complete: PatternDesign;
  /** `has`: u8 [subjects], 1 where a subject has a value. Throws DesignError: no design for so few. */
  of(has: Uint8Array): PatternDesign;
}

/** Functions of a row by itself: what they give does not depend on the other rows. */
const ROW_BY_ROW = new Set(
  ["I", "log", "log2", "log10", "log1p", "exp", "sqrt", "abs", "sin", "cos", "tan", "floor", "ceiling", "is.na"].concat(
    ["as.numeric"],
  ),
);

/** Throws UsageError, DesignError: the formula, or what it makes of all subjects. */
export function createPatternDesigns(spec: ElementModelSpec): PatternDesigns {
  const { table, scalars, notInDot, coding, weights } = spec;
  const formula = parseFormula(spec.formula);
  const frameOf = (part: DataTable) => modelFrame(formula, part, { scalars, notInDot });
  const weighed = (rows: ArrayLike<number>) =>
    weights && Float64Array.from({ length: rows.length }, (_, i) => weights[rows[i]!]!);

  function designOf(matrix: ModelMatrix, rows: Int32Array): PatternDesign {
    const { columns: names, nRows, matrix: values, elementwise, frame } = matrix;
    const columns = names.map((_, j) => Float64Array.from({ length: nRows }, (__, i) => values[i * names.length + j]!));
    const hasIntercept = frame.terms.intercept;
    return { rows, names, columns, elementwise, hasIntercept, weights: weighed(rows), frame };
  }
  const made = (rows: readonly number[]): PatternDesign => {
    const frame = frameOf(rows.length === table.nRows ? table : rowsOf(table, rows));
    return designOf(
      modelMatrix(frame, coding),
      Int32Array.from(frame.rows, (row) => rows[row]!),
    );
  };
  const usable = Array.from({ length: table.nRows }, (_, row) => row).filter(
    (row) => weights === undefined || !Number.isNaN(weights[row]!),
  );
  const complete = made(usable);
  const { frame } = complete;
  const expressions = frame.terms.variables.map(({ expression }) => expression);
  const isRowByRow = frame.terms.smooths.length === 0 && expressions.every(rowByRow);
  const hasOwn = complete.elementwise.some((parts) => parts.length > 0);
  const factors = frame.variables.filter(isFactor);
  const place = new Map(Array.from(complete.rows, (row, i) => [row, i]));

  return {
    formula,
    complete,
    of(has) {
      const rows = usable.filter((row) => has[row] === 1);
      const kept = rows.map((row) => place.get(row)).filter((at) => at !== undefined);
      if (hasOwn || !isRowByRow || kept.length === 0 || factors.some((factor) => losesLevel(factor, kept)))
        return made(rows);
      return {
        ...complete,
        rows: Int32Array.from(kept, (at) => complete.rows[at]!),
        columns: complete.columns.map((column) => Float64Array.from(kept, (at) => column[at]!)),
        weights: complete.weights && Float64Array.from(kept, (at) => complete.weights![at]!),
      };
    },
  };
}

function losesLevel({ value }: ModelFrame["variables"][number], kept: readonly number[]): boolean {
  // of logicals both levels are there, whether anyone has them or not
  if (value.kind !== "factor") return false;
  const seen = new Set(kept.map((at) => value.codes[at]));
  return seen.size < value.levels.length;
}

function rowByRow(expression: Expression): boolean {
  switch (expression.kind) {
    case "group":
      return rowByRow(expression.inner);
    case "unary":
      return rowByRow(expression.operand);
    case "binary":
      return rowByRow(expression.left) && rowByRow(expression.right);
    case "call":
      return ROW_BY_ROW.has(expression.name) && expression.arguments.every(({ value }) => rowByRow(value));
    default:
      return true;
  }
}

export interface ElementDesign extends Pick<PatternDesign, "rows" | "columns" | "weights"> {
  /** f64 [rows]. */
  readonly response: Float64Array;
}

/**
 * The columns of one element, whose own values stand in them, and its response. A subject whose own column is not finite is taken out of `has`, and the caller asks
 * again.
 */
export function elementDesign(
  { rows, columns, elementwise, weights, frame }: PatternDesign,
  scalars: readonly string[],
  values: readonly Float64Array[],
  has: Uint8Array,
): ElementDesign | "again" {
  const own = new Map(scalars.map((name, i) => [name, Float64Array.from(rows, (row) => values[i]![row]!)]));
  const evaluated = frame.variables.map((variable) => (variable.scalars.length > 0 ? variable.evaluate(own) : []));
  const response = frame.response?.scalars.length ? frame.response.evaluate(own)[0]! : own.get(scalars[0]!)!;
  let isWhole = true;
  for (const column of [response, ...evaluated.flat()]) {
    for (let i = 0; i < rows.length; i++) {
      if (Number.isFinite(column[i]!)) continue;
      has[rows[i]!] = 0;
      isWhole = false;
    }
  }
  if (!isWhole) return "again";
  return {
    ...{ rows, weights, response },
    columns: columns.map((column, j) => {
      const parts = elementwise[j]!;
      if (parts.length === 0) return column;
      return column.map((value, i) =>
        parts.reduce((product, part) => product * evaluated[part.variable]![part.column]![i]!, value),
      );
    }),
  };
}

/** A set of subjects as a key. */
export function keyOfPattern(has: Uint8Array): string {
  let key = "";
  for (let start = 0; start < has.length; start += 16) {
    let bits = 0;
    for (let i = start; i < Math.min(start + 16, has.length); i++) bits = 2 * bits + has[i]!;
    key += String.fromCharCode(bits);
  }
  return key;
}

/** Runs `make`; of an error that says what the design lacks, its first sentence. */
export function attempt<T>(make: () => T): T | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof FixelstreamError && error._tag !== "InternalError") return error.message.split("\n")[0]!;
    throw error;
  }
}
