// One test a message about exchangeability blocks in blocks (-eb) and the variance groups made of them (-vg), whole and word for word.
import { describe } from "vitest";
import { type Change, refuses, write } from "../support/expect-refusal.js";

/** -eb with these rows, of 8 subjects. */
const eb =
  (rows: readonly string[], ...more: string[]): Change =>
  (input) => {
    write(input, "eb.csv", rows.map((row) => `${row}\n`).join(""));
    return ["-eb", input.at("eb.csv"), ...more];
  };
const eight = (rowOf: (i: number) => string) => Array.from({ length: 8 }, (_, i) => rowOf(i));
const cannot = (text: string) => `Cannot use eb.csv for -eb: expected ${text}`;

describe("-eb", () => {
  refuses([
    [
      "of another number of subjects",
      eb(["1 1", "1 2", "1 3"]),
      cannot("8 rows (one per subject), got 3 rows of 2. Give one row a subject, a column a level."),
    ],
    [
      "with an index of 0",
      eb(eight((i) => `1 ${i}`)),
      cannot(
        "indices above 0 (parts trade places) or below (parts stay), got 0 (row 1, column 2, counting from 1). Number the blocks from 1.",
      ),
    ],
    [
      "whose first column is not the whole",
      eb(eight((i) => `${1 + (i >> 1)} ${i + 1}`)),
      cannot(
        "one index in all of column 1, which stands for the whole, got 1 in row 1 and 2 in row 3. Put a column of 1 (blocks of the next column trade places) or of -1 (they stay) in front.",
      ),
    ],
    [
      "with parts of two sizes that trade places",
      eb(eight((i) => `1 ${i < 3 ? 1 : 2} ${i + 1}`)),
      cannot(
        "the parts of block 1 to have one size, since they trade places (block 1 in column 1 is above 0), got 3 subjects in block 1/1 and 5 in block 1/2. Make them equal, or give block 1 a negative index in column 1, so that its parts stay.",
      ),
    ],
    [
      "with parts of two signs that trade places",
      eb(eight((i) => `1 ${i < 4 ? 1 : -2} ${i + 1}`)),
      cannot(
        "the parts of block 1 to have one sign, since they trade places (block 1 in column 1 is above 0), got block 1/1 and block 1/-2. Give all the same, or give block 1 a negative index in column 1, so that its parts stay.",
      ),
    ],
    [
      "with parts that are not divided alike",
      eb([
        ...["-1 1 -1 1 1", "-1 1 -1 1 2", "-1 1 -1 2 3", "-1 1 -2 1 4", "-1 1 -2 2 5", "-1 1 -2 2 6"],
        ...["-1 2 1 1 1", "-1 2 -1 1 2"],
      ]),
      cannot(
        "the parts of block -1/1 to be divided alike, since they trade places (block -1/1 in column 2 is above 0), got 2 exchanged + 1 subjects in block -1/1/-1 and 1 + 2 exchanged subjects in block -1/1/-2. Divide them alike, in the same order, or give block -1/1 a negative index in column 2, so that its parts stay.",
      ),
    ],
    [
      "that leave nothing to exchange",
      eb(eight((i) => `-1 ${1 + (i >> 1)}`)),
      cannot(
        "blocks or subjects that trade places, got none: only the unshuffled data are left. Subjects that share an index in the last column keep their order: append a column that numbers them (1, 2, 3, ..) to exchange them, or use -errors ise.",
      ),
    ],
  ]);

  refuses(
    [
      [
        "beside blocks of another option",
        eb(
          eight((i) => `1 ${i + 1}`),
          "-exchange_within",
          "x.txt",
        ),
        "Cannot use -exchange_within together with -eb: expected one kind of blocks, got both. Leave one out.",
      ],
      [
        "beside permutations",
        eb(
          eight((i) => `1 ${i + 1}`),
          "-permutations",
          "p.txt",
        ),
        "Cannot use -eb together with -permutations: expected either blocks to shuffle in or the permutations themselves, got both. Leave one out.",
      ],
    ],
    { status: 2 },
  );
});

describe("-vg", () => {
  refuses([
    [
      "auto whose groups have one subject",
      eb(
        eight((i) => `${i < 6 ? "-1 1" : `-1 -2 ${i}`} ${i + 1}`.replace(/^-1 1 /, "-1 1 1 ")),
        "-vg",
        "auto",
      ),
      "Cannot use -vg auto (eb.csv) for -variance: expected at least two subjects in every group, got one in group 2 (subject 7, counting from 1), and one in 1 more: a variance of its own cannot be estimated. Join groups, or leave the subject out.",
    ],
  ]);
  refuses(
    [
      [
        "auto without blocks",
        () => ["-vg", "auto"],
        "Cannot use -vg auto: expected exchangeability blocks to make the groups of, got none. Give them with -eb, -exchange_within or -exchange_whole, or the groups with -variance.",
      ],
      [
        "beside -variance",
        () => ["-vg", "auto", "-variance", "groups.txt"],
        "Cannot use -vg together with -variance: expected one kind of variance groups, got both. Leave one out.",
      ],
    ],
    { status: 2 },
  );
});
