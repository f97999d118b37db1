// One test a message about design, hypotheses and permutations of fixelcfestats, whole and word for word.
import fs from "node:fs";
import { describe } from "vitest";
import { type Change, refuses, write } from "../support/expect-refusal.js";

describe("matrices", () => {
  refuses([
    [
      "ragged rows",
      (input) => write(input, "design.txt", "1 0\n1 0\n1\n"),
      "Cannot read design.txt: expected 2 columns as in its first row, got 1 (line 3). Give every row the same number of values.",
    ],
    [
      "names of columns are no row",
      (input) => write(input, "design.txt", "intercept,group\n1,0\n"),
      "Cannot use design.txt: expected 8 rows (one per subject of subjects.txt), got 1. Rows follow the order of the subjects.",
    ],
    [
      "hexadecimal numbers",
      (input) => write(input, "contrast.txt", "# weights\n0 0x10\n"),
      'Cannot read contrast.txt: expected a number, got "0x10" (line 2). Names of columns belong into the first row, names of rows into the first column, other words behind a #.',
    ],
    [
      "numbers beyond the largest",
      (input) => write(input, "contrast.txt", "0 1e400\n"),
      "Cannot read contrast.txt: expected numbers up to 1.8e308, got 1e400 (line 1). Write inf if infinity is meant.",
    ],
    [
      "infinity",
      (input) => write(input, "design.txt", "1 0\n1 0\n1 0\n1 inf\n1 1\n1 1\n1 1\n1 1\n"),
      "Cannot use design.txt: expected finite numbers, got Infinity in row 4, column 2 (counted from 1).",
    ],
    [
      "sizes that no unit has",
      (input) => {
        write(input, "design.txt", "1 0\n1 0\n1 0\n1 0\n1 1e-200\n1 1e-200\n1 1e-200\n1 1e-200\n");
        write(input, "contrast.txt", "0 1e200\n");
      },
      "Cannot use design.txt: expected numbers between 1e-60 and 1e+60 in size, got 1e-200 as the largest of column 2 (counted from 1). Write the column in another unit.\nfixelstream: error: Cannot use contrast.txt: expected numbers between 1e-60 and 1e+60 in size, got 1e+200 as the largest of row 1 (counted from 1). Write the row in another unit.",
    ],
    [
      "no number at all",
      (input) => write(input, "design.txt", "# nothing\n\n"),
      "Cannot read design.txt: expected a matrix of numbers, got a file without any. Is it the right file?",
    ],
    [
      "an image in place of a text",
      (input) => fs.copyFileSync(input.at("fd", "sub-1.mif"), input.at("design.txt")),
      "Cannot read design.txt: expected a text file, got binary data. Is it the right file?",
    ],
    [
      "rows != subjects and columns != factors, both at once",
      (input) => {
        write(input, "design.txt", "1 0\n1 0\n1 1\n1 1\n");
        write(input, "contrast.txt", "0 -1 0\n");
      },
      "Cannot use design.txt: expected 8 rows (one per subject of subjects.txt), got 4. Rows follow the order of the subjects.",
      "Cannot use contrast.txt: expected 2 columns (one per column of design.txt), got 3. No column is ever added for you.",
    ],
    [
      "a design of zeros",
      (input) => write(input, "design.txt", "0 0\n".repeat(8)),
      "Cannot use design.txt: expected at least one entry that is not zero, got none.",
    ],
    [
      "contrasts of zeros",
      (input) => write(input, "contrast.txt", "0 0\n0 1\n0 0\n"),
      "Cannot test row 1 of contrast.txt: it is zero and tests nothing. Give at least one non-zero weight.",
      "Cannot test row 3 of contrast.txt: it is zero and tests nothing. Give at least one non-zero weight.",
    ],
    [
      "a contrast that the design cannot estimate",
      (input) => {
        write(input, "design.txt", "1 1 0\n".repeat(4) + "1 0 1\n".repeat(4));
        write(input, "contrast.txt", "0 1 -1\n0 1 0\n");
      },
      "Cannot test hypothesis t2: the columns of design.txt are linearly dependent (rank 2 of 3) and cannot estimate it: column 3 is a combination of columns 1 and 2 (counted from 1), to the digits that were given. Remove a redundant column or change the contrast. If a column should say something of its own, subtract its mean (before squaring or multiplying) and give all its digits.",
    ],
    [
      "no degree of freedom",
      (input) => {
        write(input, "subjects.txt", "sub-1.mif\nsub-2.mif\n");
        write(input, "design.txt", "1 0\n1 1\n");
      },
      "Cannot use design.txt: expected more subjects than independent columns, got 2 subjects and 2 columns: no degree of freedom is left. Add subjects or remove columns.",
    ],
    [
      "F-tests of another number of columns",
      (input) => {
        write(input, "f.txt", "1 0\n");
        return ["-ftests", input.at("f.txt")];
      },
      "Cannot use f.txt: expected 1 column (one per row of contrast.txt), got 2.",
    ],
    [
      "F-tests that select nothing, or not with 0 and 1",
      (input) => {
        write(input, "f.txt", "0\n2\n");
        return ["-ftests", input.at("f.txt")];
      },
      "Cannot use row 1 of f.txt: it selects no contrast that tests something. Put a 1 in at least one column.",
      "Cannot use row 2 of f.txt: expected only 0 and 1, which select rows of contrast.txt, got 2.",
    ],
    [
      "-fonly without F-tests",
      () => ["-fonly"],
      "Cannot use -fonly: expected F-tests to keep, got none. Give them with -ftests.",
    ],
    [
      "--two-tailed without t-tests",
      (input) => {
        write(input, "f.txt", "1\n");
        return ["-ftests", input.at("f.txt"), "-fonly", "--two-tailed"];
      },
      "Cannot use --two-tailed: expected a t-test, got F-tests alone, which are of both directions already. Leave it out.",
    ],
  ]);
});

