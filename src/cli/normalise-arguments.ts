// MRtrix3's spelling to commander's, ahead of commander: options with one dash or two, unique prefixes, options anywhere among the
// positionals, negative numbers as values. The command's own option table is the only list of names.
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { describeEarlier, didYouMean, nearest } from "./near-miss.js";
import { spelled } from "./options/spelling.js";

interface KnownOption {
  readonly name: string;
  /** 0 for a switch. */
  readonly nValues: 0 | 1 | 2;
  readonly repeatable: boolean;
}

/** MRtrix3 has them with every command. */
const EVERYWHERE: readonly KnownOption[] = ["help", "version"].map((name) => ({ name, nValues: 0, repeatable: true }));
/** -config KEY VALUE becomes --config=KEY=VALUE. */
const TWO_VALUES = new Set(["config"]);

/** A dash, then something that no number begins with: `-1` and `-.5` are values, `-` alone is a positional. */
function isOption(token: string): boolean {
  return /^--?[^\s\d.-]/.test(token);
}

/**
 * `tokens` after the command's name -> options first, then `--`, then the positionals; or `--help` or `--version` alone.
 * Throws UsageError, all of one line together: option unknown, ambiguous, given twice or without its value, or a value to a switch.
 */
export function normaliseArguments(command: Command, tokens: readonly string[]): string[] {
  const known = knownOptions(command);
  const options: string[] = [];
  const positionals: string[] = [];
  const seen = new Set<string>();
  const problems: string[] = [];
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
    const option = orProblem(() => matchOption(typed, known, command), problems);
    // what stands behind one that nobody knows may be its value or an argument: nothing is made of it
    if (option === undefined) continue;
    if (EVERYWHERE.includes(option)) return [`--${option.name}`];
    const values = equals < 0 ? tokens.slice(i + 1, i + 1 + option.nValues) : [token.slice(equals + 1)];
    if (equals < 0) i += option.nValues;
    orProblem(() => checkValues(option, values, equals >= 0, known), problems);
    if (option.nValues > 0 && !option.repeatable && seen.has(option.name))
      problems.push(
        `Cannot use ${spelled(option.name)} twice: expected it once, got ${values[0]} as well. Leave one out.`,
      );
    seen.add(option.name);
    options.push(option.nValues === 0 ? `--${option.name}` : `--${option.name}=${values.join("=")}`);
  }
  if (problems.length > 0) throw new UsageError([...new Set(problems)]);
  return [...options, "--", ...positionals];
}

/** Undefined: a UsageError, whose sentences are added. */
function orProblem<T>(find: () => T, problems: string[]): T | undefined {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function knownOptions(command: Command): KnownOption[] {
  const own = command.options.map((option): KnownOption => {
    const name = (option.long ?? option.short ?? "").replace(/^--?/, "");
    const takesValue = option.required || option.optional;
    return {
      name,
      nValues: takesValue ? (TWO_VALUES.has(name) ? 2 : 1) : 0,
      repeatable: option.variadic || TWO_VALUES.has(name),
    };
  });
  return [...own, ...EVERYWHERE];
}

function checkValues(
  option: KnownOption,
  values: readonly string[],
  attached: boolean,
  known: readonly KnownOption[],
): void {
  const name = spelled(option.name);
  if (option.nValues === 0) {
    if (attached) throw new UsageError(`Cannot use ${name}: expected no value, got ${values[0]}.`);
    return;
  }
  const expected = option.nValues === 1 ? "a value" : "two values";
  if (values.length < option.nValues && !attached) {
    throw new UsageError(
      `Cannot use ${name}: expected ${expected} after it, got ${values.length === 0 ? "nothing" : "one"}.`,
    );
  }
  const swallowed = values.find((value) => isOption(value) && known.some((other) => value === spelled(other.name)));
  if (swallowed === undefined || attached) return;
  throw new UsageError(`Cannot use ${name}: expected ${expected} after it, got the option ${swallowed}.`);
}

/** The option itself, or the one that `typed` begins; of several the one that begins all others (-nsh: -nshuffles, not -nshuffles_nonstationarity). */
function matchOption(typed: string, known: readonly KnownOption[], command: Command): KnownOption {
  const exact = known.find(({ name }) => name === typed) ?? known.find(({ name }) => name === typed.toLowerCase());
  if (exact !== undefined) return exact;
  const candidates = known
    .filter(({ name }) => name.startsWith(typed.toLowerCase()))
    .sort((a, b) => a.name.length - b.name.length);
  const [shortest] = candidates;
  if (shortest === undefined) {
    const help = ["fixelstream", pathOf(command), "-help"].filter((word) => word !== "").join(" ");
    const isStatistical = known.some(({ name }) => name === "nshuffles");
    const earlier = isStatistical ? describeEarlier(typed.toLowerCase()) : undefined;
    if (earlier !== undefined) throw new UsageError(earlier);
    const argument = argumentNamed(typed, command);
    if (argument !== undefined) {
      const all = command.registeredArguments.map((one) => `<${one.name()}>`).join(" ");
      throw new UsageError(
        `Unknown option -${typed}: it is an argument of ${pathOf(command)}, ${all}. Write it there, without -${typed}.`,
      );
    }
    const near = nearest(
      typed,
      known.map(({ name }) => name),
    );
    throw new UsageError(`Unknown option -${typed}.${didYouMean(near.map(spelled))} \`${help}\` lists the options.`);
  }
  if (candidates.every(({ name }) => name.startsWith(shortest.name))) return shortest;
  const names = candidates.map(({ name }) => spelled(name)).sort();
  throw new UsageError(`Cannot tell which option -${typed} is: ${names.join(", ")}. Write more of its name.`);
}

/** Names that other commands, or other programs, give to what is an argument here. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  cohort: ["phenotypes", "table"],
  table: ["phenotypes", "cohort"],
  out: ["output"],
  output: ["out"],
};

function argumentNamed(typed: string, command: Command): string | undefined {
  const wanted = typed.toLowerCase();
  return command.registeredArguments
    .map((argument) => argument.name())
    .find((name) => name.toLowerCase() === wanted || OTHER_NAMES[name]?.includes(wanted));
}

/** `convert fixels`: what stands before the arguments. */
export function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  return names.join(" ");
}
