// Quantities as users write and read them.
import { expect, it } from "vitest";
import { formatBytes, formatCount, formatDuration, parseAge, parseBytes } from "../src/units.js";

it.each([
  ["1", 1],
  ["3b", 3],
  ["2k", 2048],
  ["2kB", 2000],
  ["2KiB", 2048],
  ["1.5m", 1.5 * 2 ** 20],
  ["1.5MB", 1_500_000],
  ["1MiB", 2 ** 20],
  ["1g", 2 ** 30],
  ["1GB", 1e9],
  ["1GiB", 2 ** 30],
  ["2t", 2 ** 41],
  ["2TB", 2e12],
  ["2TiB", 2 ** 41],
])("%s is %i bytes", (text, bytes) => expect(parseBytes(text, "--memory")).toBe(bytes));

it.each(["0", "0.4", "-1", "1 XB", "", "GiB"])("%j is no amount of memory", (text) =>
  expect(() => parseBytes(text, "--memory")).toThrow(`Cannot use --memory ${text}: expected an amount of memory`),
);

it.each([
  ["45min", 45 * 60_000],
  ["12h", 12 * 3_600_000],
  ["30d", 30 * 86_400_000],
  ["2w", 14 * 86_400_000],
])("%s is %i ms", (text, ms) => expect(parseAge(text, "--older-than")).toBe(ms));

it.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [1.55 * 2 ** 20, "1.6 MiB"],
  [2 ** 30, "1 GiB"],
  [3 * 2 ** 40, "3 TiB"],
])("%d bytes: %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it.each([
  [40, "0.0 s"],
  [9940, "9.9 s"],
  [10_600, "11 s"],
  [59_400, "59 s"],
  [61_000, "1 min 1 s"],
  [3_599_600, "1 h 00 min"],
  [7_500_000, "2 h 05 min"],
])("%d ms: %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

it.each([
  [0, "fixels", "0 fixels"],
  [1, "fixels", "1 fixel"],
  [2, "fixels", "2 fixels"],
  [1, "hypotheses", "1 hypothesis"],
  [2, "hypotheses", "2 hypotheses"],
  [1, "entries", "1 entry"],
  [1, "statistics", "1 statistic"],
  [1, "values", "1 value"],
  [1, "batches", "1 batch"],
  [1, "passes", "1 pass"],
])("counts %d %s as %s", (count, plural, words) => {
  expect(formatCount(count, plural)).toBe(words);
});
