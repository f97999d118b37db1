// The parser: precedence as R's, spelling as R's, and sentences for what is no formula.

import { describe, expect, test } from "vitest";
import { FixelstreamError } from "../../../src/errors.js";
import { deparse, type Expression, formatNumber, namesIn } from "../../../src/stats/formula/expression.js";
import { parseExpression, parseFormula } from "../../../src/stats/formula/parse-formula.js";
import { expandTerms } from "../../../src/stats/formula/terms.js";
import { fc } from "../../support/seeded-check.js";

/** Every operator in parentheses, so that what binds how is seen. */
function bound(expression: Expression): string {
  if (expression.kind === "binary")
    return `[${bound(expression.left)}${expression.operator}${bound(expression.right)}]`;
  if (expression.kind === "unary") return `[${expression.operator}${bound(expression.operand)}]`;
  return expression.kind === "group" ? bound(expression.inner) : deparse(expression);
}

describe("parseFormula", () => {
  test.each([
    ["a+b*c", "[a+[b*c]]"],
    ["a*b:c", "[a*[b:c]]"],
    ["a:b%in%c", "[[a:b]%in%c]"],
    ["a%in%b*c", "[[a%in%b]*c]"],
    ["-a^2", "[-[a^2]]"],
    ["-a:b", "[[-a]:b]"],
    ["2^-1", "[2^[-1]]"],
    ["a^b^c", "[a^[b^c]]"],
    ["a-b-c", "[[a-b]-c]"],
    ["a/b/c", "[[a/b]/c]"],
    ["!a==b", "[![a==b]]"],
    ["a&b|c", "[[a&b]|c]"],
    ["a>1&b", "[[a>1]&b]"],
    ["(a+b)^2", "[[a+b]^2]"],
    ["a**2", "[a^2]"],
  ])("%s binds as %s", (text, expected) => {
    expect(bound(parseExpression(text))).toBe(expected);
  });

  test.each([
    ["I( age ^2 )", "I(age^2)"],
    ["poly(age,2,raw=TRUE)", "poly(age, 2, raw = TRUE)"],
    ["I(a*b/c-(d))", "I(a * b/c - (d))"],
    ["f('x',\"y\")", 'f("x", "y")'],
    ["I(1e5*x+0.10)", "I(1e+05 * x + 0.1)"],
    ["`my var`", "`my var`"],
    ["a%%b", "a%%b"],
    ["1L", "1L"],
  ])("%s is written %s", (text, expected) => {
    expect(deparse(parseExpression(text))).toBe(expected);
  });

  test.each([
    [123456, "123456"],
    [100000, "1e+05"],
    [1e15, "1e+15"],
    [0.1234567, "0.1234567"],
    [0.0001, "1e-04"],
    [123456789012, "123456789012"],
    [1e-300, "1e-300"],
    [Math.PI, "3.14159265358979"],
  ])("%d is written %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  test("has a response left of ~", () => {
    const { responseName, right } = parseFormula("log(FD) ~ age");
    expect(responseName).toBe("log(FD)");
    expect(namesIn(right)).toEqual(["age"]);
    expect(parseFormula("age + sex").responseName).toBeUndefined();
  });

  test.each([
    [
      "~ group *",
      "Cannot read the formula '~ group *': expected a variable, a number or a parenthesis, got its end (character 10). Write it as R does, for example '~ group * age + sex'.",
    ],
    [
      "~ (group",
      "Cannot read the formula '~ (group': expected ')', got its end (character 9). Write it as R does, for example '~ group * age + sex'.",
    ],
    [
      "~ group age",
      "Cannot read the formula '~ group age': expected an operator or the end, got \"age\" (character 9). Write it as R does, for example '~ group * age + sex'.",
    ],
    [
      "~ group ; age",
      "Cannot read the formula '~ group ; age': expected a name, a number or one of + - : * ^ / ( ) ~, got \";\" (character 9). Write it as R does, for example '~ group * age + sex'.",
    ],
    [
      "~ 'group",
      "Cannot read the formula '~ 'group': expected quotes that are closed, got one that is open to the end (character 3). Write it as R does, for example '~ group * age + sex'.",
    ],
    [
      "a ~ b ~ c",
      "Cannot read the formula 'a ~ b ~ c': expected an operator or the end, got '~' (character 7). Write it as R does, for example 'FD ~ group * age + sex'.",
    ],
  ])("%s is refused", (text, message) => {
    expect(() => parseFormula(text)).toThrow(message);
  });

  test("refuses parentheses beyond reason, and texts that are files", () => {
    expect(() => parseFormula("(".repeat(5000))).toThrow("expected at most 200 parts within each other");
    expect(() => parseFormula("-".repeat(9999))).toThrow("expected at most 200 parts within each other");
    expect(() => parseFormula("a+".repeat(9999))).toThrow("expected at most 10000 characters, got 19998");
  });

  test("answers any text with a tree or a sentence", () => {
    const word = fc.constantFrom(
      ...[
        "a",
        "b",
        ".",
        "(",
        ")",
        "+",
        "-",
        "*",
        ":",
        "^",
        "/",
        "%in%",
        "2",
        "0",
        "1",
        "~",
        "s(",
        "I(",
        ",",
        "=",
        "'x'",
        " ",
        "`q r`",
        "!",
        ">",
      ],
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.array(word, { maxLength: 25 }).map((words) => words.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const formula = parseFormula(text);
          expect(deparse(parseExpression(deparse(formula.right)))).toBe(deparse(formula.right));
          expandTerms(formula, ["a", "b"]);
        } catch (error) {
          expect(error).toBeInstanceOf(FixelstreamError);
          expect((error as Error).message).toMatch(/^Cannot .*: expected .*, got .*\.$/s);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
