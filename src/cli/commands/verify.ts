// fixelstream verify: every checksum of whatever fixelstream writes.
import type { Command } from "commander";
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
import { formatCheckDamage, formatChecked, formatDamage } from "./format-damage.js";

const HELP = {
  about: [
    "Recompute every checksum of a store, a prepared connectivity, a ModelArray file (.h5), results or a state of shuffles, and say that all is as it was written or name what is damaged: files, blocks and, where their source files are at hand, the subjects. Exit code 1 if anything is.",
    "Results are named by their directory, or by the prefix that vectorstats was given. An .h5 that fixelstream did not write carries no checksums, and that is said.",
  ],
  examples: ["verify cohort.fxs", "verify stats_fd/ -quiet", "verify out/x_ --progress ndjson"],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP).argument(
    "<path>",
    "for example cohort.fxs, cohort.h5, a directory of results, or a prefix",
  );
  addProgressOption(command.optionsGroup("Options"));
  addStandardOptions(command);
  return command.action(async (path: string) => {
    const { verifyPath } = await import("../../app/verify/verify-path.js");
    const typed = command.opts<StandardOptions & ProgressOptions>();
    const progress = createProgress(streams.stderr, typed);
    try {
      const onProgress = (done: number, all: number) => progress.update("verify", done / all);
      const found = await verifyPath(path, { onProgress, signal: streams.signal });
      progress.stop();
      const damage = found.kind === "store" ? formatDamage(found.report) : formatCheckDamage(found.report);
      if (damage !== undefined) throw new InputError(damage, { path });
      const { notes, summary } = formatChecked(found);
      // With -quiet too: what could not be compared is not known to be whole.
      for (const note of notes) say(streams, `fixelstream: warning: ${path}: ${note}\n`);
      if (!typed.quiet && summary !== undefined) say(streams, `fixelstream: ${path}: ${summary}\n`);
    } finally {
      progress.stop();
    }
  });
}
