// The messages that tests assert, out of the tests' own sources by TypeScript's parser: what docs/troubleshooting.md may say that the program says.
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { repositoryRoot } from "./peer.js";

export interface TestedText {
  /** From the root of the repository. */
  readonly file: string;
  /** … stands for what a test puts in. */
  readonly text: string;
  /** A regular expression, or a part of a message: shows that it is tested, and is no example. */
  readonly isPart: boolean;
}

/** How whole messages begin. */
const BEGINNINGS =
  /^(Cannot|Unknown|Several|The |Only |With |F-test|No checksum|Nobody|Waiting for|Rows of|\d+ (of \d+ )?[a-z]+ |[\w.-]+ (seems|defines|was|names|has) )/;

/** Texts of all tests, in the order of files and lines. Examples are complete sentences without what only one machine has. */
export function readTestedTexts(): TestedText[] {
  const files = (fs.readdirSync(path.join(repositoryRoot, "test"), { recursive: true }) as string[])
    .filter((name) => name.endsWith(".test.ts") && !name.startsWith("docs"))
    .sort();
  return files.flatMap((name) => {
    const file = path.posix.join("test", name);
    const source = fs.readFileSync(path.join(repositoryRoot, file), "utf8");
    const found: TestedText[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        found.push({ file, text: unescaped(node.text), isPart: true });
        return;
      }
      const text = textOf(node);
      if (text === undefined) ts.forEachChild(node, visit);
      else if (/\s/.test(text))
        found.push(...linesOf(text).map((line) => ({ file, text: line, isPart: !isWhole(line) })));
    };
    visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
    return found;
  });
}

/** Undefined: no text. Concatenated pieces are one. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim().replace(/^fixelstream: (error|warning): /, ""))
    .filter((line) => line !== "");

const isWhole = (line: string): boolean =>
  BEGINNINGS.test(line) && /[.?:]$/.test(line) && line.length > 40 && !/^…|\\|\/tmp\//.test(line);

const unescaped = (source: string): string => source.replace(/\\([./()[\]*+?\-^$|\\])/g, "$1");
