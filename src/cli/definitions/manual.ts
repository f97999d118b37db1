// The manual page, fixelstream(1), in the man macros (man(7) of groff and mandoc).
import type { DescribedCommand } from "./describe-commands.js";

/** `date`: of the page, YYYY-MM-DD; empty: none. */
export function formatManual(commands: readonly DescribedCommand[], version: string, date = ""): string {
  const [program, ...others] = commands as [DescribedCommand, ...DescribedCommand[]];
  const lines = [
    `.TH FIXELSTREAM 1 "${roff(date)}" "fixelstream ${roff(version)}" "User Commands"`,
    ".SH NAME",
    "fixelstream \\- statistical inference on fixel data in constant memory",
    ".SH SYNOPSIS",
    ".B fixelstream",
    "\\fIcommand\\fR [\\fIargument\\fR ...] [\\fIoption\\fR ...]",
    ".SH DESCRIPTION",
    ...paragraphs(program.about),
    ".SH COMMANDS",
    ...program.commands.flatMap(({ name, summary }) => [".TP", `.B ${roff(name)}`, escapeLine(summary)]),
    ...others.flatMap(formatCommand),
    ".SH ENVIRONMENT",
    ...item("NO_COLOR", "if set and not empty, messages and help are not coloured, unless by --color always"),
    ...item("FIXELSTREAM_BLAS", "file of the library that --kernels native multiplies with"),
    ".SH EXIT STATUS",
    ...item("0", "done"),
    ...item("1", "could not be done: the message says what was expected, and what to do"),
    ...item("2", "used wrongly: commands, arguments or options"),
    ...item("70", "an error of fixelstream itself, to be reported"),
    ...item("129, 130, 143", "stopped by SIGHUP, SIGINT or SIGTERM; the same command goes on where it can"),
    ".SH SEE ALSO",
    ".BR mrview (1),",
    ".BR fixelcfestats (1)",
  ];
  return `${lines.join("\n")}\n`;
}

function formatCommand(command: DescribedCommand): string[] {
  const { path, usages, about, examples, references, options } = command;
  return [
    `.SH "${roff(`fixelstream ${path}`.toUpperCase())}"`,
    ...usages.flatMap((usage, i) => [...(i === 0 ? [] : [".br"]), `.B fixelstream ${roff(path)}`, escapeLine(usage)]),
    ...paragraphs(about),
    ...listed(
      "Arguments",
      command.arguments.map(({ name, text }) => [name, text] as const),
    ),
    ...(command.commands.length === 0
      ? []
      : listed(
          "Commands",
          command.commands.map(({ name, summary }) => [name, summary] as const),
        )),
    ...listed(
      "Options",
      options.map(({ name, value, text }) => [value === undefined ? name : `${name} ${value}`, text] as const),
    ),
    ...(examples.length === 0
      ? []
      : [".SS Examples", ".nf", ...examples.map((line) => escapeLine(`fixelstream ${line}`)), ".fi"]),
    ...(references.length === 0 ? [] : [".SS References", ...paragraphs(references)]),
  ];
}

function listed(heading: string, rows: readonly (readonly [string, string])[]): string[] {
  return rows.length === 0 ? [] : [`.SS ${heading}`, ...rows.flatMap(([name, text]) => item(name, text))];
}

const item = (name: string, text: string): string[] => [".TP", `.B ${roff(name)}`, escapeLine(text)];
const paragraphs = (texts: readonly string[]): string[] => texts.flatMap((text) => [".PP", escapeLine(text)]);

/** Characters that mean something to roff; dashes that can be copied. */
const roff = (text: string): string => text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll('"', "\\(dq");

/** A line of text: what begins it is no request. */
const escapeLine = (text: string): string => roff(text).replace(/^([.'])/, "\\&$1");
