// fixelstream cache list|clear: what analyses of directories keep for the next one.
import { Command } from "commander";
import type { CacheEntry, CacheUser } from "../../app/cache/cache.js";
import { DEFAULT_CACHE } from "../../app/cache/default-cache.js";
import { formatBytes, formatCount, parseAge } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printResult, printSummary, say } from "../print.js";

type Typed = StandardOptions & { readonly cache?: string; readonly json?: boolean; readonly olderThan?: string };

const HELP = {
  about: [
    "What analyses keep for the next one: subjects converted into stores, prepared connectivity matrices, and checkpoints: the shuffles of runs that were stopped. All of it is made again when it is needed.",
    `Analyses keep it in ${DEFAULT_CACHE} beside their output, or where --cache says.`,
  ],
  examples: ["cache list", "cache list --cache /scratch/.fixelstream --json", "cache clear --older-than 30d"],
};

export function define(command: Command, streams: CliStreams): Command {
  return describeHelp(command, HELP).addCommand(createListCommand(streams)).addCommand(createClearCommand(streams));
}

function addCacheOption(command: Command) {
  return declare(command.optionsGroup("Options"))
    .word("cache", "directory", `the cache (default: ${DEFAULT_CACHE} in the working directory)`)
    .flag("json", "as JSON on standard output");
}

const sumBytes = (entries: readonly CacheEntry[]) => entries.reduce((sum, { bytes }) => sum + bytes, 0);
const describeAll = (entries: readonly CacheEntry[]) =>
  `${formatCount(entries.length, "entries")}, ${formatBytes(sumBytes(entries))}`;

function createListCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("list"), {
    about: [
      "Lists stores, matrices and checkpoints in a cache, largest first: size, when they were last used, what they were made from.",
    ],
    examples: ["cache list", "cache list --json", "cache list --cache /scratch/.fixelstream"],
  }).summary("what is in the cache");
  addStandardOptions(addCacheOption(command).command);
  return command.action(async () => {
    const typed = command.opts<Typed>();
    const { findCache, listCache } = await import("../../app/cache/cache.js");
    const cache = findCache(typed.cache);
    const { entries, others } = cache === undefined ? { entries: [], others: [] } : listCache(cache);
    if (typed.json) {
      await printResult(streams, `${JSON.stringify({ cache: cache ?? DEFAULT_CACHE, entries, others }, null, 2)}\n`);
      return;
    }
    const lines = [`${cache ?? DEFAULT_CACHE}: ${describeAll(entries)}`, ...entries.map(describeEntry)];
    if (others.length > 0) lines.push(`  and ${others.length} that fixelstream did not make`);
    await printResult(streams, `${lines.join("\n")}\n`);
  });
}

function describeEntry(entry: CacheEntry): string {
  const { kind, name, bytes, madeFrom, lastUsed } = entry;
  const usage = describeUsage(entry);
  const state = usage === undefined ? "" : ` (${usage})`;
  const used = lastUsed.toISOString().slice(0, 16).replace("T", " ");
  return `  ${kind.padEnd(23)} ${formatBytes(bytes).padStart(10)}  ${used}  ${name}\n      ${madeFrom}${state}`;
}

/** Why it is not cleared away. */
function describeUsage({ writer, users }: CacheEntry): string | undefined {
  const named = ({ host, pid }: CacheUser) => `process ${pid} of ${host}`;
  if (writer !== undefined) return `${named(writer)} is writing it`;
  const [first, ...others] = users;
  if (first === undefined) return undefined;
  return others.length === 0 ? `${named(first)} uses it` : `${named(first)} and ${others.length} more use it`;
}

function createClearCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("clear"), {
    about: [
      "Removes stores, matrices, checkpoints and leftovers of killed runs from a cache. Nothing else in the directory is touched, nor what a running process is writing or using.",
    ],
    examples: ["cache clear", "cache clear --older-than 30d", "cache clear --cache /scratch/.fixelstream"],
  }).summary("remove what is in the cache");
  addCacheOption(command).word("older-than", "age", "only what was not used for so long: 30d, 12h, 45min, 2w");
  addStandardOptions(command);
  return command.action(async () => {
    const typed = command.opts<Typed>();
    const olderThanMs = typed.olderThan === undefined ? 0 : parseAge(typed.olderThan, "--older-than");
    const { clearCache, findCache } = await import("../../app/cache/cache.js");
    const cache = findCache(typed.cache);
    const cleared =
      cache === undefined ? { removed: [], inUse: [], recent: [], others: [] } : clearCache(cache, olderThanMs);
    if (typed.json) {
      await printSummary(streams, `${JSON.stringify({ cache: cache ?? DEFAULT_CACHE, ...cleared }, null, 2)}\n`);
      return;
    }
    if (typed.quiet) return;
    const kept = [
      ...(cleared.recent.length > 0 ? [`${cleared.recent.length} used since`] : []),
      ...(cleared.inUse.length > 0 ? [`${cleared.inUse.length} in use`] : []),
      ...(cleared.others.length > 0 ? [`${cleared.others.length} that fixelstream did not make`] : []),
    ];
    const rest = kept.length > 0 ? `; kept ${kept.join(", ")}` : "";
    const reasons = cleared.inUse.map((entry) => `  kept ${entry.name}: ${describeUsage(entry)}\n`).join("");
    say(streams, `fixelstream: ${cache ?? DEFAULT_CACHE}: removed ${describeAll(cleared.removed)}${rest}\n${reasons}`);
  });
}
