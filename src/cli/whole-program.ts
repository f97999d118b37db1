import type { Command } from "commander";
import type { CliStreams } from "./cli-streams.js";

/** What a command may ask of the program it belongs to. */
export interface WholeProgram {
  /** With all commands and what they take. */
  create(): Promise<Command>;
  /** As if typed. Throws as a command does. */
  run(tokens: readonly string[], streams: CliStreams): Promise<void>;
}
