// The program's own process as a command sees it: a stream that fails does not end it, signals become an AbortSignal, and the command line is kept as typed.
import { Interrupted, type InterruptingSignal } from "../errors.js";
import type { CliStreams } from "./cli-streams.js";

const SIGNALS: readonly InterruptingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

export function processStreams(tokens: readonly string[]): CliStreams {
  const { stdout, stderr } = process;
  // A log on a full disk, a terminal that has gone: messages are lost, and the run is not. What standard output loses is seen by print.ts.
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
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

/** The first signal asks the run to stop and clean up; a second one, of whatever kind, ends the process at once, as without us. */
function abortedBySignals(): AbortSignal {
  const controller = new AbortController();
  const listeners = SIGNALS.map((signal) => [signal, () => stop(signal)] as const);
  const stop = (signal: InterruptingSignal) => {
    for (const [other, listener] of listeners) process.off(other, listener);
    controller.abort(new Interrupted(signal));
  };
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return controller.signal;
}
