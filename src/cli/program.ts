// Assembles the commands. `runCli` is the whole program: tokens in, exit code out; nothing here calls process.exit.
import { Command, CommanderError } from "commander";
import { UsageError } from "../errors.js";
import { VERSION } from "../version.js";
import type { CliStreams } from "./cli-streams.js";
import { createConvertCommand } from "./commands/convert.js";
import { createDemoCommand } from "./commands/demo.js";
import { createFixelcfestatsCommand } from "./commands/fixelcfestats.js";
import { createInfoCommand } from "./commands/info.js";
import { createVerifyCommand } from "./commands/verify.js";
import { exitCodeOf } from "./exit-codes.js";
import { normaliseArguments } from "./normalise-arguments.js";
import { formatError } from "./print-error.js";

export function createProgram(streams: CliStreams): Command {
  const program = new Command("fixelstream")
    .description(
      "Statistical inference on fixel data in constant memory, with MRtrix3's commands, formats and numbers.",
    )
    .version(VERSION, "--version")
    .helpOption("--help", "this text")
    .addCommand(createFixelcfestatsCommand(streams))
    .addCommand(createConvertCommand(streams))
    .addCommand(createInfoCommand(streams))
    .addCommand(createVerifyCommand(streams))
    .addCommand(createDemoCommand(streams));
  forEachCommand(program, (command) => {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: () => {}, // reported once, by runCli
    });
  });
  return program;
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

/** `tokens`: what follows the program's name. Resolves to the exit code. */
export async function runCli(tokens: readonly string[], streams: CliStreams): Promise<number> {
  const debug = tokens.some((token) => /^--?debug$/.test(token));
  try {
    const program = createProgram(streams);
    await program.parseAsync(normaliseForCommand(program, tokens), { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // help and version
    const found = error instanceof CommanderError ? asUsageError(error) : error;
    streams.stderr.write(formatError(found, debug));
    return exitCodeOf(found);
  }
}

/** Walks down to the command that is meant, then normalises what follows. */
function normaliseForCommand(program: Command, tokens: readonly string[]): string[] {
  let command = program;
  const path: string[] = [];
  while (path.length < tokens.length) {
    const child = command.commands.find((candidate) => candidate.name() === tokens[path.length]);
    if (child === undefined) break;
    command = child;
    path.push(child.name());
  }
  const rest = tokens.slice(path.length).map((token) => (/^-(help|version)$/.test(token) ? `-${token}` : token));
  if (rest.includes("--version") && path.length > 0) return ["--version"];
  if (command.commands.length > 0) {
    const [first] = rest;
    if (first !== undefined && !first.startsWith("-")) {
      const names = command.commands.map((child) => child.name()).join(", ");
      throw new UsageError(`Unknown command ${[...path, first].join(" ")}. Use one of: ${names}.`);
    }
    return [...path, ...(rest.length === 0 ? ["--help"] : rest)];
  }
  if (rest.some((token) => /^--?(help|h)$/.test(token))) return [...path, "--help"];
  return [...path, ...normaliseArguments(command, rest)];
}

function asUsageError(error: CommanderError): UsageError {
  const text = error.message.replace(/^error: /, "");
  return new UsageError(`Cannot understand the command: ${text}. Add -help to see what it takes.`, { cause: error });
}
