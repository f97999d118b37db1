// A formula's text to a tree, with R's precedence: ^, unary -, :, %in%, * /, + -, comparisons, !, &, |, ~.
import { type Argument, deparse, type Expression } from "./expression.js";
import { type Token, tokensOf, unreadable } from "./tokens.js";

export interface Formula {
  /** As the user wrote it. */
  readonly text: string;
  /** What stands left of `~`. */
  readonly response: Expression | undefined;
  /** As R writes it. */
  readonly responseName: string | undefined;
  readonly right: Expression;
}

/** Parentheses within each other: more are no formula, and would end the stack. */
const DEEPEST = 200;

/** How tightly each operator binds, and unary minus between ^ and `:`. */
const BINDING: Readonly<Record<string, number>> = {
  "|": 1,
  "||": 1,
  "&": 2,
  "&&": 2,
  "==": 4,
  "!=": 4,
  "<": 4,
  ">": 4,
  "<=": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  ":": 8,
  "^": 10,
};
const NOT = 3;
const SIGN = 9;
const bindingOf = (operator: string) => BINDING[operator] ?? (operator.startsWith("%") ? 7 : undefined);

/**
 * `FD ~ group * age`, or `~ group * age` without a response; a text without `~` is the right side.
 * Throws UsageError with the place of what is no formula.
 */
export function parseFormula(text: string): Formula {
  const parser = createParser(text);
  const isOneSided = parser.takes("~");
  let right = parser.expression();
  let response: Expression | undefined;
  if (!isOneSided && parser.takes("~")) {
    response = right;
    right = parser.expression();
  }
  parser.end();
  return { text, response, responseName: response && deparse(response), right };
}

/** One expression, such as a term: no `~`. Throws as parseFormula. */
export function parseExpression(text: string): Expression {
  const parser = createParser(text);
  const expression = parser.expression();
  parser.end();
  return expression;
}

function createParser(text: string) {
  const tokens = tokensOf(text);
  let at = 0;
  let depth = 0;

  const peek = (): Token => tokens[at]!;
  const isOperator = (operator: string) => {
    const token = peek();
    return token.kind === "operator" && token.text === operator;
  };
  const takes = (operator: string): boolean => {
    if (!isOperator(operator)) return false;
    at += 1;
    return true;
  };
  const expects = (operator: string): void => {
    if (!takes(operator)) throw unreadable(text, peek().start, `'${operator}'`, wordOf(peek()));
  };

  function expression(least = 0): Expression {
    depth += 1;
    if (depth > DEEPEST) throw unreadable(text, peek().start, `at most ${DEEPEST} parts within each other`, "one more");
    let left = operand();
    for (;;) {
      const token = peek();
      const binding = token.kind === "operator" ? bindingOf(token.text) : undefined;
      if (token.kind !== "operator" || binding === undefined || binding < least) break;
      at += 1;
      // only ^ is of the right: 2^3^2 is 2^(3^2), and its exponent may have a sign
      const right = expression(token.text === "^" ? SIGN : binding + 1);
      left = { kind: "binary", operator: token.text, left, right };
    }
    depth -= 1;
    return left;
  }

  function operand(): Expression {
    const token = peek();
    if (token.kind === "number") {
      at += 1;
      return { kind: "number", value: token.value, integer: token.integer };
    }
    if (token.kind === "string") {
      at += 1;
      return { kind: "string", value: token.value };
    }
    if (token.kind === "name") {
      at += 1;
      return takes("(")
        ? { kind: "call", name: token.name, arguments: listOfArguments() }
        : { kind: "name", name: token.name };
    }
    if (takes("(")) {
      const inner = expression();
      expects(")");
      return { kind: "group", inner };
    }
    if (takes("-")) return { kind: "unary", operator: "-", operand: expression(SIGN) };
    if (takes("+")) return { kind: "unary", operator: "+", operand: expression(SIGN) };
    if (takes("!")) return { kind: "unary", operator: "!", operand: expression(NOT) };
    throw unreadable(text, token.start, "a variable, a number or a parenthesis", wordOf(token));
  }

  function listOfArguments(): Argument[] {
    const list: Argument[] = [];
    if (takes(")")) return list;
    do {
      const token = peek();
      const next = tokens[at + 1];
      const isNamed =
        (token.kind === "name" || token.kind === "string") && next?.kind === "operator" && next.text === "=";
      if (isNamed) at += 2;
      const name = isNamed ? (token.kind === "name" ? token.name : (token as { value: string }).value) : undefined;
      list.push({ name, value: expression() });
    } while (takes(","));
    expects(")");
    return list;
  }

  function end(): void {
    const token = peek();
    if (token.kind !== "end") throw unreadable(text, token.start, "an operator or the end", wordOf(token));
  }

  return { takes, expression: () => expression(), end };
}

function wordOf(token: Token): string {
  switch (token.kind) {
    case "end":
      return "its end";
    case "number":
      return `${token.value}`;
    case "string":
      return JSON.stringify(token.value);
    case "name":
      return JSON.stringify(token.name);
    case "operator":
      return `'${token.text}'`;
  }
}
