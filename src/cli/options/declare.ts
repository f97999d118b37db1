// Declares options with one vocabulary: `declare(command).file("mask", "...")`. Commander sees two dashes; help writes them as in spelling.ts.
import { type Command, Option } from "commander";
import { bytes, choice, integer, number, shard } from "./parsers.js";

interface Extra<T> {
  readonly default?: T;
  /** How the default reads in help, where it is not the value itself. */
  readonly shown?: string;
  readonly hidden?: boolean;
}

export function declare(command: Command) {
  const add = <T>(option: Option, extra: Extra<T> = {}) => {
    if (extra.default !== undefined) option.default(extra.default, extra.shown);
    if (extra.hidden) option.hideHelp();
    command.addOption(option);
    return declared;
  };
  const declared = {
    flag: (name: string, text: string, extra?: Extra<boolean>) => add(new Option(`--${name}`, text), extra),
    file: (name: string, text: string, extra?: Extra<string>) => add(new Option(`--${name} <file>`, text), extra),
    word: (name: string, value: string, text: string, extra?: Extra<string>) =>
      add(new Option(`--${name} <${value}>`, text), extra),
    /** May be given several times. */
    files: (name: string, text: string, value = "file") => add(new Option(`--${name} <${value}...>`, text)),
    integer: (name: string, range: { least: number; most?: number }, text: string, extra?: Extra<number>) =>
      add(new Option(`--${name} <n>`, text).argParser(integer(name, range)), extra),
    number: (name: string, text: string, extra?: Extra<number>) =>
      add(new Option(`--${name} <value>`, text).argParser(number(name)), extra),
    bytes: (name: string, text: string, extra?: Extra<number>) =>
      add(new Option(`--${name} <size>`, text).argParser(bytes(name)), extra),
    choice: <T extends string>(name: string, choices: readonly T[], text: string, extra?: Extra<T>) =>
      add(new Option(`--${name} <${choices.join("|")}>`, text).argParser(choice(name, choices)), extra),
    shard: (name: string, text: string) => add(new Option(`--${name} <i/N>`, text).argParser(shard(name))),
    command,
  };
  return declared;
}
