// fixelstream convert voxels: the voxels of a mask of many images into one store.
import { Command } from "commander";
import { formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { addStoreOptions, convertIntoStore } from "./convert-into-store.js";

const HELP = {
  about: [
    "Convert images, one a subject, into a store that has the voxels of a mask, in the mask's order. Images have the sizes of the mask; where they lie is not compared.",
    "Files named in the list are looked for beside it, then in the working directory. An analysis of the store is given the same mask.",
  ],
  examples: [
    "convert voxels images.txt mask.mif voxels.fxs",
    "convert voxels images.txt mask.nii.gz fa.fxs --scalar FA --memory 512MiB",
    "convert voxels images.txt mask.mif voxels.fxs -force",
  ],
};

export function createConvertVoxelsCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("voxels"), HELP)
    .summary("from images, the voxels of a mask")
    .argument("<list>", "text with one image a line (.mif, .nii, also .gz)")
    .argument("<mask>", "image: voxels that round to something else than 0 in it are taken")
    .argument("<output>", "the store to make, for example voxels.fxs");
  addStoreOptions(command);
  return command.action(async (list: string, mask: string, output: string) => {
    const { convertVoxels } = await import("../../app/convert/convert-voxels.js");
    await convertIntoStore(output, command, streams, {
      convert: (given) => convertVoxels({ list, mask, ...given }),
      describeElements: ({ nElements }) => formatCount(nElements, "voxels"),
    });
  });
}
