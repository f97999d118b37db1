// fixelstream verify: every checksum of a store.
import { Command } from "commander";
import { type DamagedBlock, verify } from "../../app/inspect.js";
import { InputError } from "../../errors.js";
import type { CliStreams } from "../cli-streams.js";
import { createProgress } from "../listeners/progress.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";

export function createVerifyCommand(streams: CliStreams): Command {
  const command = new Command("verify")
    .summary("recompute every checksum of a store")
    .description("Recompute every checksum of a store and name what is damaged.")
    .argument("<store>", "for example cohort.fxs");
  addStandardOptions(command);
  return command.action((path: string) => {
    const { quiet } = command.opts<StandardOptions>();
    const progress = createProgress(streams.stderr, quiet === true);
    const report = verify(path, (done, all) => progress.update("verify", done / all));
    progress.stop();
    const damage = [
      ...report.damagedBlocks.map(describeBlock),
      ...report.damagedFiles.map(
        ({ file, expectedCrc32, gotCrc32 }) => `${file}: expected CRC-32 ${hex(expectedCrc32)}, got ${hex(gotCrc32)}`,
      ),
    ];
    if (damage.length > 0) {
      const more = damage.length > MOST_LINES ? [`and ${damage.length - MOST_LINES} more`] : [];
      const lines = [...damage.slice(0, MOST_LINES), ...more].map((line) => `  ${line}`);
      throw new InputError(`${path} is damaged:\n${lines.join("\n")}\nConvert it again.`, { path });
    }
    if (!quiet) streams.stderr.write(`fixelstream: ${path}: all ${report.nBlocks} blocks are as they were written\n`);
  });
}

/** Lines of damage printed at most: a store has thousands of blocks. */
const MOST_LINES = 20;

const hex = (crc: number): string => crc.toString(16).padStart(8, "0");

function describeBlock(block: DamagedBlock): string {
  const { file, iBlock, firstElement, nElements, expectedCrc32, gotCrc32 } = block;
  const range = `elements ${firstElement} to ${firstElement + nElements - 1}`;
  return `${file}: block ${iBlock} (${range}, counted from 0): expected CRC-32 ${hex(expectedCrc32)}, got ${hex(gotCrc32)}`;
}
