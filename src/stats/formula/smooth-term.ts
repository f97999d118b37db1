// Terms `s(x, k = 4, fx = TRUE)` as they are written: which variable, which basis. The bases are made elsewhere.
import { UsageError } from "../../errors.js";
import { deparse, type Expression } from "./expression.js";
import { shown } from "./tokens.js";

export interface SmoothTerm {
  /** As mgcv names it: `s(age)`, and with a `by` variable `s(age):sex`. */
  readonly label: string;
  /** As it was written. */
  readonly text: string;
  /** Text of the variable, as the model frame has it. */
  readonly variable: string;
  readonly expression: Expression;
  /** Dimension of the basis; undefined: the basis' own. */
  readonly k: number | undefined;
  /** Unpenalised: a fixed set of columns. */
  readonly fx: boolean;
  /** `tp`, `cr`, `cs`, `ts`, `cc`, `ps`: the first is the default. */
  readonly bs: string;
  /** Text of the variable whose levels, or values, multiply it. */
  readonly by: string | undefined;
  readonly byExpression: Expression | undefined;
}

/** Names of mgcv's smooth terms: the first is read, the others are refused by name. */
export const SMOOTHS: ReadonlySet<string> = new Set(["s", "te", "ti", "t2"]);

/** `s(age, k = 4, fx)`: a bare `fx` is `fx = TRUE`. Throws UsageError: another argument, or one that is no constant. */
export function readSmooth(call: Expression & { kind: "call" }, formula: string): SmoothTerm {
  const text = deparse(call);
  const refuse = (expected: string, got: string) =>
    new UsageError(
      `Cannot use ${text} of the formula '${shown(formula)}': expected ${expected}, got ${got}. Write for example s(age, k = 4, fx = TRUE).`,
    );
  if (call.name !== "s")
    throw new UsageError(
      `Cannot use ${text} of the formula '${shown(formula)}': expected a smooth of one variable, s(x), got ${call.name}(..), which is not made. Write s(x) + s(z); for an interaction ns(x, df = 3) * ns(z, df = 3) in a linear model, or s(x, by = g) where one is a factor.`,
    );
  let k: number | undefined;
  let fx = false;
  let bs = "tp";
  let by: Expression | undefined;
  const variables: Expression[] = [];
  for (const { name, value } of call.arguments) {
    const written = deparse(value);
    if (name === undefined && written === "fx") fx = true;
    else if (name === undefined) variables.push(value);
    else if (name === "k") {
      k = value.kind === "number" ? value.value : Number.NaN;
      // mgcv's own default is written k = -1
      if (written === "-1") k = undefined;
      else if (!Number.isInteger(k) || k < 2) throw refuse("a whole number from 2 as k", written);
    } else if (name === "fx") {
      if (!/^(TRUE|FALSE|T|F)$/.test(written)) throw refuse("fx = TRUE or fx = FALSE", `fx = ${written}`);
      fx = written.startsWith("T");
    } else if (name === "bs") {
      if (value.kind !== "string") throw refuse('a basis in quotes, such as bs = "cr"', `bs = ${written}`);
      bs = value.value;
    } else if (name === "by") {
      if (written !== "NA") by = value;
    } else throw refuse("the arguments k, fx, bs and by", `${name} = ${written}`);
  }
  const [expression] = variables;
  if (expression === undefined || variables.length > 1) {
    throw refuse("one variable", variables.length === 0 ? "none" : variables.map(deparse).join(" and "));
  }
  const variable = deparse(expression);
  const byText = by && deparse(by);
  return {
    label: byText === undefined ? `s(${variable})` : `s(${variable}):${byText}`,
    ...{ text, variable, expression, k, fx, bs, by: byText, byExpression: by },
  };
}
