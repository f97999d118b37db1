// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells have them too
// Completion of the command line in shells, from the commands' own definitions: names of commands, options with either number of dashes, values that are
// a choice; everything else is a file.
import type { DescribedCommand } from "./describe-commands.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function formatCompletion(shell: Shell, commands: readonly DescribedCommand[]): string {
  return { bash: formatBash, zsh: formatZsh, fish: formatFish }[shell](commands);
}

/** In single quotes, for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Both forms are understood: the one that was begun is completed. */
const bothForms = (name: string): string[] => [name.replace(/^-+/, "-"), name.replace(/^-+/, "--")];

interface Tables {
  /** Words below each command. */
  readonly words: readonly (readonly [path: string, words: readonly string[]])[];
  readonly options: readonly (readonly [path: string, options: readonly string[]])[];
  /** By the name without dashes: those of one name have one choice, whatever the command. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
  /** Names without dashes. */
  readonly withValue: ReadonlySet<string>;
}

function tablesOf(commands: readonly DescribedCommand[]): Tables {
  const all = commands.flatMap(({ options }) => options);
  const bare = (name: string) => name.replace(/^-+/, "");
  return {
    words: commands.map((command) => [command.path, wordsOf(command)]),
    options: commands.map(({ path, options }) => [path, options.flatMap(({ name }) => bothForms(name))]),
    choices: new Map(all.flatMap(({ name, choices }) => (choices === undefined ? [] : [[bare(name), choices]]))),
    withValue: new Set(all.filter(({ value }) => value !== undefined).map(({ name }) => bare(name))),
  };
}

