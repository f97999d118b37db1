// Assembles the commands and runs the one that is named; of the others nothing is loaded.
import { Command, CommanderError } from "commander";
import { DesignError, isFixelstreamError, UsageError } from "../errors.js";
import type { CliStreams } from "./cli-streams.js";
import { paintHelp } from "./colour.js";
import { COMMANDS, type ListedCommand } from "./command-list.js";
import { describeHelp, formatHelp } from "./help.js";
import { pathOf } from "./normalise-arguments.js";
import { printResult, printVersion } from "./print.js";
import { resolveCommandLine, wordsOf } from "./resolve-command-line.js";
import type { WholeProgram } from "./whole-program.js";

const HELP = {
  about: [
    "Statistical inference on fixel data in constant memory, with MRtrix3's commands, formats and numbers.",
    "Every command explains itself: fixelstream <command> -help. Options may stand anywhere, with one dash or two, and may be shortened as long as they stay unique.",
  ],
  examples: [
    "demo",
    "convert fixels fd_smooth/ subjects.txt cohort.fxs",
    "fixelcfestats cohort.fxs - design.txt contrast.txt matrix/ stats_fd/",
  ],
};

interface ProgramOptions {
  /** The only command that is more than its name and summary; any other word: none is (default: all are). */
  readonly only?: string;
  /** Takes help. */
  readonly writeOut?: (text: string) => void;
}

export async function createProgram(streams: CliStreams, options: ProgramOptions = {}): Promise<Command> {
  const program = describeHelp(new Command("fixelstream"), HELP);
  const whole: WholeProgram = { create: () => createProgram(streams), run: runTokens };
  const isLoaded = ({ name }: ListedCommand) => options.only === undefined || options.only === name;
  const modules = await Promise.all(COMMANDS.map((listed) => (isLoaded(listed) ? listed.load() : undefined)));
  for (const [i, { name, summary }] of COMMANDS.entries()) {
    const command = new Command(name).summary(summary);
    modules[i]?.define(command, streams, whole);
    program.addCommand(command);
  }
  forEachCommand(program, (command) => {
    command.exitOverride();
    command.configureHelp({ formatHelp });
    command.configureOutput({
      writeOut: options.writeOut ?? (() => {}),
      getOutHelpWidth: () => (streams.stdout.isTTY ? streams.stdout.columns : 0), // 0: no terminal, any width
      writeErr: () => {}, // reported once, by runCli
    });
  });
  return program;
}

/** The command and everything below it. */
export function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

/** `tokens`: without the choice of colours. Throws what is to be said. */
export async function runTokens(tokens: readonly string[], streams: CliStreams): Promise<void> {
  let help = "";
  const program = await createProgram(streams, {
    only: wordsOf(tokens)[0] ?? "",
    writeOut: (text) => {
      help += text;
    },
  });
  let resolved: string[];
  try {
    resolved = resolveCommandLine(program, tokens);
  } catch (error) {
    throw await withData(tokens, error);
  }
  if (resolved[0] === "--version") return await printVersion(streams);
  try {
    await program.parseAsync(resolved, { from: "user" });
  } catch (error) {
    if (isFixelstreamError(error) && REFUSALS.has(error._tag)) throw await withOrder(program, resolved, error);
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw asUsageError(error);
    await printResult(streams, help, paintHelp);
  }
}

/** Errors that arguments in another's place end in. */
const REFUSALS: ReadonlySet<string> = new Set(["InputError", "DesignError", "UsageError"]);

/** The error itself, or one that says which arguments have changed places. */
async function withOrder(program: Command, resolved: readonly string[], error: Error): Promise<Error> {
  const end = resolved.indexOf("--");
  const command = commandAt(program, resolved);
  if (end < 0 || command === program) return error;
  const texts = resolved.slice(end + 1);
  const all = command.registeredArguments.map((argument) => argument.name());
  // with -ttests or -ftest the contrast is left out (hypothesis-form.ts)
  const names = texts.length === all.length ? all : all.filter((name) => name !== "contrast");
  const { explainDesign, explainOrder } = await import("../app/arguments/argument-order.js");
  const explained = explainOrder(pathOf(command), names, texts);
  // connectomestats says by itself where its algorithm belongs
  if (explained !== undefined && !/ stands first: /.test(error.message))
    return new UsageError(explained, { cause: error });
  const design = error instanceof UsageError ? undefined : explainDesign(names, texts);
  if (design === undefined) return error;
  return new DesignError([...(error instanceof DesignError ? error.problems : [error.message]), design]);
}

/** The error itself, or one that says that data stand where their kind should. */
async function withData([command, data]: readonly string[], error: unknown): Promise<unknown> {
  if (command !== "convert" || data === undefined || !(error instanceof UsageError)) return error;
  if (!error.message.startsWith("Unknown command")) return error;
  const { explainData } = await import("../app/arguments/argument-order.js");
  const explained = explainData(data);
  return explained === undefined ? error : new UsageError(`${error.message} ${explained}`, { cause: error });
}

function commandAt(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const child = command.commands.find((candidate) => candidate.name() === word);
    if (child === undefined) break;
    command = child;
  }
  return command;
}

/** What resolveCommandLine lets through and commander does not. */
function asUsageError(error: CommanderError): UsageError {
  const text = error.message.replace(/^error: /, "");
  return new UsageError(`Cannot understand the command: ${text}. Add -help to see what it takes.`, { cause: error });
}
