// The program's own process as a command sees it: closed pipes are no errors, signals become an AbortSignal, and the command line is kept as typed.
import { Interrupted, type InterruptingSignal } from "../errors.js";
import type { CliStreams } from "./cli-streams.js";

const SIGNALS: readonly InterruptingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

export function processStreams(tokens: readonly string[]): CliStreams {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on("error", ignoreClosedPipe);
  const quoted = tokens.map((token) =>
    /^[\w@%+=:,./-]+$/.test(token) ? token : `'${token.replaceAll("'", "'\\''")}'`,
  );
  let signal: AbortSignal | undefined;
  return {
    stdout,
    stderr,
    command: ["fixelstream", ...quoted].join(" "),
    // Made when a command first asks for it: one that does not listen, such as verify, is ended by the system as ever.
    get signal() {
      signal ??= abortedBySignals();
      return signal;
    },
  };
}

/** `fixelstream info --json | head -1`: the reader has seen enough. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** The first signal asks the run to stop and clean up; a second one of the same kind ends the process at once, as without us. */
function abortedBySignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => controller.abort(new Interrupted(signal)));
  return controller.signal;
}
