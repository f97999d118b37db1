// One test a message about variance groups, element-wise columns and exchangeability blocks of fixelcfestats, whole and word for word.
import fs from "node:fs";
import { describe } from "vitest";
import { type Change, refuses, write } from "../support/expect-refusal.js";
import { rawFixelData } from "../support/make-cohort.js";

/** The option with a file of these contents. */
const given =
  (option: string, contents: string, ...more: string[]): Change =>
  (input) => {
    write(input, "given.txt", contents);
    return [option, input.at("given.txt"), ...more];
  };

describe("variance groups", () => {
  const cannot = (text: string) => `Cannot use given.txt for -variance: expected ${text}`;
  refuses([
    [
      "of another number of subjects",
      given("-variance", "0\n1\n"),
      cannot("8 values (one per subject), got 2. Give one group number a subject."),
    ],
    [
      "as a matrix",
      given("-variance", "0 1\n".repeat(4)),
      cannot("one row or one column of group numbers, got 4 rows of 2. Give one group number a subject."),
    ],
    [
      "that are no whole numbers",
      given("-variance", "0 0 0 0 1 1 1 1.5\n"),
      cannot("whole numbers from 0 or from 1, got 1.5 (subject 8, counting from 1). Number the groups."),
    ],
    [
      "that start at 2",
      given("-variance", "2 2 2 2 3 3 3 3\n"),
      cannot("the lowest group number to be 0 or 1, got 2. Number the groups from 0 or 1."),
    ],
    [
      "with gaps",
      given("-variance", "0 0 0 0 2 2 2 2\n"),
      cannot("group numbers 0 to 2 without gaps, got no subject in group 1. Renumber the groups."),
    ],
    [
      "with names",
      given("-variance", "siteA\n"),
      'Cannot read given.txt: expected a number, got "siteA" (line 1). Names of columns belong into the first row, names of rows into the first column, other words behind a #.',
    ],
  ]);
});

describe("element-wise columns", () => {
  const list = (names: string[]) => names.map((name) => `fd/${name}\n`).join("");
  const all = Array.from({ length: 8 }, (_, i) => `sub-${i + 1}.mif`);
  refuses([
    [
      "without a weight in the contrasts",
      given("-column", list(all)),
      "Cannot use contrast.txt: expected 3 columns (one per column of design.txt and one per -column), got 2. No column is ever added for you.",
    ],
    [
      "of another number of subjects",
      (input) => {
        write(input, "contrast.txt", "0 -1 0\n");
        return given("-column", list(all.slice(1)))(input);
      },
      "Cannot use given.txt for -column: expected 8 files (one per subject, in their order), got 7. Correct the list.",
    ],
    [
      "whose files are in the fixel directory only: that one is not searched",
      (input) => {
        write(input, "contrast.txt", "0 -1 0\n");
        return given("-column", `${all.join("\n")}\n`)(input);
      },
      "Cannot find the files named in given.txt: expected all 8 in one folder, got none that has them: in . the first one missing is sub-1.mif (1 of 8); in the working directory the first one missing is sub-1.mif (1 of 8). Correct the names, or move the list beside the files.",
    ],
    [
      "of another template, found before the subjects are converted",
      (input) => {
        write(input, "contrast.txt", "0 -1 0\n");
        fs.mkdirSync(input.at("other"));
        for (const name of all)
          write(input, `other/${name}`, rawFixelData(new Float32Array(name === "sub-3.mif" ? 25 : 24)));
        return given("-column", all.map((name) => `other/${name}\n`).join(""))(input);
      },
      "Cannot use other/sub-3.mif: expected 24 x 1 x 1 values, one a fixel of the template, got 25 x 1 x 1. Use files of the same fixel template (fixelcorrespondence) for all subjects.",
    ],
    [
      "that leave no degree of freedom",
      (input) => {
        const few = all.slice(0, 3);
        write(input, "subjects.txt", few.join("\n"));
        write(input, "design.txt", "1 0\n1 0\n1 1\n");
        write(input, "contrast.txt", "0 -1 0\n");
        return given("-column", list(few))(input);
      },
      "Cannot use design.txt: expected more subjects than independent columns, got 3 subjects and 3 columns: no degree of freedom is left. Add subjects or remove columns.",
    ],
  ]);
});

describe("exchangeability blocks", () => {
  const cannot = (kind: string, text: string) => `Cannot use given.txt for -exchange_${kind}: expected ${text}`;
  refuses([
    [
      "of another number of subjects",
      given("-exchange_within", "0 0 1 1\n"),
      cannot("within", "8 values (one per subject), got 4. Give one block number a subject."),
    ],
    [
      "of more digits than a number holds",
      given("-exchange_within", "0 0 0 0 1 1 1 9007199254740993\n"),
      "Cannot read given.txt: expected integers from -2147483648 to 2147483647, got 9007199254740993 (row 1, column 8, counting from 1). Correct the value.",
    ],
    [
      "of different sizes that trade places, and of one subject, both at once",
      given("-exchange_whole", "0 0 0 1 1 2 2 3\n"),
      cannot("whole", "2 or more subjects in each block, got 1 in block 3. Join it with another block."),
      cannot(
        "whole",
        "blocks of one size, since they trade places, got 3 subjects in block 0 and 2 in block 1. Use -exchange_within, or make them equal.",
      ),
    ],
  ]);
  refuses(
    [
      [
        "of both kinds",
        given("-exchange_within", "0 0 0 0 1 1 1 1\n", "-exchange_whole", "given.txt"),
        "Cannot use -exchange_within together with -exchange_whole: expected one kind of blocks, got both. Leave one out.",
      ],
      [
        "beside permutations",
        given("-exchange_within", "0 0 0 0 1 1 1 1\n", "-permutations", "p.txt"),
        "Cannot use -exchange_within together with -permutations: expected either blocks to shuffle in or the permutations themselves, got both. Leave one out.",
      ],
    ],
    { status: 2 },
  );
});