/** Commands below; and of commands whose argument is one of few words, those. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  demo: ["fixels", "voxels", "edges"],
  completion: SHELLS,
};

const wordsOf = ({ path, commands }: DescribedCommand): readonly string[] =>
  commands.length > 0 ? commands.map(({ name }) => name) : (ARGUMENTS[path] ?? []);

function formatBash(commands: readonly DescribedCommand[]): string {
  const { words, options, choices, withValue } = tablesOf(commands);
  const cases = (rows: readonly (readonly [string, readonly string[]])[]) =>
    rows
      .filter(([, found]) => found.length > 0)
      .map(([name, found]) => `    ${quoted(name)}) echo ${quoted(found.join(" "))} ;;`);
  return [
    '# bash completion of fixelstream: eval "$(fixelstream completion bash)"',
    "_fixelstream_words() {",
    '  case "$1" in',
    ...cases(words),
    "  esac",
    "}",
    "_fixelstream_options() {",
    '  case "$1" in',
    ...cases(options),
    "  esac",
    "}",
    "_fixelstream_choices() {",
    '  case "$1" in',
    ...cases([...choices]),
    "  esac",
    "}",
    "_fixelstream() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" at="" next i bare',
    `  local paths=${quoted(`:${commands.map(({ path }) => path).join(":")}:`)}`,
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    '    next="${at:+$at }${COMP_WORDS[i]}"',
    '    case "$paths" in *":$next:"*) at="$next" ;; *) break ;; esac',
    "  done",
    "  COMPREPLY=()",
    '  if [[ "$previous" == "=" && $COMP_CWORD -ge 2 ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi',
    '  if [[ "$current" == "=" ]]; then current=""; fi',
    '  bare="${previous#-}"; bare="${bare#-}"',
    '  if [[ "$previous" == -* ]]; then',
    '    case "$bare" in',
    `      ${[...choices.keys()].join("|")})`,
    '        COMPREPLY=($(compgen -W "$(_fixelstream_choices "$bare")" -- "$current")); return ;;',
    `      ${[...withValue].filter((name) => !choices.has(name)).join("|")})`,
    "        compopt -o default 2>/dev/null; return ;;",
    "    esac",
    "  fi",
    '  if [[ "$current" == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$(_fixelstream_options "$at")" -- "$current")); return',
    "  fi",
    '  COMPREPLY=($(compgen -W "$(_fixelstream_words "$at")" -- "$current"))',
    "  if [[ ${#COMPREPLY[@]} -eq 0 ]]; then compopt -o default 2>/dev/null; fi",
    "}",
    "complete -F _fixelstream fixelstream",
    "",
  ].join("\n");
}

function formatZsh(commands: readonly DescribedCommand[]): string {
  const described = (name: string, text: string) =>
    quoted(`${name.replaceAll(":", "\\:")}:${text.replaceAll(":", "\\:")}`);
  const block = (name: string, rows: readonly string[]) => [`    ${quoted(name)}) items=(${rows.join(" ")}) ;;`];
  const { choices, words } = tablesOf(commands);
  return [
    "#compdef fixelstream",
    "# zsh completion of fixelstream: fixelstream completion zsh > _fixelstream, in a directory of $fpath",
    "_fixelstream() {",
    '  local at="" word i bare',
    "  local -a items",
    "  for ((i = 2; i < CURRENT; i++)); do",
    '    word="${words[i]}"',
    '    case "$at/$word" in',
    ...commands
      .filter(({ path }) => path !== "")
      .map(({ path }) => {
        const parts = path.split(" ");
        return `      ${quoted(`${parts.slice(0, -1).join(" ")}/${parts.at(-1)}`)}) at=${quoted(path)} ;;`;
      }),
    "      *) break ;;",
    "    esac",
    "  done",
    '  bare="${words[CURRENT-1]#-}"; bare="${bare#-}"',
    '  if [[ "${words[CURRENT-1]}" == -* ]]; then',
    '    case "$bare" in',
    ...[...choices].map(([name, values]) => `      ${name}) compadd -- ${values.map(quoted).join(" ")}; return ;;`),
    "    esac",
    "  fi",
    '  if [[ "${words[CURRENT]}" == -* ]]; then',
    '    case "$at" in',
    ...commands.flatMap(({ path, options }) =>
      block(
        path,
        options.flatMap(({ name, text }) => bothForms(name).map((form) => described(form, text))),
      ),
    ),
    "    esac",
    "    _describe -o option items; return",
    "  fi",
    '  case "$at" in',
    ...commands.flatMap((command) =>
      wordsOf(command).length === 0
        ? []
        : block(
            command.path,
            command.commands.length > 0
              ? command.commands.map(({ name, summary }) => described(name, summary))
              : (words.find(([path]) => path === command.path)?.[1] ?? []).map(quoted),
          ),
    ),
    "  esac",
    "  if ((${#items})); then _describe command items; fi",
    "  _files",
    "}",
    'if [[ "${funcstack[1]}" == _fixelstream ]]; then _fixelstream "$@"; else compdef _fixelstream fixelstream; fi',
    "",
  ].join("\n");
}

function formatFish(commands: readonly DescribedCommand[]): string {
  const fish = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const when = (path: string) => `-n ${fish(`_fixelstream_at ${path === "" ? "''" : `'${path}'`}`)}`;
  return [
    "# fish completion of fixelstream: fixelstream completion fish | source",
    "function _fixelstream_at",
    "  set -l words (commandline -opc)[2..-1]",
    "  set -l path",
    "  for word in $words",
    '    if contains -- (string join " " $path $word) $_fixelstream_paths',
    "      set -a path $word",
    "    else",
    "      break",
    "    end",
    "  end",
    '  test "$path" = "$argv[1]"',
    "end",
    `set -g _fixelstream_paths ${commands.flatMap(({ path }) => (path === "" ? [] : [fish(path)])).join(" ")}`,
    ...commands.flatMap((command) => {
      const { path, options } = command;
      const words =
        command.commands.length > 0 ? command.commands : wordsOf(command).map((name) => ({ name, summary: "" }));
      return [
        ...words.map(
          ({ name, summary }) => `complete -c fixelstream ${when(path)} -f -a ${fish(name)} -d ${fish(summary)}`,
        ),
        ...options.map(({ name, value, choices, text }) => {
          const takes = choices !== undefined ? ` -x -a ${fish(choices.join(" "))}` : value !== undefined ? " -r" : "";
          const long = name.replace(/^-+/, "");
          return `complete -c fixelstream ${when(path)} -o ${long} -l ${long}${takes} -d ${fish(text)}`;
        }),
      ];
    }),
    "",
  ].join("\n");
}
