// fixelstream doctor: whether this installation works on this machine, in lines for a bug report.
import type { Command } from "commander";
import { InputError } from "../../errors.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printResult } from "../print.js";

type Typed = StandardOptions & { readonly cache: string; readonly json?: boolean };

const HELP = {
  about: [
    "Looks at Node, processor, memory, disk and the mapping of files, and analyses the demo cohort with each set of kernels beside stored numbers. Takes seconds and leaves nothing behind.",
    "Paste what it prints into a bug report. Exit code 1 if anything fails; lines marked with ~ work, but slower than they could.",
  ],
  examples: ["doctor", "doctor --cache /scratch/.fixelstream", "doctor --json"],
};

const MARKS = { ok: " ", note: "~", failed: "!" } as const;

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP);
  declare(command.optionsGroup("Options"))
    .word("cache", "directory", "whose disk to try; it need not exist", { default: ".fixelstream" })
    .flag("json", "as JSON on standard output");
  addStandardOptions(command);
  return command.action(async () => {
    const { examine } = await import("../../app/inspect/doctor.js");
    const typed = command.opts<Typed>();
    const { checks, failed } = await examine({ cache: typed.cache });
    const lines = checks.map(({ name, status, text }) => `${MARKS[status]} ${name.padEnd(15)} ${text}\n`);
    await printResult(streams, typed.json ? `${JSON.stringify({ checks, failed }, null, 2)}\n` : lines.join(""));
    if (failed.length === 0) return;
    throw new InputError(
      `Cannot vouch for this installation: expected every check to pass, got ${failed.length} that failed (${failed.join(", ")}). Install it again, or report a bug with the lines above.`,
    );
  });
}
