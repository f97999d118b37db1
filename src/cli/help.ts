// Help of a command: synopsis, three examples, arguments, options by group, references. Laid out here so that every command reads alike.
import type { Argument, Command, Help, Option } from "commander";
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
/** Columns where the text is wrapped. */
const WIDTH = 100;

export function describeHelp(command: Command, help: HelpTexts): Command {
  texts.set(command, help);
  return command;
}

/** For Command.configureHelp. */
export function formatHelp(command: Command, helper: Help): string {
  const { about, usages, examples = [], references = [] } = texts.get(command) ?? { about: [] };
  const wrap = (text: string, indent = "") => helper.boxWrap(text, WIDTH - indent.length).replace(/^/gm, indent);
  const name = ["fixelstream", pathOf(command)].join(" ").trim();
  const synopses = usages ?? [synopsisOf(command)];
  const sections = [
    `Usage:\n${synopses.map((usage) => `  ${name} ${usage}`.trimEnd()).join("\n")}`,
    ...about.map((paragraph) => wrap(paragraph)),
    section(
      "Commands",
      listOf(command.commands, (child) => [child.name(), child.summary()], helper),
    ),
    section("Arguments", listOf(command.registeredArguments, describeArgument, helper)),
    section("Examples", examples.map((example) => `  fixelstream ${example}`).join("\n")),
    ...groupsOf(command).map(([heading, rows]) =>
      section(
        heading,
        listOf(rows, (row) => row, helper),
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

function listOf<T>(items: readonly T[], describe: (item: T) => [string, string], helper: Help): string {
  const rows = items.map(describe);
  const width = Math.min(28, Math.max(0, ...rows.map(([term]) => term.length)));
  return rows
    .map(([term, text]) => {
      const [first = "", ...rest] = helper.boxWrap(text, WIDTH - width - 4).split("\n");
      const own = term.length > width ? `  ${term}\n  ${" ".repeat(width)}` : `  ${term.padEnd(width)}`;
      return [`${own}  ${first}`, ...rest.map((line) => `${" ".repeat(width + 4)}${line}`)].join("\n");
    })
    .join("\n");
}

/** In the order of declaration. */
function groupsOf(command: Command): [heading: string, rows: [string, string][]][] {
  const groups = new Map<string, [string, string][]>();
  for (const option of command.options) {
    if (option.hidden || option.long === "--version") continue;
    const heading = option.helpGroupHeading ?? STANDARD;
    groups.set(heading, [...(groups.get(heading) ?? []), describeOption(option)]);
  }
  const standard = groups.get(STANDARD) ?? [];
  groups.set(STANDARD, [...standard, ["-help", "this text"], ["-version", "the version of fixelstream"]]);
  return [...groups];
}
