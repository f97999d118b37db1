// MRtrix3's spelling to commander's, ahead of commander: options with one dash or two, unique prefixes, options anywhere among the
// positionals, negative numbers as values. The command's own option table is the only list of names.
import type { Command } from "commander";
import { UsageError } from "../errors.js";

/** -config takes two values. It becomes --config=KEY=VALUE. */
const TWO_VALUES = new Set(["config"]);

interface KnownOption {
  readonly name: string;
  readonly takesValue: boolean;
}

/** A dash, then something that is not a number: `-1` and `-.5` are values, `-` alone is a positional. */
function isOption(token: string): boolean {
  return /^--?[^\s\d.-]/.test(token) || /^--?\.?[a-z]/i.test(token);
}

/** `tokens` after the command's name -> options first, then `--`, then the positionals. Throws UsageError: unknown or ambiguous option, missing value. */
export function normaliseArguments(command: Command, tokens: readonly string[]): string[] {
  const known: KnownOption[] = command.options.map((option) => ({
    name: (option.long ?? option.short ?? "").replace(/^--?/, ""),
    takesValue: option.required || option.optional,
  }));
  known.push({ name: "help", takesValue: false });
  const options: string[] = [];
  const positionals: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token === "--") {
      positionals.push(...tokens.slice(i + 1));
      break;
    }
    if (!isOption(token)) {
      positionals.push(token);
      continue;
    }
    const equals = token.indexOf("=");
    const typed = (equals < 0 ? token : token.slice(0, equals)).replace(/^--?/, "");
    const option = matchOption(typed, known, command.name());
    if (!option.takesValue) {
      options.push(`--${option.name}`);
      continue;
    }
    const count = TWO_VALUES.has(option.name) ? 2 : 1;
    const values = equals < 0 ? tokens.slice(i + 1, i + 1 + count) : [token.slice(equals + 1)];
    if (equals < 0) i += count;
    if (values.length < count && equals < 0) {
      throw new UsageError(
        `Cannot use -${option.name}: expected ${count === 1 ? "a value" : "two values"} after it, got ${values.length === 0 ? "nothing" : "one"}.`,
      );
    }
    options.push(`--${option.name}=${values.join("=")}`);
  }
  return [...options, "--", ...positionals];
}

function matchOption(typed: string, known: readonly KnownOption[], command: string): KnownOption {
  const exact = known.find(({ name }) => name === typed) ?? known.find(({ name }) => name === typed.toLowerCase());
  if (exact !== undefined) return exact;
  if (typed === "h") return known[known.length - 1]!;
  const candidates = known.filter(({ name }) => name.startsWith(typed.toLowerCase()));
  if (candidates.length === 1) return candidates[0]!;
  if (candidates.length > 1) {
    throw new UsageError(
      `Cannot tell which option -${typed} is: ${candidates.map(({ name }) => `-${name}`).join(", ")}. Write more of its name.`,
    );
  }
  throw new UsageError(`Unknown option -${typed}. \`fixelstream ${command} -help\` lists the options.`);
}
