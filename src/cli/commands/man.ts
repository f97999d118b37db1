// fixelstream man: the manual page, for man(1).
import { Command } from "commander";
import { VERSION } from "../../version.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { printLines } from "../print.js";

const HELP = {
  about: [
    "Print the manual page of all commands, as man(1) takes it. A global installation by npm puts it where man looks.",
  ],
  examples: ["man > fixelstream.1", "man > ~/.local/share/man/man1/fixelstream.1", "man > man1/fixelstream.1"],
};

export function createManCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("man"), HELP).summary("print the manual page");
  return command.action(async () => {
    const { describeCommands } = await import("../definitions/describe-commands.js");
    const { formatManual } = await import("../definitions/manual.js");
    await printLines(streams, formatManual(describeCommands(command.parent!), VERSION));
  });
}
