// Which terms a formula has. Terms are sets of variables (bits); the intercept is a flag.
// J. M. Chambers, T. J. Hastie: Statistical Models in S, 1992, 2.3 and 2.4; order and contrasts as R's terms.formula.
import { UsageError } from "../../errors.js";
import { deparse, type Expression } from "./expression.js";
import type { Formula } from "./parse-formula.js";
import { readSmooth, SMOOTHS, type SmoothTerm } from "./smooth-term.js";
import { shown } from "./tokens.js";

export interface Term {
  /** Variables joined by `:`, in the order of `variables`. */
  readonly label: string;
  /** Indices of variables, ascending. */
  readonly variables: readonly number[];
  /** A factor has columns of contrasts, or one for each level; one answer a variable of the term. */
  readonly fullLevels: readonly boolean[];
}

export interface Terms {
  readonly intercept: boolean;
  /** Expressions whose values the terms are products of, by first appearance; those of removed terms too. */
  readonly variables: readonly { readonly text: string; readonly expression: Expression }[];
  readonly terms: readonly Term[];
  /** Terms `s(..)`, in the order in which they were written. */
  readonly smooths: readonly SmoothTerm[];
}

/** Terms of a formula: `.` in a table of a hundred columns with a power has more than anyone means. */
const MOST_TERMS = 5_000;

/**
 * @param dot What `.` stands for: names of columns, without the response.
 * Throws UsageError: an operator that makes no terms, an offset, a smooth within an interaction, `.` without a table.
 */
