// One parser a kind of value; each names the option and the range in its message.
import { UsageError } from "../../errors.js";
import { parseBytes } from "../../units.js";

export function integer(option: string, range: { least: number; most?: number }) {
  const { least, most = Number.MAX_SAFE_INTEGER } = range;
  return (text: string): number => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const limits = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    throw new UsageError(`Cannot use ${option} ${text}: expected a whole number ${limits}.`);
  };
}

export function number(option: string) {
  return (text: string): number => {
    const value = text.trim() === "" || /^0x/i.test(text.trim()) ? Number.NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw new UsageError(`Cannot use ${option} ${text}: expected a number.`);
  };
}

export const bytes = (option: string) => (text: string) => parseBytes(text, option);
