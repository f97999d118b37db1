// docs/troubleshooting.md cannot contradict the program: what it says that the program says is taken from the tests of the messages. Explanations are
// written by hand; examples and the list at the end are written by `npx vitest run --project fast test/docs/troubleshooting.test.ts -u`.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../support/peer.js";
import { readTestedTexts, type TestedText } from "../support/tested-messages.js";

const page = path.join(repositoryRoot, "docs", "troubleshooting.md");
const text = fs.readFileSync(page, "utf8");
const tested = readTestedTexts();
const MARK = "<!-- Written by test/docs/troubleshooting.test.ts from here on -->";
/** Said by no test's text: the system's, not the program's. */
const NOT_OURS = ["the command was killed"];

const headings = [...text.matchAll(/^### `(.*)`/gm)].map((match) => match[1]!);
const partsOf = (heading: string) => heading.split("…").filter((part) => part.trim().length > 3);

function matches(heading: string, { text: said }: TestedText): boolean {
  let at = 0;
  for (const part of partsOf(heading)) {
    at = said.indexOf(part, at);
    if (at < 0) return false;
    at += part.length;
  }
  return true;
}

/** The shortest whole message of test/errors, else of any test. */
function exampleOf(heading: string): string | undefined {
  const whole = tested.filter((one) => !one.isPart && matches(heading, one));
  const own = whole.filter(({ file }) => file.startsWith("test/errors/"));
  return [...(own.length > 0 ? own : whole)].sort((a, b) => a.text.length - b.text.length)[0]?.text;
}

const quoted = (message: string) =>
  `\`\`${message.startsWith("`") ? " " : ""}${message}${message.endsWith("`") ? " " : ""}\`\``;

/** The page with its examples and its list as the tests have them now. */
function rewritten(): string {
  const [prose] = text.split(MARK) as [string];
  const withExamples = prose.replace(/^### `(.*)`(.*)\n\n(?:> .*\n\n)?/gm, (_, heading: string, rest: string) => {
    const example = exampleOf(heading);
    return `### \`${heading}\`${rest}\n\n${example === undefined ? "" : `> ${quoted(example)}\n\n`}`;
  });
  const files = [...new Set(tested.map(({ file }) => file))].filter((file) => file.startsWith("test/errors/"));
  const lists = files.flatMap((file) => {
    const messages = tested.filter((one) => one.file === file && !one.isPart).map((one) => one.text);
    if (messages.length === 0) return [];
    const items = [...new Set(messages)].map((message) => `- ${quoted(message)}\n`);
    return [`\n### ${path.basename(file, ".test.ts")}\n\n${items.join("")}`];
  });
  const about =
    "What the tests of messages assert, word for word, by the file of the test; … stands for names and numbers. Messages say themselves what to do; this is for searching.\n";
  return `${withExamples.trimEnd()}\n\n${MARK}\n\n## Messages\n\n${about}${lists.join("")}`;
}

describe("docs/troubleshooting.md", () => {
  it.each(headings)("%s: a test asserts it", (heading) => {
    if (NOT_OURS.includes(heading)) return expect(tested.some((one) => matches(heading, one))).toBe(false);
    expect(tested.some((one) => matches(heading, one))).toBe(true);
  });
  it("has the examples and the list that the tests have", async () => {
    expect(tested.filter(({ isPart }) => !isPart).length).toBeGreaterThan(150);
    await expect(rewritten()).toMatchFileSnapshot(page);
  });
});
