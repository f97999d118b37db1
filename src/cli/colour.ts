// Colours of messages and help: on terminals, unless NO_COLOR (no-color.org) or --color say otherwise. The choice stands beside the command line, because
// what cannot be understood is said in colour too.
import { UsageError } from "../errors.js";
import type { CliStreams } from "./cli-streams.js";

export const COLOUR_CHOICES = ["auto", "always", "never"] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

/** `tokens` without --color and its value, and that value; of several the last. Throws UsageError. */
export function takeColourChoice(tokens: readonly string[]): { choice: ColourChoice; rest: string[] } {
  const rest: string[] = [];
  let choice: ColourChoice = "auto";
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token === "--") return { choice, rest: [...rest, ...tokens.slice(i)] };
    const [, attached] = /^--?colou?r(?:=(.*))?$/s.exec(token) ?? [undefined, null];
    if (attached === null) rest.push(token);
    else choice = choiceOf(attached ?? tokens[++i]);
  }
  return { choice, rest };
}

function choiceOf(text: string | undefined): ColourChoice {
  const found = COLOUR_CHOICES.find((one) => one === text);
  if (found !== undefined) return found;
  const got = text === undefined ? "nothing" : /^$|\s/.test(text) ? JSON.stringify(text) : text;
  throw new UsageError(`Cannot use --color: expected auto, always or never after it, got ${got}.`);
}

const coloured = new WeakSet<object>();

export function useColours(
  { stdout, stderr }: Pick<CliStreams, "stdout" | "stderr">,
  choice: ColourChoice,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): void {
  const isUnwanted = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  for (const stream of [stdout, stderr]) {
    if (choice === "always" || (choice === "auto" && stream.isTTY && !isUnwanted)) coloured.add(stream);
    else coloured.delete(stream);
  }
}

const ESCAPE = "\u001b[";
const inStyle = (style: string) => (text: string) => `${ESCAPE}${style}m${text}${ESCAPE}0m`;
const [bold, red, yellow, cyan] = ["1", "1;31", "1;33", "36"].map(inStyle) as [
  (text: string) => string,
  (text: string) => string,
  (text: string) => string,
  (text: string) => string,
];

/** What went wrong stands out, and what to type next. `text`: without controls (show-controls.ts). */
export function paintMessage(stream: object, text: string): string {
  if (!coloured.has(stream)) return text;
  return text
    .replace(/^(fixelstream: )((?:internal )?error:)/gm, (_, name: string, word: string) => name + red(word))
    .replace(/^(fixelstream: )(warning:)/gm, (_, name: string, word: string) => name + yellow(word))
    .replace(/^( {2}next: )(.*)$/gm, (_, name: string, command: string) => name + cyan(command));
}

/** Headings, and the names of options. `text`: as help.ts makes it. */
export function paintHelp(stream: object, text: string): string {
  if (!coloured.has(stream)) return text;
  return text
    .replace(/^(?:Usage|[A-Z][\w ,-]*):$/gm, bold)
    .replace(/^( {2})(-[\w-]+)/gm, (_, indent, name) => indent + cyan(name));
}
