// fixelstream man: the manual page, for man(1).
import type { Command } from "commander";
import { VERSION } from "../../version.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { printLines } from "../print.js";
import type { WholeProgram } from "../whole-program.js";

const HELP = {
  about: [
    "Print the manual page of all commands, as man(1) takes it. A global installation by npm puts it where man looks.",
  ],
  examples: ["man > fixelstream.1", "man > ~/.local/share/man/man1/fixelstream.1", "man > man1/fixelstream.1"],
};

export function define(command: Command, streams: CliStreams, program: WholeProgram): Command {
  describeHelp(command, HELP);
  return command.action(async () => {
    const { describeCommands } = await import("../definitions/describe-commands.js");
    const { formatManual } = await import("../definitions/manual.js");
    await printLines(streams, formatManual(describeCommands(await program.create()), VERSION));
  });
}
