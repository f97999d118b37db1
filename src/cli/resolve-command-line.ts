// From what was typed to what commander takes: finds the command that is meant, normalises its arguments, counts them.
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { didYouMean, nearest } from "./near-miss.js";
import { normaliseArguments, pathOf } from "./normalise-arguments.js";

/** `help` in front is -help behind. The first is the command, if any is named. */
export const wordsOf = (tokens: readonly string[]): readonly string[] =>
  tokens[0] === "help" ? [...tokens.slice(1), "-help"] : tokens;

/** `program`: with all that the command named takes. Throws UsageError: unknown command, options as normaliseArguments, too few or too many arguments. */
export function resolveCommandLine(program: Command, tokens: readonly string[]): string[] {
  const words = wordsOf(tokens);
  const path: string[] = [];
  let command = program;
  for (;;) {
    const child = command.commands.find((candidate) => candidate.name() === words[path.length]);
    if (child === undefined) break;
    command = child;
    path.push(child.name());
  }
  const rest = words.slice(path.length);
  // before its options, which nobody knows
  const isNamed =
    rest.length > 0 && !rest[0]!.startsWith("-") && !rest.some((word) => /^--?(h|help|version)$/.test(word));
  if (command.commands.length > 0 && isNamed) throw unknownCommand(command, [...path, rest[0]!]);
  const normalised = normaliseArguments(command, command.commands.length > 0 && rest.length === 0 ? ["-help"] : rest);
  if (normalised[0] === "--version") return normalised; // of the program, whatever stands before it
  if (normalised[0] === "--help") return [...path, "--help"];
  const positionals = normalised.slice(normalised.indexOf("--") + 1);
  if (command.commands.length > 0) throw unknownCommand(command, [...path, ...positionals.slice(0, 1)]);
  checkCount(command, positionals);
  return [...path, ...normalised];
}

function unknownCommand(command: Command, typed: readonly string[]): UsageError {
  const names = command.commands.map((child) => child.name());
  const near = nearest(typed.at(-1) ?? "", names).map((name) => [...typed.slice(0, -1), name].join(" "));
  return new UsageError(`Unknown command ${typed.join(" ")}.${didYouMean(near)} Use one of: ${names.join(", ")}.`);
}

function checkCount(command: Command, positionals: readonly string[]): void {
  const all = command.registeredArguments;
  const least = all.filter((argument) => argument.required).length;
  const most = all.at(-1)?.variadic ? Number.POSITIVE_INFINITY : all.length;
  if (positionals.length >= least && positionals.length <= most) return;
  const names = all.map((argument) => argument.name()).join(", ");
  const expected =
    least === most
      ? `${most}`
      : most > all.length
        ? `${least} or more`
        : `${least} ${most - least > 1 ? "to" : "or"} ${most}`;
  const name = pathOf(command);
  throw new UsageError(
    `Cannot run ${name}: expected ${expected} ${most === 1 ? "argument" : "arguments"} (${names}), got ${positionals.length}. \`fixelstream ${name} -help\` explains them.`,
  );
}
