// One parser a kind of value; each names the option and the range in its message. `name` is without dashes.
import { UsageError } from "../../errors.js";
import { parseBytes } from "../../units.js";
import { spelled } from "./spelling.js";

export function integer(name: string, range: { least: number; most?: number }) {
  const { least, most = Number.MAX_SAFE_INTEGER } = range;
  return (text: string): number => {
    const isDigits = /^[+-]?\d+$/.test(text);
    const value = isDigits ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value === 0 ? 0 : value; // -0 is none
    const limits = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    const form = isDigits ? "" : ", written in digits alone";
    throw new UsageError(`Cannot use ${spelled(name)} ${shown(text)}: expected a whole number ${limits}${form}.`);
  };
}

export function number(name: string) {
  return (text: string): number => {
    const match = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.exec(text);
    const value = match === null ? Number.NaN : Number(text);
    const isLost = value === 0 && /[1-9]/.test(match?.[1] ?? "");
    if (Number.isFinite(value) && !isLost) return value === 0 ? 0 : value;
    const limits = match === null ? "" : " of a size from 5e-324 to 1.8e308, or 0";
    throw new UsageError(`Cannot use ${spelled(name)} ${shown(text)}: expected a number${limits}.`);
  };
}

export function choice<T extends string>(name: string, choices: readonly T[]) {
  return (text: string): T => {
    const found = choices.find((one) => one === text);
    if (found !== undefined) return found;
    throw new UsageError(`Cannot use ${spelled(name)} ${shown(text)}: expected one of ${choices.join(", ")}.`);
  };
}

/** From 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

const MOST_SHARDS = 100_000;

export function shard(name: string) {
  return (text: string): Shard => {
    const [, first, second] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
    const [index, of] = [Number(first), Number(second)];
    if (index >= 1 && index <= of && of <= MOST_SHARDS) return { index, of };
    throw new UsageError(
      `Cannot use ${spelled(name)} ${shown(text)}: expected i/N with i from 1 to N and N up to ${MOST_SHARDS}, such as 2/5.`,
    );
  };
}

/** Blanks and nothing would not be seen. */
const shown = (text: string): string => (/^$|\s/.test(text) ? JSON.stringify(text) : text);

export const bytes = (name: string) => (text: string) => parseBytes(text, spelled(name));
