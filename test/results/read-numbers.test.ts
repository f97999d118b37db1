import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readMatrix } from "../../src/formats/text/matrix.js";
import { formatNumber } from "../../src/formats/text/write.js";
import { readNumbers } from "../../src/results/read-numbers.js";
import { MATRIX_DIGITS, ROW_DIGITS, writeNumbers } from "../../src/results/write-numbers.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const value = fc.oneof(
  fc.double({ min: -1e307, max: 1e307 }),
  fc.constantFrom(Number.NaN, 1 / 0, -1 / 0, 5e-324),
  fc.float(),
  fc.integer(),
  fc.double({ min: -1, max: 1 }),
  fc.constant(-0),
);

describe("readNumbers", () => {
  it.each([ROW_DIGITS, MATRIX_DIGITS, 17])("reads to the last bit what was written with %i digits", async (digits) => {
    const path = join(directory, "x.csv");
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 5 })
          .chain((width) =>
            fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
          ),
        fc.constantFrom("," as const, " " as const),
        async (rows, separator) => {
          rmSync(path, { force: true });
          await writeNumbers(path, rows, { digits, separator, commandHistory: "a, command" }, undefined);
          const { nRows, nColumns, values } = await readNumbers(path);
          expect([nRows, nColumns]).toEqual([rows.length, rows[0]!.length]);
          const written = rows.flat().map((one) => Number(formatNumber(one, digits).replace("inf", "Infinity")));
          expect(Array.from(values)).toEqual(written);
        },
      ),
    );
  });

  it.each(["\n", ","] as const)(
    "reads numbers of any form that fill several pieces, cut anywhere: %j",
    async (separator) => {
      const path = join(directory, "long.csv");
      const odd = [Number.NaN, -1 / 0, -0, 1e22, -5e-324, 12_345_678_901_234];
      const column = Array.from({ length: 60_001 }, (_, i) =>
        i % 97 === 0 ? odd[(i / 97) % odd.length]! : Math.sin(i) * 10 ** ((i % 14) - 8),
      );
      rmSync(path, { force: true });
      await writeNumbers(path, [column, column], { digits: MATRIX_DIGITS, separator, commandHistory: "x" }, undefined);
      const { nRows, nColumns, values } = await readNumbers(path);
      expect([nRows, nColumns]).toEqual(separator === "," ? [2, column.length] : [2 * column.length, 1]);
      const written = column.map((one) => Number(formatNumber(one, MATRIX_DIGITS).replace("inf", "Infinity")));
      expect(values).toEqual(Float64Array.from([...written, ...written]));
    },
  );

  it("reads behind a comment that is longer than a piece, with and without spaces", async () => {
    const path = join(directory, "x.csv");
    for (const comment of ["a, b c ".repeat(100_000), "a".repeat(600_000)]) {
      writeFileSync(path, `# one\n# ${comment}\n1,2.5\n-3,4e-07\n`);
      const { nRows, nColumns, values } = await readNumbers(path);
      expect([nRows, nColumns, ...values]).toEqual([2, 2, 1, 2.5, -3, 4e-7]);
    }
  });

  it.each([
    "1, 2\n3, 4\n",
    "1,2\n3,4",
    "1;2\n3;4\n",
    "\ufeff1,2\n",
    "1,2\r\n3,4\r\n",
    "a,b\n1,2\n",
    "NA,1\n",
    "1,2\n# later\n3,4\n",
    "1,.5\n1.,+2\n",
    "1e5,2E-3\n1e-400,000000000000000000000000000000000000012\n",
    "0.12345678901234567890123,1\n",
    `${"1".repeat(40)}\n`,
  ])("reads a text that someone has changed as people's: %j", async (text) => {
    const path = join(directory, "x.csv");
    writeFileSync(path, text);
    const { nRows, nColumns, values } = await readNumbers(path);
    const expected = await readMatrix(path);
    expect({ nRows, nColumns, values }).toEqual({
      nRows: expected.nRows,
      nColumns: expected.nColumns,
      values: expected.values,
    });
  });

  it.each(["1,2\n3\n", "1,x1\n", "", "# only\n", "1e999\n"])(
    "refuses what people's may not be either: %j",
    async (text) => {
      const path = join(directory, "x.csv");
      writeFileSync(path, text);
      const message = await readMatrix(path).then(String, String);
      await expect(readNumbers(path)).rejects.toThrow(message.replace(/^\w+: /, ""));
    },
  );
});
