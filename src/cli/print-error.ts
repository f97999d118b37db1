// How an error reaches the user: one line "fixelstream: ...", or a request for a report when it is our bug.
import { isFixelstreamError } from "../errors.js";
import { VERSION } from "../version.js";

export function formatError(error: unknown, debug: boolean): string {
  const found = error instanceof Error ? error : new Error(String(error));
  if (isFixelstreamError(found) && found._tag !== "InternalError") {
    const text = `fixelstream: error: ${found.message}\n`;
    return debug
      ? `${text}${found.stack}\n${found.cause instanceof Error ? `caused by ${found.cause.stack}\n` : ""}`
      : text;
  }
  const lines = [
    `fixelstream: internal error: ${found.message}`,
    "This is a bug in fixelstream. Please report it with the command, the text below and, if there is one, run.json.",
    `fixelstream ${VERSION}, node ${process.versions.node}, ${process.platform} ${process.arch}`,
    found.stack ?? "",
    found.cause instanceof Error ? `caused by ${found.cause.stack}` : "",
  ];
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}
