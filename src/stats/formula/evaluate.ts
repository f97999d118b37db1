// The value of an expression for the subjects of a table: arithmetic, comparisons, and the functions of functions.ts.
import { DesignError } from "../../errors.js";
import { didYouMean, meant, nearest } from "../../near-names.js";
import { deparse, type Expression } from "./expression.js";
import { FUNCTIONS, type GivenArgument } from "./functions.js";
import { lengthOf, type Numbers, numbers, type Value } from "./value.js";

export interface Scope {
  readonly nRows: number;
  /** Undefined: no such variable. */
  lookUp(name: string): Value | undefined;
  /** For messages. */
  readonly names: readonly string[];
  /** The formula, for messages. */
  readonly text: string;
}

const CONSTANTS: Readonly<Record<string, () => Value>> = {
  pi: () => numbers([Math.PI]),
  TRUE: () => numbers([1], true),
  T: () => numbers([1], true),
  FALSE: () => numbers([0], true),
  F: () => numbers([0], true),
  NA: () => numbers([Number.NaN], true),
  NaN: () => numbers([Number.NaN]),
  Inf: () => numbers([Number.POSITIVE_INFINITY]),
  NULL: () => ({ kind: "nothing" }),
};

/** Names that need no column. */
export const isConstant = (name: string): boolean => Object.hasOwn(CONSTANTS, name);

/** Throws DesignError: a variable or function that does not exist, values that do not go together. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "number":
      return numbers([expression.value]);
    case "string":
      return { kind: "texts", values: [expression.value] };
    case "group":
      return evaluate(expression.inner, scope);
    case "name":
      return variableOf(expression.name, scope);
    case "unary": {
      const operand = asNumbers(evaluate(expression.operand, scope), expression);
      if (expression.operator === "!") return mapped(operand, (v) => (Number.isNaN(v) ? v : v === 0 ? 1 : 0), true);
      return mapped(operand, expression.operator === "-" ? (v) => -v : (v) => v);
    }
    case "binary":
      return binary(expression, scope);
    case "call": {
      const known = Object.hasOwn(FUNCTIONS, expression.name) ? FUNCTIONS[expression.name] : undefined;
      if (known === undefined) {
        const near = didYouMean(nearest(expression.name, Object.keys(FUNCTIONS)).map((name) => `${name}()`));
        throw new DesignError([
          `Cannot compute ${deparse(expression)}: expected one of the functions ${Object.keys(FUNCTIONS).join(", ")}, got ${expression.name}().${near || " Write the column into the table instead."}`,
        ]);
      }
      return known(
        expression.arguments.map(({ name, value }) => lazily(name, value, scope)),
        { nRows: scope.nRows, text: deparse(expression) },
      );
    }
  }
}

/** An argument is computed when it is asked for: the second of C(x, sum) is no variable. */
function lazily(name: string | undefined, expression: Expression, scope: Scope): GivenArgument {
  let value: Value | undefined;
  return {
    name,
    text: deparse(expression),
    get value() {
      value ??= evaluate(expression, scope);
      return value;
    },
  };
}

function variableOf(name: string, scope: Scope): Value {
  const value = scope.lookUp(name) ?? (isConstant(name) ? CONSTANTS[name]!() : undefined);
  if (value !== undefined) return value;
  throw unknownVariable(name, scope.names, scope.text);
}

/** The error for a variable that no table has. */
export function unknownVariable(name: string, names: readonly string[], text: string): DesignError {
  const near = meant(name, names);
  const listed = names.length > 12 ? `${names.slice(0, 12).join(", ")}, ..` : names.join(", ");
  return new DesignError([
    `Cannot use the formula '${text}': expected columns of the table (${listed}), got the variable ${JSON.stringify(name)}.${didYouMean(near) || " Correct its name, or add the column."}`,
  ]);
}

