// What a formula says, as a tree; and how R writes such a tree, which is what names of columns are made of.

export type Expression =
  | { readonly kind: "number"; readonly value: number; readonly integer: boolean }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Argument[] }
  | { readonly kind: "unary"; readonly operator: string; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "group"; readonly inner: Expression };

export interface Argument {
  readonly name: string | undefined;
  readonly value: Expression;
}

/** Operators that R writes without blanks. */
const TIGHT = new Set(["/", "^", ":", "%%", "%/%"]);

/** As R's deparse has it: `I(age^2)`, `poly(age, 2, raw = TRUE)`, `a + b`, `a/b`. */
export function deparse(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return formatNumber(expression.value) + (expression.integer ? "L" : "");
    case "string":
      return JSON.stringify(expression.value);
    case "name":
      return quotedName(expression.name);
    case "group":
      return `(${deparse(expression.inner)})`;
    case "unary":
      return expression.operator + deparse(expression.operand);
    case "binary": {
      const { operator, left, right } = expression;
      const between = TIGHT.has(operator) ? operator : ` ${operator} `;
      return deparse(left) + between + deparse(right);
    }
    case "call": {
      const list = expression.arguments.map(({ name, value }) =>
        name === undefined ? deparse(value) : `${quotedName(name)} = ${deparse(value)}`,
      );
      return `${quotedName(expression.name)}(${list.join(", ")})`;
    }
  }
}

const SYNTACTIC = /^(?:\p{L}|\.(?![0-9]))[\p{L}\p{N}\p{M}._]*$|^\.$/u;
const RESERVED = new Set(["if", "else", "repeat", "while", "function", "for", "next", "break", "in"]);

export const isSyntactic = (name: string): boolean => SYNTACTIC.test(name) && !RESERVED.has(name);

/** In backticks where a formula could not hold it bare. */
export const quotedName = (name: string): string =>
  isSyntactic(name) ? name : `\`${name.replace(/[\\`]/g, "\\$&")}\``;

/** Fifteen significant digits, fixed unless the other notation is shorter: `0.1`, `1e+05`, `123456`. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Inf" : "-Inf";
  if (value === 0) return "0";
  const [mantissa = "0", exponent = "0"] = value.toExponential(14).split("e");
  const digits = mantissa.includes(".") ? mantissa.replace(/0+$/, "").replace(/\.$/, "") : mantissa;
  const power = Number(exponent);
  const scientific = `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const nDecimals = Math.max(0, digits.replace(/[-.]/g, "").length - 1 - power);
  const fixed = Math.abs(power) < 20 && nDecimals <= 100 ? value.toFixed(nDecimals) : scientific;
  return fixed.length <= scientific.length ? fixed : scientific;
}

/** Names that an expression reads, each once, in their order; not those of functions. */
export function namesIn(expression: Expression): string[] {
  const names: string[] = [];
  const visit = (part: Expression): void => {
    if (part.kind === "name") names.push(part.name);
    else if (part.kind === "group") visit(part.inner);
    else if (part.kind === "unary") visit(part.operand);
    else if (part.kind === "binary") {
      visit(part.left);
      visit(part.right);
    } else if (part.kind === "call") for (const { value } of part.arguments) visit(value);
  };
  visit(expression);
  return [...new Set(names)];
}
