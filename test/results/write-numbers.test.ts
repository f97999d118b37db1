import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatNumber } from "../../src/formats/text/write.js";
import { MATRIX_DIGITS, NUMBER_BYTES, ROW_DIGITS, writeNumbers } from "../../src/results/write-numbers.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const path = join(temporaryDirectory(), "x.csv");
const separators = [",", "\n", " "] as const;

async function textOf(
  rows: readonly ArrayLike<number>[],
  digits: number,
  separator: (typeof separators)[number],
): Promise<string> {
  rmSync(path, { force: true });
  await writeNumbers(path, rows, { digits, separator, commandHistory: "one\n  two" }, undefined);
  return readFileSync(path, "latin1");
}

const expected = (rows: readonly ArrayLike<number>[], digits: number, separator: string): string =>
  `# command_history: one two\n${rows.map((row) => `${Array.from(row, (one) => formatNumber(one, digits)).join(separator)}\n`).join("")}`;

describe("writeNumbers", () => {
  it("writes every number as formatNumber does, rows as they are", async () => {
    const value = fc.oneof(fc.double(), fc.float(), fc.integer(), fc.constantFrom(0, -0, 1));
    const rows = fc.array(fc.array(value, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom(ROW_DIGITS, MATRIX_DIGITS, 3, 17),
        fc.constantFrom(...separators),
        async (given, digits, separator) => {
          expect(await textOf(given, digits, separator)).toBe(expected(given, digits, separator));
        },
      ),
    );
  });

  it.each([
    ["doubles", Float64Array.from({ length: 100_001 }, (_, i) => Math.sin(i) * 10 ** ((i % 9) - 6))],
    ["singles", Float32Array.from({ length: 100_001 }, (_, i) => Math.tan(i))],
    ["counts", Uint32Array.from({ length: 100_001 }, (_, i) => (i * 2_654_435_761) % 2 ** 32)],
  ])("writes %s of many pieces without a gap", async (_, values) => {
    for (const separator of separators) {
      const rows = [values, values.subarray(0, 50_000)];
      expect(await textOf(rows, MATRIX_DIGITS, separator)).toBe(expected(rows, MATRIX_DIGITS, separator));
    }
  });

  it("needs no more bytes than are asked of the disk", async () => {
    const longest = Array.from({ length: 10 }, (_, i) => -(1.234_567_890_123_456 + i) * 1e-300);
    const text = await textOf([longest], MATRIX_DIGITS, ",");
    expect(text.split("\n")[1]!.length + 1).toBeLessThanOrEqual(10 * NUMBER_BYTES);
  });
});