function binary(expression: Expression & { kind: "binary" }, scope: Scope): Value {
  const { operator } = expression;
  const left = evaluate(expression.left, scope);
  const right = evaluate(expression.right, scope);
  if (operator === "%in%") return isAmong(left, right);
  if (operator === "==" || operator === "!=") {
    const texts = textsOf(left) ?? textsOf(right);
    if (texts !== undefined && (left.kind !== "numbers" || right.kind !== "numbers")) {
      const [a, b] = [textsOf(left) ?? shownNumbers(left), textsOf(right) ?? shownNumbers(right)];
      const n = commonLength(a.length, b.length, expression);
      return numbers(
        Float64Array.from({ length: n }, (_, i) => {
          const [one, other] = [a[i % a.length], b[i % b.length]];
          return one === undefined || other === undefined
            ? Number.NaN
            : (one === other) === (operator === "==")
              ? 1
              : 0;
        }),
        true,
      );
    }
  }
  const compute = OPERATIONS[operator];
  if (compute === undefined) {
    throw new DesignError([
      `Cannot compute ${deparse(expression)}: expected arithmetic or a comparison, got '${operator}'. Write the column into the table instead.`,
    ]);
  }
  if (operator === "|" && [left, right].some(({ kind }) => kind === "factor"))
    throw new DesignError([
      `Cannot compute ${deparse(expression)}: expected fixed effects, got a random one, as lme4 writes it, or a comparison that lacks its ==. Write the factor as a term: ~ age + group.`,
    ]);
  const a = asNumbers(left, expression);
  const b = asNumbers(right, expression);
  const logical = LOGICAL.has(operator);
  const n = commonLength(lengthOf(a), lengthOf(b), expression);
  const [wide, other] = a.columns.length >= b.columns.length ? [a, b] : [b, a];
  if (other.columns.length > 1 && other.columns.length !== wide.columns.length) throw lengths(expression);
  const columns = wide.columns.map((_, j) => {
    const x = a.columns[a.columns.length === 1 ? 0 : j]!;
    const y = b.columns[b.columns.length === 1 ? 0 : j]!;
    return Float64Array.from({ length: n }, (_, i) => compute(x[i % x.length]!, y[i % y.length]!));
  });
  return { kind: "numbers", columns, ...(wide.names ? { names: wide.names } : {}), ...(logical ? { logical } : {}) };
}

/** A missing value is among none, as in R. */
function isAmong(left: Value, right: Value): Numbers {
  const list = new Set(textsOf(right) ?? shownNumbers(right));
  const values = textsOf(left) ?? shownNumbers(left);
  return numbers(
    Float64Array.from(values, (value) => Number(value !== undefined && list.has(value))),
    true,
  );
}

const compare = (test: (a: number, b: number) => boolean) => (a: number, b: number) =>
  Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : test(a, b) ? 1 : 0;

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  // one to any power is one, for R also where the power is missing
  "^": (a, b) => (a === 1 || b === 0 ? 1 : b === 2 ? a * a : a ** b),
  "%%": (a, b) => a - Math.floor(a / b) * b,
  "%/%": (a, b) => Math.floor(a / b),
  "<": compare((a, b) => a < b),
  ">": compare((a, b) => a > b),
  "<=": compare((a, b) => a <= b),
  ">=": compare((a, b) => a >= b),
  "==": compare((a, b) => a === b),
  "!=": compare((a, b) => a !== b),
  "&": (a, b) => (a === 0 || b === 0 ? 0 : Number.isNaN(a + b) ? Number.NaN : 1),
  "|": (a, b) => (isTrue(a) || isTrue(b) ? 1 : Number.isNaN(a + b) ? Number.NaN : 0),
};
const LOGICAL = new Set(["<", ">", "<=", ">=", "==", "!=", "&", "|"]);
const isTrue = (v: number) => !Number.isNaN(v) && v !== 0;

function textsOf(value: Value): (string | undefined)[] | undefined {
  if (value.kind === "texts") return [...value.values];
  return value.kind === "factor" ? Array.from(value.codes, (code) => value.levels[code]) : undefined;
}

const shownNumbers = (value: Value): (string | undefined)[] =>
  value.kind === "numbers" ? Array.from(value.columns[0]!, (v) => (Number.isNaN(v) ? undefined : String(v))) : [];

/** Throws DesignError: a factor or a text where numbers are needed. */
function asNumbers(value: Value, expression: Expression): Numbers {
  if (value.kind === "numbers") return value;
  const got = value.kind === "factor" ? `a factor (${value.levels.slice(0, 3).join(", ")})` : "something else";
  throw new DesignError([
    `Cannot compute ${deparse(expression)}: expected numbers, got ${got}. Use the factor as a term of its own, or compare it, as in (group == "A").`,
  ]);
}

const mapped = (value: Numbers, f: (v: number) => number, logical = false): Numbers => ({
  kind: "numbers",
  columns: value.columns.map((column) => column.map(f)),
  ...(value.names ? { names: value.names } : {}),
  ...(logical ? { logical } : {}),
});

function commonLength(a: number, b: number, expression: Expression): number {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  throw lengths(expression);
}

const lengths = (expression: Expression) =>
  new DesignError([
    `Cannot compute ${deparse(expression)}: expected one value a subject, or one for all, on both sides, got others. Correct the expression.`,
  ]);
