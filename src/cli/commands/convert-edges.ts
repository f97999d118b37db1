// fixelstream convert edges: the edges of many connectomes into one store.
import { Command } from "commander";
import { formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { addStoreOptions, convertIntoStore } from "./convert-into-store.js";

const HELP = {
  about: [
    "Convert connectomes, one a subject, into a store of their edges: the upper triangle with the diagonal, row by row. A connectome is a symmetric matrix of numbers in text (separated by blanks, tabs or commas) or .npy; full, upper and lower triangles may be mixed.",
    "Files named in the list are looked for beside it, then in the working directory. Values of both triangles have to be equal, or 0 in one.",
  ],
  examples: [
    "convert edges connectomes.txt edges.fxs",
    "convert edges connectomes.txt fbc.fxs --scalar FBC --memory 512MiB",
    "convert edges connectomes.txt edges.fxs -force",
  ],
};

export function createConvertEdgesCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("edges"), HELP)
    .summary("from connectomes, their edges")
    .argument("<list>", "text with the file of one connectome a line (text, .npy)")
    .argument("<output>", "the store to make, for example edges.fxs");
  addStoreOptions(command);
  return command.action(async (list: string, output: string) => {
    const { convertEdges } = await import("../../app/convert/convert-edges.js");
    await convertIntoStore(output, command, streams, {
      convert: (given) => convertEdges({ list, ...given }),
      describeElements: ({ nElements, nNodes }) =>
        `${formatCount(nElements, "edges")} between ${formatCount(nNodes, "nodes")}`,
      notesOf: ({ notes }) => notes,
    });
  });
}
