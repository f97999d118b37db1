// Numbers as the page writes them: enough digits to compare, no more.

/** Three significant digits, or more where asked. */
export function short(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "n/a" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size >= 10 ** digits
      ? count(Math.round(value))
      : size < 1e-4
        ? value.toExponential(digits - 1)
        : String(Number(value.toPrecision(digits)));
  return text.replace(/^-/, "−");
}

/** 12,345 */
export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** With its sign. */
export const percent = (value: number): string =>
  Number.isFinite(value) ? `${value > 0 ? "+" : ""}${short(value)} %` : "n/a";

/** A share of 0 to 1. */
export const share = (value: number): string => `${short(100 * value)} %`;

export const pValue = (p: number): string =>
  Number.isNaN(p) ? "n/a" : p >= 0.1 ? p.toFixed(2) : String(Number(p.toPrecision(2)));

/** mm, one digit behind the point: x, y, z. */
export const place = (mm: ArrayLike<number>): string =>
  [mm[0]!, mm[1]!, mm[2]!].map((value) => value.toFixed(1).replace(/^-/, "−")).join(", ");

/** In a table for programs: no rounding that hides, n/a as BIDS has it. */
export const cell = (value: number): string => (Number.isFinite(value) ? String(Number(value.toPrecision(7))) : "n/a");

/** A sentence that begins with what is measured: a name that the user gave stays as it is. */
export const beginning = (sentence: string, scalar: string): string =>
  scalar === "the value" || !sentence.startsWith(scalar) ? capital(sentence) : sentence;

export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
