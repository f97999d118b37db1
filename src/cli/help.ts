// Help of a command: synopsis, three examples, arguments, options by group, references. Laid out here so that every command reads alike.
import type { Argument, Command, Help, Option } from "commander";
import { COLOUR_CHOICES } from "./colour.js";
import { pathOf } from "./normalise-arguments.js";
import { spelled } from "./options/spelling.js";

export interface HelpTexts {
  /** Paragraphs after the synopsis. */
  readonly about: readonly string[];
  /** How the arguments may stand, where there is more than one way; without the command's name. */
  readonly usages?: readonly string[];
  /** Command lines without `fixelstream` in front. */
  readonly examples?: readonly string[];
  readonly references?: readonly string[];
}

/** The group that every command has. */
export const STANDARD = "Standard options";

const texts = new WeakMap<Command, HelpTexts>();
/** Columns where the text is wrapped, on wider terminals too. */
const WIDTH = 100;
/** Columns of text that are worth a column of terms beside them. */
const LEAST_TEXT = 30;

/** With the usages that are written out where the command has none of its own. */
export function textsOf(command: Command): HelpTexts & Required<Pick<HelpTexts, "usages">> {
  const found = texts.get(command) ?? { about: [] };
  return { ...found, usages: found.usages ?? [synopsisOf(command)] };
}

export function describeHelp(command: Command, help: HelpTexts): Command {
  texts.set(command, help);
  return command;
}

/** For Command.configureHelp. */
export function formatHelp(command: Command, helper: Help): string {
  const { about, usages, examples = [], references = [] } = texts.get(command) ?? { about: [] };
  const isTerminal = (helper.helpWidth ?? 0) > 0;
  const width = isTerminal ? Math.min(helper.helpWidth!, WIDTH) : WIDTH;
  // lines to be typed or pasted stay whole where nothing breaks them
  const whole = (line: string, ending = "") => (isTerminal ? wrapWords(line, width - 6, "      ", ending) : line);
  const wrap = (text: string, indent = "") => indent + wrapWords(text, width - indent.length, indent);
  const name = ["fixelstream", pathOf(command)].join(" ").trim();
  const synopses = usages ?? [synopsisOf(command)];
  const sections = [
    `Usage:\n${synopses.map((usage) => whole(`  ${name} ${usage}`.trimEnd())).join("\n")}`,
    ...about.map((paragraph) => wrap(paragraph)),
    section(
      "Commands",
      listOf(command.commands, (child) => [child.name(), child.summary()], width),
    ),
    section("Arguments", listOf(command.registeredArguments, describeArgument, width)),
    section("Examples", examples.map((example) => whole(`  fixelstream ${example}`, " \\")).join("\n")),
    ...groupsOf(command).map(([heading, rows]) =>
      section(
        heading,
        listOf(rows, (row) => row, width),
      ),
    ),
    section("References", references.map((reference) => wrap(reference, "  ")).join("\n")),
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

const section = (heading: string, body: string): string => (body === "" ? "" : `${heading}:\n${body}`);

function synopsisOf(command: Command): string {
  const names = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [...(command.commands.length > 0 ? ["<command>"] : names), "[options]"].join(" ");
}

function describeArgument(argument: Argument): [string, string] {
  return [argument.name(), argument.description];
}

function describeOption({ long, flags, description, defaultValue, defaultValueDescription }: Option): [string, string] {
  const name = long!.slice(2);
  const value = / (<.*>)$/.exec(flags)?.[1]?.replace("...", "") ?? "";
  const shown = defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue));
  const text = shown === undefined ? description : `${description} (default: ${shown})`;
  return [`${spelled(name)} ${value}`.trim(), text];
}

function listOf<T>(items: readonly T[], describe: (item: T) => [string, string], columns: number): string {
  const rows = items.map(describe);
  const longest = Math.min(28, Math.max(0, ...rows.map(([term]) => term.length)));
  const width = columns - longest - 4 < LEAST_TEXT ? 2 : longest; // too narrow: terms above their texts
  const indent = " ".repeat(width + 4);
  return rows
    .map(([term, text]) => {
      const own =
        term.length > width
          ? `${wrapWords(`  ${term}`, columns, "      ")}\n  ${" ".repeat(width)}`
          : `  ${term.padEnd(width)}`;
      return `${own}  ${wrapWords(text, columns - width - 4, indent)}`;
    })
    .join("\n");
}

/** Lines of at most `width` columns, broken at blanks; a longer word has a line of its own. All but the first begin with `indent`, which is not counted; all but the last end with `ending`. */
export function wrapWords(text: string, width: number, indent: string, ending = ""): string {
  const lines: string[] = [];
  const [start = ""] = /^ */.exec(text) ?? [];
  let line = start;
  for (const word of text.slice(start.length).split(" ")) {
    const isFirst = line === start && lines.length === 0;
    const isEmpty = isFirst || line === "";
    if (!isEmpty && line.length + 1 + word.length + ending.length > width) {
      lines.push(line);
      line = word;
    } else line = isEmpty ? line + word : `${line} ${word}`;
  }
  return [...lines, line].join(`${ending}\n${indent}`);
}

/** Understood with every command, before anything else is (colour.ts). */
const COLOUR: [string, string] = [
  `--color <${COLOUR_CHOICES.join("|")}>`,
  "colours of messages and help; auto: on a terminal, unless NO_COLOR is set (default: auto)",
];

/** In the order of declaration. */
function groupsOf(command: Command): [heading: string, rows: [string, string][]][] {
  const groups = new Map<string, [string, string][]>();
  for (const option of command.options) {
    if (option.hidden) continue;
    const heading = option.helpGroupHeading ?? STANDARD;
    groups.set(heading, [...(groups.get(heading) ?? []), describeOption(option)]);
  }
  const standard = groups.get(STANDARD) ?? [];
  groups.set(STANDARD, [...standard, COLOUR, ["-help", "this text"], ["-version", "the version of fixelstream"]]);
  return [...groups];
}
