import { describe, expect, test } from "vitest";
import { DesignError, InputError, InternalError, isFixelstreamError, UsageError } from "../../src/errors.js";
import { blocksFromLabels } from "../../src/stats/shuffle/exchangeability-blocks.js";
import { planShuffles } from "../../src/stats/shuffle/generated-shuffles.js";
import { planFromPermutations } from "../../src/stats/shuffle/permutations-file.js";
import { withoutIdentity } from "../../src/stats/shuffle/without-identity.js";

const matrix = (...rows: number[][]) => ({ nRows: rows.length, nColumns: rows[0]!.length, values: rows.flat() });
const options = { nSubjects: 3, errors: "ee" as const, seed: 1, path: "perms.csv" };

function thrown(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error");
}

describe("a permutations file", () => {
  test.each([
    {
      name: "wrong number of rows",
      rows: [[0], [1]],
      message:
        "Cannot use perms.csv: expected 3 rows (one per subject) and a column per shuffle, got 2 rows of 1. Give one row a subject and one column a shuffle.",
    },
    {
      name: "transposed",
      rows: [
        [0, 1, 2],
        [2, 1, 0],
      ],
      message:
        "Cannot use perms.csv: expected 3 rows (one per subject) and a column per shuffle, got 2 rows of 3. The file seems to be transposed: turn it.",
    },
    {
      name: "lowest index",
      rows: [[2], [3], [4]],
      message:
        "Cannot use perms.csv: expected indices from 0 or from 1, got 2 as the lowest of column 1. Correct the file.",
    },
    {
      name: "out of range",
      rows: [
        [1, 1],
        [2, 2],
        [3, 4],
      ],
      message:
        "Cannot use column 2 of perms.csv, counting from 1: expected each of 1..3 once, got 4 in row 3. Correct the column.",
    },
    {
      name: "below the first",
      rows: [
        [1, 1],
        [2, 0],
        [3, 3],
      ],
      message:
        "Cannot use column 2 of perms.csv, counting from 1: expected each of 1..3 once, got 0 in row 2. Correct the column.",
    },
    {
      name: "columns that count from 0 and from 1",
      rows: [
        [1, 3, 1],
        [2, 2, 0],
        [3, 1, 2],
      ],
      message:
        "Cannot use perms.csv: expected all columns to count the subjects from 0, or all from 1, got 0..2 in column 3 and 1..3 in column 1 (columns counted from 1). Number the subjects one way.",
    },
    {
      name: "negative indices beside 0",
      rows: [
        [0, -1],
        [1, 0],
        [2, -2],
      ],
      message:
        "Cannot use perms.csv: expected indices from 1 where some are negative (sign flips, as PALM writes them), got 0 in column 1, counting from 1: -1 could be the second subject, counting from 0, or the first. Number the subjects from 1.",
    },
    {
      name: "the same subject with both signs",
      rows: [
        [1, 1],
        [2, -1],
        [3, 3],
      ],
      message:
        "Cannot use column 2 of perms.csv, counting from 1: expected each of 1..3 once, got -1 twice (again in row 2). Correct the column.",
    },
    {
      name: "not an integer",
      rows: [
        [0, 0],
        [1, 1.5],
        [2, 2],
      ],
      message:
        "Cannot use column 2 of perms.csv, counting from 1: expected each of 0..2 once, got 1.5 in row 2. Correct the column.",
    },
    {
      name: "a repeat",
      rows: [
        [0, 0],
        [1, 2],
        [2, 2],
      ],
      message:
        "Cannot use column 2 of perms.csv, counting from 1: expected each of 0..2 once, got 2 twice (again in row 3). Correct the column.",
    },
  ])("$name", ({ rows, message }) => {
    const error = thrown(() => planFromPermutations(matrix(...rows), options));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toBe(message);
    expect((error as InputError).path).toBe("perms.csv");
  });

  test("NaN", () => {
    const error = thrown(() => planFromPermutations(matrix([0, Number.NaN], [1, 1], [2, 2]), options));
    expect(error.message).toMatch(/column 2 .* got NaN in row 1/);
  });

  test("lists ten wrong columns and counts the rest", () => {
    const wrong = Array(12).fill(0);
    const error = thrown(() => planFromPermutations(matrix([0, ...wrong], [1, ...wrong], [2, ...wrong]), options));
    expect(error.message.split("\n")).toHaveLength(11);
    expect(error.message).toMatch(/\n2 more columns are no permutations\.$/);
  });

  test("with sign flips alone", () => {
    const error = thrown(() => planFromPermutations(matrix([0], [1], [2]), { ...options, errors: "ise" }));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(
      "Cannot use -permutations perms.csv with -errors ise: expected -errors ee or both, since sign flips alone permute nothing. Leave one of the two out.",
    );
  });
});

