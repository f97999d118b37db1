// Assembles the commands. `runCli` is the whole program: tokens in, exit code out; nothing here calls process.exit.
import { Command, CommanderError } from "commander";
import { argumentsInFull } from "../byte-names.js";
import { DesignError, isFixelstreamError, UsageError } from "../errors.js";
import { asInputError } from "../system-error.js";
import { VERSION } from "../version.js";
import type { CliStreams } from "./cli-streams.js";
import { paintHelp, takeColourChoice, useColours } from "./colour.js";
import { createCacheCommand } from "./commands/cache.js";
import { createCompletionCommand } from "./commands/completion.js";
import { createConnectomestatsCommand } from "./commands/connectomestats.js";
import { createConvertCommand } from "./commands/convert.js";
import { createDemoCommand } from "./commands/demo.js";
import { createDesignCommand } from "./commands/design.js";
import { createDoctorCommand } from "./commands/doctor.js";
import { createExportCommand } from "./commands/export.js";
import { createFixelcfestatsCommand } from "./commands/fixelcfestats.js";
import { createFixelconnectivityCommand } from "./commands/fixelconnectivity.js";
import { createFixelfilterCommand } from "./commands/fixelfilter.js";
import { createGamCommand } from "./commands/gam.js";
import { createInfoCommand } from "./commands/info.js";
import { createJointCommand } from "./commands/joint.js";
import { createLmCommand } from "./commands/lm.js";
import { createManCommand } from "./commands/man.js";
import { createMergeCommand } from "./commands/merge.js";
import { createMrclusterstatsCommand } from "./commands/mrclusterstats.js";
import { createPvaluesCommand } from "./commands/pvalues.js";
import { createReportCommand } from "./commands/report.js";
import { createSlurmCommand } from "./commands/slurm.js";
import { createStatusCommand } from "./commands/status.js";
import { createVectorstatsCommand } from "./commands/vectorstats.js";
import { createVerifyCommand } from "./commands/verify.js";
import { exitCodeOf } from "./exit-codes.js";
import { describeHelp, formatHelp } from "./help.js";
import { pathOf } from "./normalise-arguments.js";
import { printResult, say } from "./print.js";
import { formatError } from "./print-error.js";
import { processStreams } from "./process-streams.js";
import { resolveCommandLine } from "./resolve-command-line.js";

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

/** `writeOut` takes help and version. */
export function createProgram(streams: CliStreams, writeOut?: (text: string) => void): Command {
  const program = describeHelp(new Command("fixelstream"), HELP)
    .version(VERSION, "--version")
    .addCommand(createFixelcfestatsCommand(streams))
    .addCommand(createMrclusterstatsCommand(streams))
    .addCommand(createConnectomestatsCommand(streams))
    .addCommand(createVectorstatsCommand(streams))
    .addCommand(createLmCommand(streams))
    .addCommand(createGamCommand(streams))
    .addCommand(createDesignCommand(streams))
    .addCommand(createFixelconnectivityCommand(streams))
    .addCommand(createFixelfilterCommand(streams))
    .addCommand(createMergeCommand(streams))
    .addCommand(createStatusCommand(streams))
    .addCommand(createSlurmCommand(streams, runTokens))
    .addCommand(createPvaluesCommand(streams))
    .addCommand(createReportCommand(streams))
    .addCommand(createConvertCommand(streams))
    .addCommand(createExportCommand(streams))
    .addCommand(createJointCommand(streams))
    .addCommand(createInfoCommand(streams))
    .addCommand(createVerifyCommand(streams))
    .addCommand(createCacheCommand(streams))
    .addCommand(createDoctorCommand(streams))
    .addCommand(createCompletionCommand(streams))
    .addCommand(createManCommand(streams))
    .addCommand(createDemoCommand(streams));
  forEachCommand(program, (command) => {
    command.exitOverride();
    command.configureHelp({ formatHelp });
    command.configureOutput({
      writeOut: writeOut ?? (() => {}),
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

/** `tokens`: what follows the program's name. Resolves to the exit code. */
export async function runCli(tokens: readonly string[], streams: CliStreams): Promise<number> {
  const debug = tokens.some((token) => /^--?debug$/.test(token));
  try {
    useColours(streams, "auto");
    const { choice, rest } = takeColourChoice(tokens);
    useColours(streams, choice);
    await runTokens(rest, streams);
    return 0;
  } catch (error) {
    const found = error instanceof CommanderError ? asUsageError(error) : asInputError(error);
    say(streams, formatError(found, debug));
    return exitCodeOf(found);
  }
}

async function runTokens(tokens: readonly string[], streams: CliStreams): Promise<void> {
  let help = "";
  const program = createProgram(streams, (text) => {
    help += text;
  });
  let resolved: string[];
  try {
    resolved = resolveCommandLine(program, tokens);
  } catch (error) {
    throw await withData(tokens, error);
  }
  try {
    await program.parseAsync(resolved, { from: "user" });
  } catch (error) {
    if (isFixelstreamError(error) && REFUSALS.has(error._tag)) throw await withOrder(program, resolved, error);
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error; // help and version
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

/** As `runCli`, with this process's own streams and signals. */
export function runProcess(tokens: readonly string[]): Promise<number> {
  const given = argumentsInFull(tokens);
  return runCli(given, processStreams(given));
}

/** What resolveCommandLine lets through and commander does not. */
function asUsageError(error: CommanderError): UsageError {
  const text = error.message.replace(/^error: /, "");
  return new UsageError(`Cannot understand the command: ${text}. Add -help to see what it takes.`, { cause: error });
}
