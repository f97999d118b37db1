// fixelstream convert vectors: vectors in text or numpy's files into one store.
import { Command } from "commander";
import { formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { addStoreOptions, convertIntoStore } from "./convert-into-store.js";

const HELP = {
  about: [
    "Convert vectors, one a subject, into a store. The input is a list of text files with one vector each, or a matrix whose rows are subjects: text, .npy, or .npz (float16 to float64, integers, booleans; either byte order, C or Fortran order). Of a .npz with several arrays --scalar names the one that is meant.",
    "Files named in a list are looked for beside it, then in the working directory. A .npy or .npz is read piece by piece: memory stays within --memory whatever its size.",
  ],
  examples: [
    "convert vectors subjects.txt vectors.fxs",
    "convert vectors connectomes.npy connectomes.fxs --memory 256MiB",
    "convert vectors thickness.csv thickness.fxs --scalar thickness -force",
  ],
};

export function createConvertVectorsCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("vectors"), HELP)
    .summary("from vectors in text or numpy's files")
    .argument("<input>", "list of vector files, or a matrix (text, .npy, .npz)")
    .argument("<output>", "the store to make, for example vectors.fxs");
  addStoreOptions(command, "what the values are called in the store, and in a .npz with several arrays");
  return command.action(async (input: string, output: string) => {
    const { convertVectorInput } = await import("../../app/convert/convert-vectors.js");
    await convertIntoStore(output, command, streams, {
      convert: (given) => convertVectorInput({ input, ...given }),
      describeElements: ({ nElements }) => formatCount(nElements, "elements"),
    });
  });
}
