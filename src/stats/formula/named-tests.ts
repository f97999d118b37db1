// What a user asks of a design by names: a term (F over its columns), a column (t), a sum of columns with weights (t), several together (F).
import { DesignError } from "../../errors.js";
import { didYouMean, meant } from "../../near-names.js";
import type { Expression } from "./expression.js";
import { parseExpression } from "./parse-formula.js";
import { findTerm, type Terms } from "./terms.js";

export interface NamedColumns {
  readonly columns: readonly string[];
  /** By column: 0 the intercept, from 1 the index of its term in `labels`. */
  readonly assign: readonly number[];
  /** Of terms, and then of smooth terms. */
  readonly labels: readonly string[];
  readonly terms: Terms;
}

export interface NamedTest {
  /** As it was asked for. */
  readonly label: string;
  readonly kind: "t" | "F";
  /** Weights of the columns, a list a row. */
  readonly rows: readonly (readonly number[])[];
}

const stripped = (text: string) => text.replace(/\s+/g, "");

/** In the order asked for. Throws DesignError with all that name nothing, and for one that is asked for twice. */
export function resolveTests(design: NamedColumns, asked: readonly string[]): NamedTest[] {
  const problems: string[] = [];
  const tests: NamedTest[] = [];
  for (const text of asked) {
    const label = text.trim();
    if (tests.some((test) => stripped(test.label) === stripped(label)))
      problems.push(`Cannot test '${label}' twice: expected different tests, got it again. Leave one out.`);
    else {
      const found = resolveTest(design, label);
      if (typeof found === "string") problems.push(found);
      else tests.push(found);
    }
  }
  if (problems.length > 0) throw new DesignError(problems);
  return tests;
}

function resolveTest(design: NamedColumns, label: string): NamedTest | string {
  const column = columnAt(design, label);
  if (column !== undefined) return { label, kind: "t", rows: [unit(design, column)] };
  const joint = /^F\((.*)\)$/s.exec(label.trim());
  if (joint !== null) return jointTest(design, label, joint[1]!);
  const term = columnsOfTerm(design, label);
  if (term !== undefined)
    return term.length === 0
      ? `Cannot test '${label}': expected a term with columns, got one without: it is contained in the others. Test a column by its name.`
      : { label, kind: "F", rows: term.map((j) => unit(design, j)) };
  const weights = combination(design, label);
  if (weights !== undefined) {
    if (weights.every((weight) => weight === 0))
      return `Cannot test '${label}': expected a weight that is not zero, got none. Correct the sum.`;
    return { label, kind: "t", rows: [weights] };
  }
  return unknownTest(design, label);
}

const unit = ({ columns }: NamedColumns, at: number): number[] => columns.map((_, j) => (j === at ? 1 : 0));

function columnAt({ columns }: NamedColumns, text: string): number | undefined {
  const exact = columns.indexOf(text);
  if (exact >= 0) return exact;
  const found = columns.flatMap((name, j) => (stripped(name) === stripped(text) ? [j] : []));
  return found.length === 1 ? found[0] : undefined;
}

/** Columns of the term that is called so, either way round. */
function columnsOfTerm(design: NamedColumns, text: string): number[] | undefined {
  const { labels, assign, terms } = design;
  let index = labels.findIndex((label) => stripped(label) === stripped(text));
  if (index < 0) {
    const smooth = terms.smooths.findIndex((one) => stripped(one.text) === stripped(text));
    const expression = parsed(text);
    if (smooth >= 0) index = terms.terms.length + smooth;
    else if (expression !== undefined) index = findTerm(terms, expression) ?? -1;
  }
  return index < 0 ? undefined : assign.flatMap((of, j) => (of === index + 1 ? [j] : []));
}

function parsed(text: string): Expression | undefined {
  try {
    return parseExpression(text);
  } catch {
    return undefined;
  }
}

/** `F(group, age:group)`: all of their columns, or sums, together. */
function jointTest(design: NamedColumns, label: string, inside: string): NamedTest | string {
  const rows: (readonly number[])[] = [];
  for (const part of splitOutside(inside)) {
    const found = resolveTest(design, part.trim());
    if (typeof found === "string") return found;
    for (const row of found.rows)
      if (!rows.some((other) => other.every((weight, j) => weight === row[j]))) rows.push(row);
  }
  return { label, kind: "F", rows };
}

/** At commas that stand in no parentheses. */
function splitOutside(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const char of text) {
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/i;

/** `groupB - 0.5*groupC`, `(Intercept) + age:groupB/2`. Undefined: something in it is no column. */
function combination({ columns }: NamedColumns, label: string): number[] | undefined {
  const text = stripped(label);
  const names = columns.map((name, j) => ({ name: stripped(name), j })).sort((a, b) => b.name.length - a.name.length);
  const weights = columns.map(() => 0);
  let at = 0;
  const takes = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(text.slice(at))?.[0];
    at += found?.length ?? 0;
    return found;
  };
  while (at < text.length) {
    const signs = takes(/^[-+]+/) ?? "";
    if (at > 0 && signs === "" && at !== signs.length) return undefined;
    const sign = [...signs].filter((char) => char === "-").length % 2 === 0 ? 1 : -1;
    const factor = /^(?:[\d.]+(?:e[-+]?\d+)?)\*/i.test(text.slice(at)) ? Number(takes(NUMBER)) : 1;
    if (text[at] === "*") at += 1;
    const column = names.find(
      ({ name }) => text.startsWith(name, at) && /^(?:$|[-+/*])/.test(text.slice(at + name.length)),
    );
    if (column === undefined) return undefined;
    at += column.name.length;
    let divisor = 1;
    if (text[at] === "/") {
      at += 1;
      divisor = Number(takes(NUMBER) ?? Number.NaN);
    }
    const weight = (sign * factor) / divisor;
    if (!Number.isFinite(weight)) return undefined;
    weights[column.j]! += weight;
  }
  return text === "" ? undefined : weights;
}

const MOST_LISTED = 20;

function unknownTest({ columns, labels }: NamedColumns, label: string): string {
  const listed = (names: readonly string[]) =>
    names.length > MOST_LISTED ? `${names.slice(0, MOST_LISTED).join(", ")}, ..` : names.join(", ") || "none";
  const near = didYouMean(meant(label, [...new Set([...labels, ...columns])]));
  return `Cannot test '${label}': expected a term (${listed(labels)}), a column (${listed(columns)}), a sum of columns with weights such as 'a - 0.5*b', or several together as F(a, b), got another name.${near || " Correct the name."}`;
}
