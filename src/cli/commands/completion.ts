// fixelstream completion: what a shell needs to complete command lines.
import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { didYouMean, nearest } from "../near-miss.js";
import { printLines } from "../print.js";
import type { WholeProgram } from "../whole-program.js";

const HELP = {
  about: [
    "Print the script that completes commands, options and their values in bash, zsh or fish. It is made of this version's commands: put the line into ~/.bashrc, and it is always up to date.",
  ],
  examples: [
    "completion bash > ~/.local/share/bash-completion/completions/fixelstream",
    "completion zsh > ~/.zfunc/_fixelstream",
    "completion fish > ~/.config/fish/completions/fixelstream.fish",
  ],
};

export function define(command: Command, streams: CliStreams, program: WholeProgram): Command {
  describeHelp(command, HELP).argument("<shell>", "bash, zsh or fish");
  return command.action(async (shell: string) => {
    const { formatCompletion, SHELLS } = await import("../definitions/completion.js");
    const { describeCommands } = await import("../definitions/describe-commands.js");
    const found = SHELLS.find((one) => one === shell);
    if (found === undefined) {
      throw new UsageError(
        `Cannot complete in ${shell}: expected bash, zsh or fish, got another word.${didYouMean(nearest(shell, SHELLS))}`,
      );
    }
    await printLines(streams, formatCompletion(found, describeCommands(await program.create())));
  });
}
