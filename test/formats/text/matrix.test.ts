import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseIntegers, vectorOf } from "../../../src/formats/text/integers.js";
import { parseMatrix, readMatrix } from "../../../src/formats/text/matrix.js";
import { readTextFile } from "../../../src/formats/text/read-text.js";
import { formatMatrix, formatNumber, writeMatrix } from "../../../src/formats/text/write.js";
import { fc } from "../../support/seeded-check.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const rows = (text: string): number[][] => {
  const { nRows, nColumns, values } = parseMatrix(text, "x.csv");
  return Array.from({ length: nRows }, (_, row) => Array.from(values.subarray(row * nColumns, (row + 1) * nColumns)));
};

describe("parseMatrix", () => {
  it.each([
    [
      "1 2\n3 4\n",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "1,2\r\n3,4",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "\ufeff1;2\n\n  3\t4  \n\n",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "# names\n1, 2 # first\n3 ,4\n#end",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["1,,2", [[1, 2]]],
    ["-1.5e-3 +2 .5 5. 1E3", [[-0.0015, 2, 0.5, 5, 1000]]],
    ["nan NaN inf -Inf +infinity", [[NaN, NaN, Infinity, -Infinity, Infinity]]],
  ])("%j", (text, expected) => {
    expect(rows(text)).toEqual(expected);
  });

  it("takes a million columns", () => {
    const { nRows, nColumns, values } = parseMatrix(`${"7 ".repeat(1e6)}\n`, "wide.csv");
    expect([nRows, nColumns, values.at(-1)]).toEqual([1, 1e6, 7]);
  });

  it.each([
    ["", "Cannot read x.csv: expected a matrix of numbers, got a file without any."],
    ["# only\n \n", "got a file without any"],
    [
      "1 2\n# c\n3 4 5\n",
      "expected 2 columns as in its first row, got 3 (line 3). Give every row the same number of values.",
    ],
    ["1 2\n3\n", "expected 2 columns as in its first row, got 1 (line 2)"],
    [
      "1 2\n3 age\n",
      'expected a number, got "age" (line 2). Names of columns belong into the first row, names of rows into the first column, other words behind a #.',
    ],
    ["0x10", 'expected a number, got "0x10" (line 1)'],
    ["1e", 'got "1e"'],
    ["1.2.3", 'got "1.2.3"'],
    ["- 1", 'got "-"'],
    ["1_000", 'got "1_000"'],
    [`1 ${"z".repeat(1000)}`, `got "${"z".repeat(40)}.."`],
    ["1\n-1e400", "expected numbers up to 1.8e308, got -1e400 (line 2). Write inf if infinity is meant."],
  ])("refuses %j", (text, expected) => {
    expect(() => rows(text)).toThrow(expected);
  });

  it("refuses files that are missing or binary", async () => {
    await expect(readMatrix(join(directory, "none.csv"))).rejects.toThrow(
      /none.csv: expected a text file, got no such file/,
    );
    const path = join(directory, "binary.csv");
    writeFileSync(path, Buffer.from([49, 0, 50]));
    await expect(readMatrix(path)).rejects.toThrow(/expected a text file, got binary data/);
  });
});

describe("parseIntegers", () => {
  it("takes what is an integer, however written", () => {
    expect(Array.from(parseIntegers("1 2.0 -3e0", "g").values)).toEqual([1, 2, -3]);
  });

  it.each(["4.5", "nan", "3000000000", "9007199254740993", "-0x10", `${"1".repeat(60)}`])(
    "refuses %s as written",
    (token) => {
      const shown = token.length > 40 ? `${token.slice(0, 40)}..` : token;
      const message = /^-0x/.test(token)
        ? 'Cannot read g.csv: expected a number, got "-0x10" (line 3). Names of columns belong into the first row, names of rows into the first column, other words behind a #.'
        : `Cannot read g.csv: expected integers from -2147483648 to 2147483647, got ${shown} (row 2, column 2, counting from 1). Correct the value.`;
      expect(() => parseIntegers(`# a b\n1 2\n3,${token} # c\n`, "g.csv")).toThrow(message);
    },
  );

  it("reads a vector written as a row or a column", async () => {
    const path = join(directory, "groups");
    for (const text of ["1 2 3", "1\n2\n3\n"]) {
      writeFileSync(path, text);
      expect(Array.from(vectorOf(parseIntegers(await readTextFile(path), path), path))).toEqual([1, 2, 3]);
    }
    writeFileSync(path, "1 2\n3 4");
    const square = await readTextFile(path);
    expect(() => vectorOf(parseIntegers(square, path), path)).toThrow(
      /expected one row or one column of integers, got 2 rows of 2/,
    );
  });
});

describe("formatNumber", () => {
  // Values of C's printf("%.15g").
  it.each([
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [0.1, "0.1"],
    [0.1 + 0.2, "0.3"],
    [1 / 3, "0.333333333333333"],
    [100, "100"],
    [1e15, "1e+15"],
    [123456789012345, "123456789012345"],
    [999999999999999.9, "1e+15"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [-1.5e-7, "-1.5e-07"],
    [1.7976931348623157e308, "1.79769313486232e+308"],
    [5e-324, "4.94065645841247e-324"],
    [Number.NaN, "nan"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ])("%d -> %s", (value, expected) => {
    expect(formatNumber(value)).toBe(expected);
  });

  // Values of C's printf("%.<digits>g"): where rounding changes the exponent, and with it the form
  it.each([
    [0.000099996, 3, "0.0001"],
    [0.000099994, 4, "9.999e-05"],
    [-0.0000999999999999, 10, "-0.0001"],
    [0.00010004, 3, "0.0001"],
    [0.0000015, 1, "2e-06"],
    [999.6, 3, "1e+03"],
    [999.4, 3, "999"],
    [1234567890.4, 10, "1234567890"],
    [9999999999.6, 10, "1e+10"],
    [100000, 5, "1e+05"],
    [100, 17, "100"],
    [0.1, 17, "0.10000000000000001"],
  ])("%d of %d digits -> %s", (value, digits, expected) => {
    expect(formatNumber(value, digits)).toBe(expected);
  });

  it("is read back to the digits it has", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(rows(formatNumber(value, 17))[0]![0]).toEqual(value);
      }),
    );
  });
});

describe("writeMatrix", () => {
  it("writes rows, after the command history", async () => {
    const path = join(directory, "out.csv");
    writeMatrix(
      path,
      { values: [1, 2.5, Number.NaN, 4], nRows: 2, nColumns: 2 },
      { separator: ",", commandHistory: "fixelstream x\n y" },
    );
    const text = formatMatrix([1, 2.5, Number.NaN, 4], 2, 2, { separator: ",", commandHistory: "fixelstream x\n y" });
    expect(text).toBe("# command_history: fixelstream x y\n1,2.5\nnan,4\n");
    expect(Array.from((await readMatrix(path)).values)).toEqual([1, 2.5, Number.NaN, 4]);
    expect(() => writeMatrix(path, { values: [1], nRows: 1, nColumns: 1 })).toThrow(
      /Cannot write .*out.csv: expected a new file/,
    );
  });
});
