// The commands as plain data, for whoever writes them down in another form: completion, the manual.
import type { Command, Option } from "commander";
import { COLOUR_CHOICES } from "../colour.js";
import { textsOf } from "../help.js";
import { pathOf } from "../normalise-arguments.js";
import { spelled } from "../options/spelling.js";

export interface DescribedOption {
  /** With its dashes, as help has it. */
  readonly name: string;
  /** What stands after it: `<file>`; undefined: nothing. */
  readonly value: string | undefined;
  /** All that may stand there; undefined: anything. */
  readonly choices: readonly string[] | undefined;
  readonly text: string;
}

export interface DescribedCommand {
  /** `convert fixels`; of the program "". */
  readonly path: string;
  readonly summary: string;
  readonly usages: readonly string[];
  readonly about: readonly string[];
  readonly examples: readonly string[];
  readonly references: readonly string[];
  readonly arguments: readonly { readonly name: string; readonly text: string }[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly DescribedOption[];
}

const EVERYWHERE: readonly DescribedOption[] = [
  {
    name: "--color",
    value: `<${COLOUR_CHOICES.join("|")}>`,
    choices: COLOUR_CHOICES,
    text: "colours of messages and help",
  },
  { name: "-help", value: undefined, choices: undefined, text: "how the command is used" },
  { name: "-version", value: undefined, choices: undefined, text: "the version of fixelstream" },
];

/** Of `command` and all below it, depth first. */
export function describeCommands(command: Command): DescribedCommand[] {
  const { usages, about, examples = [], references = [] } = textsOf(command);
  const options = command.options.filter(({ hidden }) => !hidden).map(describeOption);
  return [
    {
      ...{ path: pathOf(command), summary: command.summary(), usages, about, examples, references },
      arguments: command.registeredArguments.map((argument) => ({ name: argument.name(), text: argument.description })),
      commands: command.commands.map((child) => ({ name: child.name(), summary: child.summary() })),
      options: [...options, ...EVERYWHERE],
    },
    ...command.commands.flatMap((child) => describeCommands(child)),
  ];
}

function describeOption({ long, flags, description, defaultValue, defaultValueDescription }: Option): DescribedOption {
  const value = / (<.*>)$/.exec(flags)?.[1]?.replace("...", "");
  const inside = value?.slice(1, -1);
  const shown = defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue));
  return {
    name: spelled(long!.slice(2)),
    value,
    choices: inside?.includes("|") ? inside.split("|") : undefined,
    text: shown === undefined ? description : `${description} (default: ${shown})`,
  };
}
