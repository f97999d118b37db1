// fixelstream status: how far the shards of a run are.
import type { Command } from "commander";
import type { RunStatus, ShardStatus } from "../../app/shards/status.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printResult } from "../print.js";

const HELP = {
  about: [
    "Says of each shard of a run whether it is done, running, stopped or missing, how many of its shuffles are done or kept, and which command makes it. Out of the files alone: no scheduler is asked, and nothing is changed.",
  ],
  examples: ["status stats_fd/", "status out/x_", "status stats_fd/ --json"],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP).argument("<output>", "the output of fixelcfestats, or the prefix of the other commands");
  declare(command.optionsGroup("Options")).flag("json", "as JSON on standard output");
  addStandardOptions(command);
  return command.action(async (output: string) => {
    const { readStatus } = await import("../../app/shards/status.js");
    const typed = command.opts<StandardOptions & { readonly json?: boolean }>();
    const status = readStatus(output);
    await printResult(streams, typed.json ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status, output));
  });
}

export function formatStatus({ shards, of, nShuffles, nDone, ...run }: RunStatus, output: string): string {
  const count = shards.filter(({ state }) => state === "done").length;
  const share =
    nShuffles === undefined ? "" : `, ${nDone} of ${nShuffles} shuffles (${Math.floor((100 * nDone) / nShuffles)} %)`;
  const lines = [
    `${run.folder}: ${count} of ${of} shards are done${share}`,
    ...shards.map((shard) => formatShard(shard, of)),
  ];
  for (const path of run.others) lines.push(`  ${path} is of another number of shards: remove it`);
  if (run.directory !== undefined && shards.some(({ command }) => command !== undefined))
    lines.push(`  commands as typed in ${run.directory}`);
  if (run.isComplete) lines.push(`  next: fixelstream merge ${output}`);
  return `${lines.join("\n")}\n`;
}

function formatShard({ index, state, nShuffles, nDone, process, command }: ShardStatus, of: number): string {
  const kept = nDone === undefined || state === "done" ? "" : `, ${nDone} of ${nShuffles} shuffles kept`;
  const who = process === undefined ? "" : ` (process ${process.pid} of ${process.host})`;
  const makes = command === undefined ? "" : `: ${command}`;
  return `  ${index} of ${of}: ${state}${who}${state === "damaged" ? "" : kept}${makes}`;
}
