// One parser a kind of value; each names the option and the range in its message. `name` is without dashes.
import { UsageError } from "../../errors.js";
import { parseBytes } from "../../units.js";
import { spelled } from "./spelling.js";

export function integer(name: string, range: { least: number; most?: number }) {
  const { least, most = Number.MAX_SAFE_INTEGER } = range;
  return (text: string): number => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const limits = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    throw new UsageError(`Cannot use ${spelled(name)} ${text}: expected a whole number ${limits}.`);
  };
}

export function number(name: string) {
  return (text: string): number => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(value)) return value;
    throw new UsageError(`Cannot use ${spelled(name)} ${text}: expected a number.`);
  };
}

export function choice<T extends string>(name: string, choices: readonly T[]) {
  return (text: string): T => {
    const found = choices.find((one) => one === text);
    if (found !== undefined) return found;
    throw new UsageError(`Cannot use ${spelled(name)} ${text}: expected one of ${choices.join(", ")}.`);
  };
}

export const bytes = (name: string) => (text: string) => parseBytes(text, spelled(name));
