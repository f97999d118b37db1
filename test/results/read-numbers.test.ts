import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMatrix } from "../../src/formats/text/matrix.js";
import { formatNumber } from "../../src/formats/text/write.js";
import { readNumbers } from "../../src/results/read-numbers.js";
import { MATRIX_DIGITS, ROW_DIGITS, writeNumbers } from "../../src/results/write-numbers.js";
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

  it("reads a column that is longer than a piece, cut anywhere", async () => {
    const path = join(directory, "long.csv");
    const column = Array.from({ length: 50_001 }, (_, i) => Math.sin(i) * 10 ** (i % 7));
    await writeNumbers(path, [column], { digits: MATRIX_DIGITS, separator: "\n", commandHistory: "x" }, undefined);
    const { nRows, nColumns, values } = await readNumbers(path);
    expect([nRows, nColumns]).toEqual([column.length, 1]);
    expect(values).toEqual(Float64Array.from(column, (one) => Number(formatNumber(one, MATRIX_DIGITS))));
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
