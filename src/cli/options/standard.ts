// Options of every command, as MRtrix3 has them, and the resources of those that compute.
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { bytes, integer } from "./parsers.js";

export interface StandardOptions {
  readonly info?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly force?: boolean;
  readonly config?: string;
}

export function addStandardOptions(command: Command): Command {
  return command
    .optionsGroup("Standard options")
    .option("--info", "say more about what is done")
    .option("--quiet", "no progress, no notes; errors only")
    .option("--debug", "errors with their origin")
    .option("--force", "overwrite existing output")
    .addOption(new Option("--config <key_value>", "accepted and ignored: -config KEY VALUE of MRtrix3").hideHelp())
    .helpOption("--help", "this text");
}

export interface ResourceOptions {
  readonly memory: number;
  readonly nthreads: number;
  readonly io: "auto" | "mmap" | "read";
}

export const DEFAULT_MEMORY_BYTES = 2 ** 30;

export function addMemoryOption(command: Command): Command {
  return command.addOption(
    new Option("--memory <size>", "memory to work in, beside what Node itself takes")
      .default(DEFAULT_MEMORY_BYTES, "1GiB")
      .argParser(bytes("--memory")),
  );
}

export function addIoOption(command: Command): Command {
  return command.addOption(
    new Option("--io <policy>", "how files are read: map our own stores, map everything, or read by position")
      .choices(["auto", "mmap", "read"])
      .default("auto"),
  );
}

export function addThreadOption(command: Command): Command {
  const parse = integer("-nthreads", { least: 0, most: 1024 });
  return command
    .addOption(
      new Option("--nthreads <n>", "worker threads; 0: the main thread alone")
        .default(availableParallelism(), "all cores")
        .argParser(parse),
    )
    .addOption(new Option("--threads <n>", "the same as -nthreads").argParser(parse));
}
