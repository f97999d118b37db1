// fixelstream info: what is in a store.
import type { Command } from "commander";
import type { StoreDescription } from "../../app/inspect/inspect.js";
import { UsageError } from "../../errors.js";
import { formatBytes, formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printLines, printResult } from "../print.js";
import { formatModelArray } from "./format-modelarray.js";

type Typed = StandardOptions & { readonly subjects?: boolean; readonly scalar?: string; readonly json?: boolean };

const HELP = {
  about: ["What is in a store: shape, scalars, missing values, where it came from."],
  examples: [
    "info cohort.fxs",
    "info cohort.fxs --subjects > subjects.txt",
    "info cohort.h5 --subjects --scalar log_FC",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP).argument("<store>", "for example cohort.fxs, or a ModelArray file (cohort.h5)");
  declare(command.optionsGroup("Options"))
    .flag("subjects", "only the subjects, one a line, in row order (a subject list that selects all)")
    .word("scalar", "name", "with --subjects: whose, where scalars have orders of their own")
    .flag("json", "everything, as JSON");
  addStandardOptions(command);
  return command.action(async (path: string) => {
    const { describeModelArray } = await import("../../app/inspect/inspect-hdf5.js");
    const { formatSubjects } = await import("../../app/inspect/subjects.js");
    const typed = command.opts<Typed>();
    const { subjects, json, scalar } = typed;
    if (scalar !== undefined && !subjects)
      throw new UsageError("Cannot use --scalar: expected --subjects beside it, got none. Add --subjects.");
    // a list of subjects is read by programs
    const print = subjects && !json ? printLines : printResult;
    const modelArray = await describeModelArray(path);
    if (modelArray !== undefined) {
      const listed =
        subjects && !json ? formatSubjects(modelArray.scalars, { path, scalar, foreign: true }) : undefined;
      await print(streams, listed ?? formatModelArray(modelArray, typed));
      return;
    }
    const { describeStore } = await import("../../app/inspect/inspect.js");
    const description = describeStore(path, { io: "auto" });
    const text = typed.json
      ? `${JSON.stringify(description, null, 2)}\n`
      : typed.subjects
        ? formatSubjects(description.scalars.map(namesOf), { path, scalar, foreign: false })
        : formatDescription(description);
    await print(streams, text);
  });
}

const namesOf = ({ name, subjects }: StoreDescription["scalars"][number]) => ({
  name,
  subjects: subjects.map((subject) => subject.name),
});

function formatDescription(store: StoreDescription): string {
  const lines = [
    `store        ${store.path} (format ${store.formatVersion}, made by ${store.creator})`,
    `shape        ${formatCount(store.nSubjects, "subjects")} x ${formatCount(store.nElements, `${store.kind}s`)}`,
    `blocks       ${store.nBlocks} of ${store.blockWidth} ${store.kind}s, ${formatBytes(store.dataBytes)} in all`,
  ];
  for (const { name, elementType, missing, file } of store.scalars) {
    const gaps =
      missing.nElements === 0
        ? "every value finite"
        : `${formatCount(missing.nValues, "values")} missing in ${formatCount(missing.nElements, `${store.kind}s`)}`;
    lines.push(`scalar       ${name}: ${elementType}, ${gaps} (${file})`);
  }
  if (store.placeUnknown)
    lines.push(
      "place        unknown: index and directions lie on a grid of 1 mm at the origin (made without --template)",
    );
  const { command, version, date } = store.provenance;
  lines.push(`made         ${date} by version ${version}: ${command}`);
  return `${lines.join("\n")}\n`;
}
