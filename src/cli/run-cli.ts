// The whole program: tokens in, exit code out; nothing here calls process.exit. What every start loads, and all that the version needs: the commands
// are behind one import, as they are made with commander, which costs as much as the rest of a start.
import { argumentsInFull } from "../byte-names.js";
import { asInputError } from "../system-error.js";
import type { CliStreams } from "./cli-streams.js";
import { takeColourChoice, useColours } from "./colour.js";
import { exitCodeOf } from "./exit-codes.js";
import { printVersion, say } from "./print.js";
import { formatError } from "./print-error.js";
import { processStreams } from "./process-streams.js";

/** `tokens`: what follows the program's name. Resolves to the exit code. */
export async function runCli(tokens: readonly string[], streams: CliStreams): Promise<number> {
  const debug = tokens.some((token) => /^--?debug$/.test(token));
  try {
    useColours(streams, "auto");
    const { choice, rest } = takeColourChoice(tokens);
    useColours(streams, choice);
    if (rest.length === 1 && /^--?version$/.test(rest[0]!)) await printVersion(streams);
    else await (await import("./program.js")).runTokens(rest, streams);
    return 0;
  } catch (error) {
    const found = asInputError(error);
    say(streams, formatError(found, debug));
    return exitCodeOf(found);
  }
}

/** As `runCli`, with this process's own streams and signals. */
export function runProcess(tokens: readonly string[]): Promise<number> {
  const given = argumentsInFull(tokens);
  return runCli(given, processStreams(given));
}
