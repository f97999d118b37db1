// Numbers on the command line in forms that programs and people write: taken for exactly what they say, or refused in a sentence; never cut short.
import { expect, it } from "vitest";
import { bytes, integer, number } from "../../src/cli/options/parsers.js";

const said = (parse: (text: string) => number, text: string): number | string => {
  try {
    return parse(text);
  } catch (error) {
    return (error as Error).message;
  }
};

const whole = (text: string, range = "from 1 to 10000000", form = "") =>
  `Cannot use -nshuffles ${text}: expected a whole number ${range}${form}.`;
const IN_DIGITS = ", written in digits alone";
it.each<[string, number | string]>([
  ["5000", 5000],
  ["+5", 5],
  ["007", 7],
  ["10000000", 10_000_000],
  ["10000001", whole("10000001")],
  ["99999999999999999999", whole("99999999999999999999")],
  ["0", whole("0")],
  ["-1", whole("-1")],
  ["1e3", whole("1e3", undefined, IN_DIGITS)],
  ["0x10", whole("0x10", undefined, IN_DIGITS)],
  ["5.0", whole("5.0", undefined, IN_DIGITS)],
  ["5.9", whole("5.9", undefined, IN_DIGITS)],
  ["5,000", whole("5,000", undefined, IN_DIGITS)],
  ["5_000", whole("5_000", undefined, IN_DIGITS)],
  ["5n", whole("5n", undefined, IN_DIGITS)],
  ["5 6", whole('"5 6"', undefined, IN_DIGITS)],
  [" 5", whole('" 5"', undefined, IN_DIGITS)],
  ["5\n", whole('"5\\n"', undefined, IN_DIGITS)],
  ["", whole('""', undefined, IN_DIGITS)],
  ["\u0665", whole("\u0665", undefined, IN_DIGITS)],
  ["Infinity", whole("Infinity", undefined, IN_DIGITS)],
])("-nshuffles %j", (text, expected) => {
  expect(said(integer("nshuffles", { least: 1, most: 10_000_000 }), text)).toBe(expected);
});

it.each<[string, number | string]>([
  ["0", 0],
  ["-0", 0],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ["9007199254740992", whole("9007199254740992", "of 0 or more")],
  ["9007199254740993", whole("9007199254740993", "of 0 or more")],
])("a whole number without an upper limit: %j", (text, expected) => {
  const found = said(integer("nshuffles", { least: 0 }), text);
  expect(Object.is(found, expected), String(found)).toBe(true);
});

const real = (text: string, size = "") => `Cannot use -cfe_dh ${text}: expected a number${size}.`;
const SIZE = " of a size from 5e-324 to 1.8e308, or 0";
it.each<[string, number | string]>([
  ["0.1", 0.1],
  [".5", 0.5],
  ["5.", 5],
  ["1e-3", 0.001],
  ["+2E2", 200],
  ["-0", 0],
  ["0e-400", 0],
  ["1e-400", real("1e-400", SIZE)],
  ["1e400", real("1e400", SIZE)],
  ["0x10", real("0x10")],
  ["0,1", real("0,1")],
  ["1e", real("1e")],
  ["nan", real("nan")],
  ["inf", real("inf")],
  [" 1", real('" 1"')],
  ["", real('""')],
])("-cfe_dh %j", (text, expected) => {
  const found = said(number("cfe_dh"), text);
  expect(Object.is(found, expected), String(found)).toBe(true);
});

const memory = (text: string) => `Cannot use --memory ${text}: expected an amount of memory such as 512MiB or 2GiB.`;
it.each<[string, number | string]>([
  ["1000000", 1e6],
  ["2g", 2 ** 31],
  ["1.5GB", 1.5e9],
  ["512 MiB", 2 ** 29],
  ["8191TiB", 8191 * 2 ** 40],
  ["8192TiB", memory("8192TiB")],
  ["9007199254740993", memory("9007199254740993")],
  ["99999999999999999999TiB", memory("99999999999999999999TiB")],
  ["0.4", memory("0.4")],
  ["0GiB", memory("0GiB")],
  ["-1GiB", memory("-1GiB")],
  ["1e3MiB", memory("1e3MiB")],
  ["0x10", memory("0x10")],
  ["1,5GiB", memory("1,5GiB")],
  ["2GiBs", memory("2GiBs")],
])("--memory %j", (text, expected) => {
  expect(said(bytes("memory"), text)).toBe(expected);
});