test("a list of permutations and sign flips, where sign flips alone are asked for", () => {
  const signed = matrix([1, -2], [2, 1], [3, 3]);
  const error = thrown(() => planFromPermutations(signed, { ...options, errors: "ise" }));
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toBe(
    "Cannot use -permutations perms.csv with -errors ise: expected sign flips alone, got a permutation in column 2, counting from 1. Give -errors both.",
  );
});

describe("exchangeability blocks", () => {
  test.each([
    {
      kind: "within" as const,
      labels: [1, 1, 2],
      problems: ["expected 4 values (one per subject), got 3. Give one block number a subject."],
    },
    {
      kind: "within" as const,
      labels: [1, 1, 1.5, 2],
      problems: ["expected whole numbers from 0 or from 1, got 1.5 (subject 3, counting from 1). Number the blocks."],
    },
    {
      kind: "within" as const,
      labels: [3, 3, 4, 4],
      problems: ["expected the lowest block number to be 0 or 1, got 3. Number the blocks from 0 or 1."],
    },
    {
      kind: "within" as const,
      labels: [1, 1, 3, 4],
      problems: [
        "expected block numbers 1 to 4 without gaps, got no subject in block 2. Renumber the blocks.",
        "expected 2 or more subjects in each block, got 1 in block 3 (and 1 more). Join it with another block.",
      ],
    },
    {
      kind: "whole" as const,
      labels: [0, 0, 1, 1, 1],
      problems: [
        "expected blocks of one size, since they trade places, got 2 subjects in block 0 and 3 in block 1. Use -exchange_within, or make them equal.",
      ],
    },
  ])("$kind $labels", ({ kind, labels, problems }) => {
    const nSubjects = labels.length === 3 ? 4 : labels.length;
    const error = thrown(() => blocksFromLabels(labels, { nSubjects, kind, path: "eb.txt" }));
    expect(isFixelstreamError(error, "DesignError")).toBe(true);
    expect((error as DesignError).problems).toEqual(
      problems.map((p) => `Cannot use eb.txt for -exchange_${kind}: ${p}`),
    );
  });

  test("are checked when a plan is made", () => {
    const within = Int32Array.of(0, 0, 1);
    expect(
      thrown(() => planShuffles({ nSubjects: 3, nShuffles: 9, errors: "ee", seed: 1, blocks: { within } })),
    ).toBeInstanceOf(DesignError);
  });

  test("of both kinds", () => {
    const blocks = { within: Int32Array.of(0, 0), whole: Int32Array.of(0, 0) };
    const error = thrown(() => planShuffles({ nSubjects: 2, nShuffles: 9, errors: "ee", seed: 1, blocks }));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(
      "Cannot use -exchange_within together with -exchange_whole: expected one kind of blocks, got both. Leave one out.",
    );
  });
});

test.each([
  { change: { nShuffles: 0 }, message: /expected -nshuffles to be a whole number from 1 to 4294967295, got 0\./ },
  { change: { nShuffles: 1.5 }, message: /-nshuffles .* got 1\.5\./ },
  { change: { seed: -1 }, message: /expected --seed to be a whole number from 0 to 9007199254740991, got -1\./ },
  {
    change: { nSubjects: 0 },
    message: /expected the number of subjects to be a whole number from 1 to 2097152, got 0\./,
  },
])("numbers out of range: $change", ({ change, message }) => {
  const error = thrown(() => planShuffles({ nSubjects: 5, nShuffles: 10, errors: "ee", seed: 1, ...change }));
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toMatch(message);
});

test("an index or array that no caller should come with is a bug of ours", () => {
  const plan = planShuffles({ nSubjects: 5, nShuffles: 10, errors: "ee", seed: 1 });
  expect(thrown(() => plan.labelsInto(10, new Int32Array(5)))).toBeInstanceOf(InternalError);
  expect(thrown(() => plan.signsInto(0, new Int8Array(4))).message).toBe(
    "Cannot give shuffle 0 in an array of 4: expected 0..9 and 5 values.",
  );
  const listed = planFromPermutations(matrix([0], [1], [2]), options);
  expect(thrown(() => withoutIdentity(listed)).message).toBe(
    "Cannot leave out the identity: expected it as shuffle 0.",
  );
});
