// Options of every command, as MRtrix3 has them, and the resources of those that compute.
import type { Command } from "commander";
import { ANALYSIS_DEFAULTS } from "../../app/analyse/options.js";
import { usableCores } from "../../system-cores.js";
import { STANDARD } from "../help.js";
import { declare } from "./declare.js";

export interface StandardOptions {
  readonly info?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly force?: boolean;
  readonly config?: readonly string[];
}

const THREADS = { least: 0, most: 1024 };

export function addStandardOptions(command: Command, has: { threads?: boolean } = {}): Command {
  const declared = declare(command.optionsGroup(STANDARD))
    .flag("info", "say more about what is done")
    .flag("quiet", "no progress and no notes, only warnings and errors")
    .flag("debug", "errors with the place in the program they come from")
    .flag("force", "overwrite existing output")
    .files("config", "accepted with KEY and VALUE, as scripts of MRtrix3 give it, and ignored", "key_value");
  if (has.threads) {
    const text =
      "worker threads; 0: none, the main thread works alone (default: as many as the machine or container runs at once)";
    declared.integer("nthreads", THREADS, text);
  }
  return declared.command;
}

export type ProgressForm = "auto" | "ndjson";

export interface ProgressOptions {
  readonly progress: ProgressForm;
}

export function addProgressOption(command: Command): Command {
  const text =
    "on standard error; auto: a bar on a terminal, else a line a minute; ndjson: one JSON value a line, with resident memory";
  return declare(command).choice("progress", ["auto", "ndjson"], text, { default: "auto" }).command;
}

export interface ResourceOptions extends ProgressOptions {
  readonly memory: number;
  readonly nthreads?: number;
  readonly threads?: number;
  readonly io: "auto" | "mmap" | "read";
  /** False with --no-verify. */
  readonly verify?: boolean | undefined;
  readonly verifyInputs?: boolean | undefined;
}

export function addMemoryOption(command: Command): Command {
  const text = "memory to work in, beside what Node itself takes";
  return declare(command).bytes("memory", text, { default: ANALYSIS_DEFAULTS.memoryBytes, shown: "1GiB" }).command;
}

export function addIoOption(command: Command): Command {
  const text =
    "how files are read: as is fastest (by position; small pieces of our own stores are mapped), map everything, map nothing";
  return declare(command).choice("io", ["auto", "mmap", "read"], text, { default: "auto" }).command;
}

export function addVerifyOption(command: Command): Command {
  const text =
    "do not compare checksums: damaged stores, matrices and templates are used as they are (default: compared while they are first read)";
  const inputs =
    "compare the contents of all inputs with what was converted or prepared of them before (default: of those that were touched since)";
  return declare(command).flag("no-verify", text).flag("verify-inputs", inputs).command;
}

export function addThreadsOption(command: Command): Command {
  return declare(command).integer("threads", THREADS, "the same as -nthreads").command;
}

/** Worker threads to use. */
export function nThreadsOf({ threads, nthreads }: Partial<ResourceOptions>): number {
  return threads ?? nthreads ?? usableCores();
}
