// Standard output: what a command was asked for, or the summary of what it wrote to files. A stream that fails raises no alarm of its own
// (process-streams.ts), so everything goes through here.
import { InputError } from "../errors.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { VERSION } from "../version.js";
import type { Warning } from "../warnings.js";
import type { CliStreams } from "./cli-streams.js";
import { paintMessage } from "./colour.js";
import { showControls } from "./show-controls.js";

/** `fixelstream info --json | head -1`: the reader has seen enough. */
const CLOSED_BY_READER: ReadonlySet<string | undefined> = new Set(["EPIPE", "ERR_STREAM_DESTROYED"]);

/** What the command was asked for, painted where that is wanted. Throws InputError when it cannot be written, unless its reader has gone. */
export async function printResult(
  streams: CliStreams,
  text: string,
  paint: (stream: object, text: string) => string = (_, shown) => shown,
): Promise<void> {
  const failure = await write(streams.stdout, paint(streams.stdout, showControls(text)));
  refuseFailure(failure);
}

/** Alone, for scripts. Throws as printResult. */
export const printVersion = (streams: CliStreams): Promise<void> => printResult(streams, `${VERSION}\n`);

function refuseFailure(failure: Error | undefined): void {
  if (failure === undefined) return;
  throw new InputError(
    `Cannot print the result: expected a standard output that takes it, got ${describeSystemError(failure)}. Make room, or send it somewhere else.`,
    { cause: failure },
  );
}

/** Lines that are read by programs, byte for byte; on a terminal as printResult. Throws as printResult. */
export async function printLines(streams: CliStreams, text: string): Promise<void> {
  if (streams.stdout.isTTY) return await printResult(streams, text);
  refuseFailure(await write(streams.stdout, text));
}

/** A message on standard error. */
export function say(streams: Pick<CliStreams, "stderr">, text: string): void {
  streams.stderr.write(paintMessage(streams.stderr, showControls(text)));
}

/** Whatever a command wants to have said of its inputs; with -quiet too. */
export const warner =
  (streams: Pick<CliStreams, "stderr">) =>
  ({ message }: Warning): void =>
    say(streams, `fixelstream: warning: ${message}\n`);

/** About results that are in files by now: the command has done its work. That a summary is lost is said, and no more. */
export async function printSummary(streams: CliStreams, text: string): Promise<void> {
  const failure = await write(streams.stdout, showControls(text));
  if (failure === undefined) return;
  say(
    streams,
    `fixelstream: the summary is lost: standard output says ${describeSystemError(failure)}. The results themselves are complete.\n`,
  );
}

/** Resolves when the text is on its way, to what went wrong. */
function write(stream: NodeJS.WriteStream, text: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    stream.write(text, (error) =>
      resolve(CLOSED_BY_READER.has(systemErrorCode(error)) ? undefined : (error ?? undefined)),
    );
  });
}

/** Of a conversion that went on where an earlier run had ended; `what`: that run's share. */
export function continued(output: string, what: string): string {
  return `fixelstream: ${output}: continued from a run that was stopped: ${what} had been converted already\n`;
}
