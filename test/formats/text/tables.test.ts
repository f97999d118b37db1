// Tables as people have them: whatever program wrote the numbers, they are read as they were meant, or refused with both readings.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/errors.js";
import { parseIntegers } from "../../../src/formats/text/integers.js";
import { describeForm, parseMatrix, readMatrix } from "../../../src/formats/text/matrix.js";
import { fc } from "../../support/seeded-check.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const read = (text: string) => {
  const table = parseMatrix(text, "x.csv");
  const { nRows, nColumns, values, columnNames, rowNames } = table;
  const rows = Array.from({ length: nRows }, (_, row) =>
    Array.from(values.subarray(row * nColumns, (row + 1) * nColumns)),
  );
  return { rows, columnNames, rowNames, form: describeForm(table) };
};

describe("names beside the numbers", () => {
  const rows = [
    [1, 30.5],
    [0, 28],
  ];
  const columnNames = ["group", "age"];
  const rowNames = ["sub-01", "sub-02"];
  it.each<[string, string, object]>([
    ["a header", "group,age\n1,30.5\n0,28\n", { rows, columnNames, rowNames: undefined }],
    ["a header between tabs", "group\tage\n1\t30.5\n0\t28\n", { rows, columnNames, rowNames: undefined }],
    ["a header between blanks", "group  age\n1 30.5\n0 28\n", { rows, columnNames, rowNames: undefined }],
    ["names of subjects alone", "sub-01 1 30.5\nsub-02 0 28", { rows, columnNames: undefined, rowNames }],
    ["both", "subject,group,age\nsub-01,1,30.5\nsub-02,0,28\n", { rows, columnNames, rowNames }],
    ["R's write.csv", '"","group","age"\n"sub-01",1,30.5\n"sub-02",0,28\n', { rows, columnNames, rowNames }],
    ["R's write.table", '"group" "age"\n"sub-01" 1 30.5\n"sub-02" 0 28\n', { rows, columnNames, rowNames }],
    ["R's write.csv2", '"";"group";"age"\n"sub-01";1;30,5\n"sub-02";0;28\n', { rows, columnNames, rowNames }],
    ["everything in quotes", '"group","age"\n"1","30.5"\n"0","28"\n', { rows, columnNames, rowNames: undefined }],
    [
      "numbers as subjects' names",
      "participant_id,group,age\n100307,1,30.5\n101218,0,28\n",
      {
        ...{ rows, columnNames },
        rowNames: ["100307", "101218"],
      },
    ],
    [
      "years as names of columns",
      "subject 2019 2020\nsub-01 1 30.5\nsub-02 0 28",
      {
        ...{ rows, rowNames },
        columnNames: ["2019", "2020"],
      },
    ],
    ["a separator at the end of lines", "group,age,\n1,30.5,\n0,28,\n", { rows, columnNames, rowNames: undefined }],
    [
      "blanks and separators in quotes",
      '"a group, in words","age #2"\n1,30.5 # not read\n0,28',
      {
        ...{ rows, rowNames: undefined },
        columnNames: ["a group, in words", "age #2"],
      },
    ],
    ["line ends of the old Macintosh", "group,age\r1,30.5\r0,28\r", { rows, columnNames, rowNames: undefined }],
    [
      "a byte order mark, and Windows",
      "\ufeffgroup;age\r\n1;30,5\r\n0;28\r\n",
      { rows, columnNames, rowNames: undefined },
    ],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });

  it("are told", () => {
    expect(read("subject;group;age\nsub-01;1;30,5\nsub-02;0;28\n").form).toBe(
      "2 rows of 2 columns, separated by semicolons, commas are decimal marks, the first row has names (group, age), the first column has names (sub-01, sub-02)",
    );
    expect(read("group\n1\n2\n").form).toBe("2 rows of 1 column, the first row has names (group)");
    expect(read("1,2\n3,4\n").form).toBeUndefined();
  });

  it("R's NA is a missing value", () =>
    expect(read("1 NA\n2 3\n").rows).toEqual([
      [1, NaN],
      [2, 3],
    ]));

  it("integers, too", () => {
    expect(Array.from(parseIntegers("subject,block\na,1\nb,2\n", "g").values)).toEqual([1, 2]);
    expect(() => parseIntegers("subject,block\na,1\nb,2.5\n", "g")).toThrow(
      "got 2.5 (row 2, column 1, counting from 1)",
    );
  });

  it.each([
    [
      "a word among numbers",
      "age,sex\n30,F\n",
      'expected a number, got "F" (line 2, column sex). Write a number there',
    ],
    ["an empty cell", "age,sex\n30,\n31,1\n", "expected a number, got an empty cell (line 2, column sex)"],
    [
      "an empty cell inside",
      "age,sex,iq\n30,,1\n31,1,1\n",
      "expected a number, got an empty cell (line 2, column sex)",
    ],
    [
      "a short row",
      "age,sex\n30,1\n31\n",
      "expected 2 cells separated by commas as in its row of names, got 1 (line 3)",
    ],
    ["a slip of the pen is no name", "l 0 0.5\n1 1 0.3\n", 'expected a number, got "l" (line 1)'],
    [
      "a slip in the first column",
      "a 1\nb 2\n3 3\n",
      "expected a name in the first cell of every row, as the first row has, got 3 (line 3)",
    ],
    ["a missing value is no header", "n/a\n1\n", 'expected a number, got "n/a" (line 1)'],
    ["an open quote", '"age,sex\n30,1\n', "expected"],
    [
      "both decimal marks",
      "a;b\n1,5;2\n1.5;2\n",
      "expected one decimal mark, got both 1.5 (line 3, column a) and 1,5 (line 2, column a)",
    ],
    ["names alone", "age,sex\n", 'expected a number, got "age" (line 1)'],
  ])("refuses %s", (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe("decimal commas", () => {
  it("with semicolons", () =>
    expect(read("1,5;2\n3;4,25\n").rows).toEqual([
      [1.5, 2],
      [3, 4.25],
    ]));
  it("with tabs, where nothing else fits", () =>
    expect(read("1,5\t2\n3\t4,25\n").rows).toEqual([
      [1.5, 2],
      [3, 4.25],
    ]));
  it("MRtrix3's mixtures stay what they are", () => {
    expect(read("1, 2; 3\n4 ,5;6").rows).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(read("1,2,3 4,5,6\n").rows).toEqual([[1, 2, 3, 4, 5, 6]]);
  });
  it.each([
    [
      "1,5\t2,5\n3,5\t4,5\n",
      "commas may be decimal marks (2 columns, separated by tabs) or separate values (4 columns)",
    ],
    ["1,0 0,1\n", "commas may be decimal marks (2 columns, separated by blanks) or separate values (4 columns)"],
    ["30,25\n28,05\n", "commas may be decimal marks (1 column) or separate values (2 columns), as in 28,05"],
    [
      "age\n1,001\n0,001\n",
      "commas may be decimal marks (1 column) or separate names of rows from values, as in 1,001, expected one reading, got two. Write decimal points, or a name above the names of rows.",
    ],
    ["a\tb\n1,500\t2,250\n", "commas may be decimal marks or group thousands, as in 1,500 (line 2, column a)"],
    [
      "1,2,3;4,5,6\n",
      'expected a number, got "1,2,3" (line 1). Where semicolons or tabs separate, a comma is a decimal mark',
    ],
  ])("%j has two readings, or none", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe("FSL's VEST files", () => {
  const design = "/NumWaves\t2\n/NumPoints\t3\n/PPheights\t\t1.0\t1.0\n\n/Matrix\n1.0\t0\t\n1 1\n1 2.5e0\n";
  it("a design", () => {
    expect(read(design)).toEqual({
      rows: [
        [1, 0],
        [1, 1],
        [1, 2.5],
      ],
      ...{ columnNames: undefined, rowNames: undefined },
      form: "3 rows of 2 columns, FSL's VEST format",
    });
  });
  it("contrasts keep their names", () => {
    const text =
      '/ContrastName1\tpatients > controls\n/ContrastName2\t"less"\n/NumWaves 2\n/NumContrasts 2\n/Matrix\n0 1\n0 -1\n';
    expect(read(text)).toMatchObject({
      rows: [
        [0, 1],
        [0, -1],
      ],
      rowNames: ["patients > controls", "less"],
    });
  });
  it("groups and F-tests, as integers", () => {
    expect(Array.from(parseIntegers("/NumWaves 1\n/NumPoints 2\n\n/Matrix\n1\n2\n", "g").values)).toEqual([1, 2]);
    expect(() => parseIntegers("/NumWaves 1\n/Matrix\n1\n2.50\n", "g")).toThrow("got 2.50 (row 2, column 1");
  });
  it.each([
    [
      design.replace("/NumPoints\t3", "/NumPoints\t4"),
      "expected 4 rows of 2 numbers after /Matrix, as /NumPoints or /NumContrasts and /NumWaves say, got 3 rows of 2",
    ],
    [design.replace("/NumWaves\t2", "/NumWaves\t3"), "expected 3 rows of 3 numbers after /Matrix"],
    [
      design.replace("/NumWaves\t2", "/NumWaves\tx"),
      'expected a count of 1 or more behind /NumWaves, got "x" (line 1)',
    ],
    ["/NumWaves 2\n1 2\n", "expected a line /Matrix and numbers after it"],
  ])("refuses %j", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

const SEPARATORS = { tab: "\t", semicolon: ";", comma: ",", blanks: " " } as const;

it.each(["utf-16le", "utf-16be"])("the Unicode text of spreadsheets, %s", async (encoding) => {
  const text = "\ufeffsubject\tgroup\tage\r\nÅsa\t1\t30,5\r\nBo\t0\t28\r\n";
  const bytes = Buffer.from(text, "utf16le");
  if (encoding === "utf-16be") bytes.swap16();
  const path = join(temporaryDirectory(), "design.txt");
  writeFileSync(path, bytes);
  expect(await readMatrix(path)).toMatchObject({
    values: Float64Array.of(1, 30.5, 0, 28),
    rowNames: ["Åsa", "Bo"],
    columnNames: ["group", "age"],
  });
});

it("a matrix written in any dialect is read back, or refused because it has two readings", () => {
  const number = fc.oneof(
    fc.integer({ min: -9999, max: 9999 }),
    fc.integer({ min: -99999, max: 99999 }).map((n) => n / 1000),
  );
  const name = fc.stringMatching(/^[a-d][a-z_]{0,6}$/).filter((text) => !/^(id|sub|name|none|null|na|nan)/.test(text));
  const dialect = fc.record({
    separator: fc.constantFrom("tab", "semicolon", "comma", "blanks"),
    comma: fc.boolean(),
    header: fc.boolean(),
    rowNames: fc.boolean(),
    quotes: fc.constantFrom("none", "names", "all"),
    end: fc.constantFrom("\n", "\r\n", "\r"),
    bom: fc.boolean(),
  } as const);
  const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })).chain(([nRows, nColumns]) =>
    fc.record({
      rows: fc.array(fc.array(number, { minLength: nColumns, maxLength: nColumns }), {
        minLength: nRows,
        maxLength: nRows,
      }),
      columns: fc.uniqueArray(name, { minLength: nColumns, maxLength: nColumns }),
      subjects: fc.uniqueArray(name, { minLength: nRows, maxLength: nRows }),
    }),
  );
  let refused = 0;
  const nRuns = 3000;
  fc.assert(
    fc.property(
      matrix,
      dialect,
      ({ rows, columns, subjects }, { separator, header, rowNames, quotes, end, bom, comma }) => {
        const isComma = comma && separator !== "comma" && !(rows[0]!.length === 1 && !header && !rowNames);
        const quote = (text: string, is: boolean) => (is ? `"${text}"` : text);
        const shown = (value: number) =>
          quote(isComma ? String(value).replace(".", ",") : String(value), quotes === "all");
        const named = (text: string) => quote(text, quotes !== "none");
        const lines = rows.map((row, i) => [...(rowNames ? [named(subjects[i]!)] : []), ...row.map(shown)]);
        if (header) lines.unshift([...(rowNames ? [named("subject")] : []), ...columns.map(named)]);
        const text = `${bom ? "\ufeff" : ""}${lines.map((cells) => cells.join(SEPARATORS[separator])).join(end)}${end}`;
        try {
          expect(read(text)).toMatchObject({
            rows: rows.map((row) => row.map((value) => value + 0)),
            columnNames: header ? columns : undefined,
            rowNames: rowNames ? subjects : undefined,
          });
        } catch (error) {
          if (!(error instanceof InputError && isComma && /expected one reading, got two/.test(error.message)))
            throw error;
          refused++;
        }
      },
    ),
    { numRuns: nRuns },
  );
  expect(refused).toBeLessThan(nRuns / 4);
});