describe("permutations", () => {
  const identity = Array.from({ length: 8 }, (_, i) => [i]);
  const given =
    (rows: readonly (readonly number[])[], ...more: string[]): Change =>
    (input) => {
      write(input, "p.txt", rows.map((row) => `${row.join(" ")}\n`).join(""));
      return ["-permutations", input.at("p.txt"), ...more];
    };
  refuses([
    [
      "with repeats",
      given(identity.map(([i]) => [i!, i === 3 ? 2 : i!])),
      "Cannot use column 2 of p.txt, counting from 1: expected each of 0..7 once, got 2 twice (again in row 4). Correct the column.",
    ],
    [
      "with gaps",
      given(identity.map(([i]) => [i!, i === 7 ? 8 : i!])),
      "Cannot use column 2 of p.txt, counting from 1: expected each of 0..7 once, got 8 in row 8. Correct the column.",
    ],
    [
      "of the wrong length",
      given(identity.slice(1)),
      "Cannot use p.txt: expected 8 rows (one per subject) and a column per shuffle, got 7 rows of 1. Give one row a subject and one column a shuffle.",
    ],
    [
      "that start at another number",
      given(identity.map(([i]) => [i! + 5])),
      "Cannot use p.txt: expected indices from 0 or from 1, got 5 as the lowest of column 1. Correct the file.",
    ],
    [
      "of more digits than a number holds",
      (input) => {
        write(input, "p.txt", `${"0\n".repeat(7)}9007199254740993\n`);
        return ["-permutations", input.at("p.txt")];
      },
      "Cannot read p.txt: expected integers from -2147483648 to 2147483647, got 9007199254740993 (row 8, column 1, counting from 1). Correct the value.",
    ],
    [
      "that are no integers",
      (input) => {
        write(input, "p.txt", "0.5\n".repeat(8));
        return ["-permutations", input.at("p.txt")];
      },
      "Cannot read p.txt: expected integers from -2147483648 to 2147483647, got 0.5 (row 1, column 1, counting from 1). Correct the value.",
    ],
  ]);
  refuses(
    [
      [
        "of another number than -nshuffles",
        given(identity, "-nshuffles", "5"),
        "Cannot use -nshuffles 5 with -permutations p.txt: expected 1, the number of columns in that file, got 5. Leave -nshuffles out.",
      ],
      [
        "with sign flips alone",
        given(identity, "-errors", "ise"),
        "Cannot use -permutations p.txt with -errors ise: expected -errors ee or both, since sign flips alone permute nothing. Leave one of the two out.",
      ],
    ],
    { status: 2 },
  );
});
