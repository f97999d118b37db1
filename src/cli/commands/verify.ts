// fixelstream verify: every checksum of a store.
import { Command } from "commander";
import { verify } from "../../app/inspect/verify.js";
import { InputError } from "../../errors.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { createProgress } from "../listeners/progress.js";
import {
  addProgressOption,
  addStandardOptions,
  type ProgressOptions,
  type StandardOptions,
} from "../options/standard.js";
import { say } from "../print.js";
import { formatDamage } from "./format-damage.js";

const HELP = {
  about: [
    "Recompute every checksum of a store and name what is damaged: files, blocks and, where their source files are at hand, the subjects. Exit code 1 if anything is.",
  ],
  examples: ["verify cohort.fxs", "verify cohort.fxs -quiet", "verify cohort.fxs --progress ndjson"],
};

export function createVerifyCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("verify"), HELP)
    .summary("recompute every checksum of a store")
    .argument("<store>", "for example cohort.fxs");
  addProgressOption(command.optionsGroup("Options"));
  addStandardOptions(command);
  return command.action((path: string) => {
    const typed = command.opts<StandardOptions & ProgressOptions>();
    const progress = createProgress(streams.stderr, typed);
    const report = verify(path, (done, all) => progress.update("verify", done / all));
    progress.stop();
    const damage = formatDamage(report);
    if (damage !== undefined) throw new InputError(damage, { path });
    if (!typed.quiet) say(streams, `fixelstream: ${path}: all ${report.nBlocks} blocks are as they were written\n`);
  });
}