export function expandTerms(formula: Formula, dot: readonly string[] | undefined): Terms {
  const variables: { text: string; expression: Expression }[] = [];
  const indices = new Map<string, number>();
  const smooths = new Map<string, SmoothTerm>();
  let intercept = true;

  const refuse = (expected: string, got: string, what: string) =>
    new UsageError(`Cannot use the formula '${shown(formula.text)}': expected ${expected}, got ${got}. ${what}`);

  const variable = (expression: Expression): bigint[] => {
    const text = deparse(expression);
    let index = indices.get(text);
    if (index === undefined) {
      index = variables.push({ text, expression }) - 1;
      indices.set(text, index);
    }
    return [1n << BigInt(index)];
  };
  const unique = (terms: readonly bigint[]): bigint[] => {
    const list = [...new Set(terms)];
    if (list.length <= MOST_TERMS) return list;
    throw refuse(`at most ${MOST_TERMS} terms`, "more", "Write out those that you mean.");
  };
  const products = (left: readonly bigint[], right: readonly bigint[]): bigint[] => {
    if (left.length * right.length > 100 * MOST_TERMS)
      throw refuse(`at most ${MOST_TERMS} terms`, "more", "Write out those that you mean.");
    return unique(left.flatMap((a) => right.map((b) => a | b)));
  };
  const union = (terms: readonly bigint[]) => terms.reduce((all, term) => all | term, 0n);

  /** `kept`: whether an intercept written here stays, or is what a minus takes away. */
  function encode(expression: Expression, kept: boolean, alone: boolean): bigint[] {
    switch (expression.kind) {
      case "number":
        if (expression.value === 1 || expression.value === 0) {
          intercept = (expression.value === 1) === kept;
          return [];
        }
        throw refuse("variables, and 0 or 1 for the intercept", deparse(expression), "Write I(..) around arithmetic.");
      case "string":
        throw refuse("variables", deparse(expression), "Write the name of a column without quotes, or in backticks.");
      case "group":
        return encode(expression.inner, kept, alone);
      case "name":
        return expression.name === "." ? everything() : variable(expression);
      case "unary":
        if (expression.operator === "+") return encode(expression.operand, kept, alone);
        if (expression.operator === "-") {
          // nothing stands before it that it could take away, except the intercept
          encode(expression.operand, !kept, alone);
          return [];
        }
        return variable(expression);
      case "binary":
        return encodeBinary(expression, kept, alone);
      case "call":
        if (expression.name === "offset") {
          throw refuse("no offset", deparse(expression), "A known part can be subtracted from the data beforehand.");
        }
        if (!SMOOTHS.has(expression.name)) return variable(expression);
        if (!alone || !kept) {
          throw refuse(
            "a smooth term on its own",
            `${deparse(expression)} within an interaction`,
            "Write s(x, by = g) for a smooth in each level of a factor.",
          );
        }
        smooths.set(deparse(expression), readSmooth(expression, formula.text));
        return [];
    }
  }

  function encodeBinary(expression: Expression & { kind: "binary" }, kept: boolean, alone: boolean): bigint[] {
    const { operator, left, right } = expression;
    const encodeBoth = () => [encode(left, kept, false), encode(right, kept, false)] as const;
    switch (operator) {
      case "+":
        return unique([...encode(left, kept, alone), ...encode(right, kept, alone)]);
      case "-": {
        const terms = encode(left, kept, alone);
        const without = new Set(encode(right, !kept, alone));
        return terms.filter((term) => !without.has(term));
      }
      case ":": {
        const [a, b] = encodeBoth();
        return products(a, b);
      }
      case "*": {
        const [a, b] = encodeBoth();
        // as in R, where (a - a) * b has no terms
        return a.length === 0 ? [] : unique([...a, ...b, ...products(a, b)]);
      }
      case "/": {
        const [a, b] = encodeBoth();
        return a.length === 0 ? [] : unique([...a, ...b.map((term) => union(a) | term)]);
      }
      case "%in%": {
        const [a, b] = encodeBoth();
        return unique(a.map((term) => term | union(b)));
      }
      case "^": {
        if (right.kind !== "number" || !Number.isInteger(right.value) || right.value < 1) {
          throw refuse(
            "a whole number from 1 behind ^",
            deparse(right),
            `A power of values is written I(${deparse(expression)}).`,
          );
        }
        const once = encode(left, kept, false);
        let terms = once;
        // a power beyond the number of terms adds nothing
        for (let i = 1; i < Math.min(right.value, once.length); i++) terms = products(terms, once);
        return terms;
      }
      default:
        return variable(expression);
    }
  }

  function everything(): bigint[] {
    if (dot === undefined) throw refuse("variables", "'.', of a table that is not there", "Name the variables.");
    return dot.flatMap((name) => variable({ kind: "name", name }));
  }

  const found = encode(formula.right, true, true);
  const response = formula.responseName === undefined ? undefined : indices.get(formula.responseName);
  const own = response === undefined ? undefined : 1n << BigInt(response);
  const ordered = found
    .filter((term) => term !== own)
    .map((bits, i) => ({ bits, order: bitsOf(bits).length, i }))
    .sort((a, b) => a.order - b.order || a.i - b.i)
    .map(({ bits }) => bits);
  return {
    intercept,
    variables,
    terms: ordered.map((bits, i) => {
      const members = bitsOf(bits);
      return {
        label: members.map((index) => variables[index]!.text).join(":"),
        variables: members,
        fullLevels: members.map((index) => needsAllLevels(bits & ~(1n << BigInt(index)), ordered.slice(0, i))),
      };
    }),
    smooths: [...smooths.values()],
  };
}

function bitsOf(bits: bigint): number[] {
  const members: number[] = [];
  for (let i = 0, rest = bits; rest !== 0n; i++, rest >>= 1n) if (rest & 1n) members.push(i);
  return members;
}

/** Contrasts span what the factor adds to its margin; where no earlier term has the margin, they do not. */
const needsAllLevels = (margin: bigint, earlier: readonly bigint[]): boolean =>
  margin !== 0n && !earlier.some((term) => (margin & ~term) === 0n);

/** The term that a user names: `age:group` is `group:age`. Undefined: the model has none such. */
export function findTerm({ terms, variables }: Terms, expression: Expression): number | undefined {
  const members: string[] = [];
  const visit = (part: Expression): void => {
    if (part.kind === "binary" && part.operator === ":") {
      visit(part.left);
      visit(part.right);
    } else if (part.kind === "group") visit(part.inner);
    else members.push(deparse(part));
  };
  visit(expression);
  const wanted = [...new Set(members)];
  const found = terms.findIndex(
    (term) =>
      term.variables.length === wanted.length &&
      term.variables.every((index) => wanted.includes(variables[index]!.text)),
  );
  return found < 0 ? undefined : found;
}
