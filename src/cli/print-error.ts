// How an error reaches the user: one line "fixelstream: error: ..." a problem, or a request for a report when it is our bug.
import { DesignError, Interrupted, isFixelstreamError, ShardMismatchError, UsageError } from "../errors.js";
import { VERSION } from "../version.js";

export function formatError(error: unknown, debug: boolean): string {
  const found = error instanceof Error ? error : new Error(String(error));
  if (found instanceof Interrupted) {
    return `fixelstream: interrupted by ${found.signal}: nothing half-done is left that looks like a result. The same command starts again, and continues a conversion or shuffles where they stopped.\n`;
  }
  if (isFixelstreamError(found) && found._tag !== "InternalError") {
    const isSeveral =
      found instanceof DesignError || found instanceof ShardMismatchError || found instanceof UsageError;
    const problems = isSeveral ? found.problems : [found.message];
    const text = problems.map((problem) => `fixelstream: error: ${problem}\n`).join("");
    return debug ? text + describeOrigin(found) : text;
  }
  return [
    `fixelstream: internal error: ${found.message}`,
    "This is a bug in fixelstream. Please report it with the command, the text below and, if there is one, run.json.",
    `fixelstream ${VERSION}, node ${process.versions.node}, ${process.platform} ${process.arch}`,
    describeOrigin(found),
  ].join("\n");
}

function describeOrigin(error: Error): string {
  const cause = error.cause instanceof Error ? `caused by ${error.cause.stack}\n` : "";
  return `${error.stack}\n${cause}`;
}
