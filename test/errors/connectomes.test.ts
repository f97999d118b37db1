// What a user reads when connectomes, or what goes with them, cannot be used: one test a message.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeConnectomes } from "../support/connectomes.js";
import { runInProcess } from "../support/in-process-cli.js";
import { makeStore } from "../support/make-store.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes } from "../support/write-npy.js";

const root = temporaryDirectory();
const { directory, at } = makeConnectomes(join(root, "c"), { nNodes: 4, nSubjects: 8 });
mkdirSync(at("out"));
const write = (name: string, content: string | Uint8Array) => writeFileSync(at(name), content);
const list = (name: string, first: string) =>
  write(name, ["c0.csv", first, ...Array.from({ length: 6 }, (_, i) => `c${i + 2}.csv`)].join("\n"));

async function refused(tokens: readonly string[], status = 1): Promise<string> {
  const given = tokens.map((token) => (/\.(txt|csv|npy|fxs|h5)$|\/$/.test(token) ? at(token) : token));
  const result = await runInProcess([
    ...given,
    "-quiet",
    ...(given[0] === "convert" ? [] : ["-nthreads", "0", "-nshuffles", "60", "--seed", "1"]),
  ]);
  expect({ status: result.status, stdout: result.stdout }, result.stderr).toEqual({ status, stdout: "" });
  return result.stderr
    .replaceAll(`${directory}/`, "")
    .replace(/^fixelstream: error: /, "")
    .trimEnd();
}
const stats = (input: string, ...more: string[]) => [
  "connectomestats",
  input,
  "tfnbs",
  "design.txt",
  "contrast.txt",
  "out/",
  ...more,
];
const small = (values: readonly (readonly number[])[]) => values.map((row) => row.join(" ")).join("\n");
const symmetric = [
  [1, 2, 3, 4],
  [2, 5, 6, 7],
  [3, 6, 8, 9],
  [4, 7, 9, 10],
];
const changed = (i: number, j: number, value: number) =>
  small(symmetric.map((row, a) => row.map((old, b) => (a === i && b === j ? value : old))));

describe("matrices", () => {
  it("not square", async () => {
    write("wide.csv", "1 2 3\n4 5 6\n");
    list("wide.txt", "wide.csv");
    expect(await refused(stats("wide.txt"))).toBe(
      "Cannot use wide.csv: expected a square matrix, a row and a column a node, got 2 x 3. Is it the right file?",
    );
  });
  it("of another size", async () => {
    write("three.csv", "1 2 3\n2 5 6\n3 6 7\n");
    list("three.txt", "three.csv");
    expect(await refused(stats("three.txt"))).toBe(
      "Cannot use three.csv: expected 4 nodes as in c0.csv, got 3 (subject 2 of 8, counting from 1). Every connectome needs the same nodes, in the same order.",
    );
  });
  it("of other nodes", async () => {
    const table = (names: string, values: string) => `${names}\n${values.replaceAll(" ", ",")}\n`;
    write("names1.csv", table("a,b,c,d", small(symmetric)));
    write("names2.csv", table("a,c,b,d", small(symmetric)));
    write("named.txt", "names1.csv\nnames2.csv\n");
    expect(await refused(["convert", "edges", "named.txt", "never.fxs"])).toBe(
      "Cannot use names2.csv: expected b in column 2 as in names1.csv, got c (subject 2 of 2, counting from 1). Every connectome needs the same nodes, in the same order.",
    );
  });
  it("directed", async () => {
    write("directed.csv", changed(1, 3, 7.5));
    list("directed.txt", "directed.csv");
    expect(await refused(stats("directed.txt"))).toBe(
      "Cannot use directed.csv: expected a symmetric matrix (an undirected connectome), or 0 in one triangle, got 7.5 in row 2, column 4 and 7 in row 4, column 2, by 0.5. If the mean of both is meant, average the matrix with its transpose.",
    );
    write("many.csv", small(symmetric.map((row, i) => row.map((value, j) => (i < j ? value + j * 1e-12 : value)))));
    list("many.txt", "many.csv");
    expect(await refused(stats("many.txt"))).toMatch(
      /^Cannot use many\.csv: .*, got 2\.000000000001 in row 1, column 2 and 2 in row 2, column 1 \(counting from 1\), one of 6 pairs that differ, by 3e-12 at most\. If/,
    );
  });
  it.each([
    ["a number and NaN", Number.NaN, false],
    ["0 and NaN", Number.NaN, true],
  ])("%s", async (_, value, isData) => {
    const text = changed(1, 3, value);
    write("nan.csv", isData ? text.replace(/^4 7/m, "4 0") : text);
    list("nan.txt", "nan.csv");
    if (isData)
      expect(await runInProcess(["convert", "edges", at("nan.txt"), at("nan.fxs"), "-quiet"])).toMatchObject({
        status: 0,
      });
    else
      expect(await refused(["convert", "edges", "nan.txt", "never.fxs"])).toBe(
        "Cannot use nan.csv: expected a symmetric matrix (an undirected connectome), or 0 in one triangle, got NaN in row 2, column 4 and 7 in row 4, column 2. If the mean of both is meant, average the matrix with its transpose.",
      );
  });
  it("all problems of all files", async () => {
    write("two.txt", "c0.csv\nwide.csv\nc1.csv\nthree.csv\n");
    expect(await refused(["convert", "edges", "two.txt", "never.fxs"])).toBe(
      [
        "Several connectomes cannot be used:",
        "Cannot use wide.csv: expected a square matrix, a row and a column a node, got 2 x 3. Is it the right file?",
        "Cannot use three.csv: expected 4 nodes as in c0.csv, got 3 (subject 4 of 4, counting from 1). Every connectome needs the same nodes, in the same order.",
      ].join("\n  "),
    );
  });
  it("numpy's, of another number of dimensions", async () => {
    write("flat.npy", npyBytes({ shape: [16], data: bytesOf(new Float32Array(16)) }));
    list("flat.txt", "flat.npy");
    expect(await refused(stats("flat.txt"))).toBe(
      "Cannot read flat.npy: expected 2 dimensions (nodes x nodes), got 1 (shape (16,)). Save a matrix a subject.",
    );
    write("none.npy", npyBytes({ shape: [0, 0], data: new Uint8Array(0) }));
    list("none.txt", "none.npy");
    expect(await refused(stats("none.txt"))).toMatch(
      /^Cannot read none\.npy: expected at least one node, got shape \(0, 0\)/,
    );
  });
});

describe("inputs", () => {
  it("a matrix instead of a list", async () => {
    expect(await refused(stats("c0.csv"))).toBe(
      "Cannot use c0.csv as a list: expected the file of one connectome a line, got numbers. Write the names of the subjects' matrices into a text, and give that.",
    );
    for (const tokens of [stats("flat.npy"), ["convert", "edges", "flat.npy", "never.fxs"]])
      expect(await refused(tokens)).toBe(
        "Cannot use flat.npy as a list: expected a text with the file of one connectome a line, got an array of numpy. Save a matrix of nodes x nodes a subject (numpy.save), and list the files.",
      );
  });
  it("a store of something else", async () => {
    await makeStore(directory, "vector.fxs", { values: new Float32Array(80).fill(1), nSubjects: 8 });
    expect(await refused(stats("vector.fxs"))).toBe(
      "Cannot use the store vector.fxs: expected edges of connectomes, got 10 elements of kind vector. Make one of the connectomes: convert edges LIST OUT.fxs.",
    );
  });
  it("an .h5", async () => {
    write("any.h5", "x");
    expect(await refused(stats("any.h5"))).toBe(
      "Cannot use any.h5: expected a list of connectomes or a store made by convert edges, got an .h5, which does not say which of its elements join which nodes. Test it with vectorstats.",
    );
  });
  it("columns of another size", async () => {
    write("short.txt", "c0.csv\nc1.csv\n");
    write("contrast4.txt", "0 1 0 0\n");
    const tokens = ["connectomestats", "list.txt", "tfnbs", "design.txt", "contrast4.txt", "out/"];
    expect(await refused([...tokens, "-column", "short.txt"])).toBe(
      "Cannot use short.txt for -column: expected 8 connectomes of 4 nodes (one per subject, in their order), got 2 of 4. Correct the list.",
    );
  });
});

describe("masks and names", () => {
  it("of other nodes, or with nothing inside", async () => {
    write("m3.csv", "1 1 1\n1 1 1\n1 1 1\n");
    write("m0.csv", small(symmetric.map((row) => row.map(() => 0))));
    for (const role of ["mask", "posthoc"]) {
      expect(await refused(stats("list.txt", `-${role}`, "m3.csv"))).toBe(
        `Cannot use -${role} m3.csv: expected 4 nodes, as the connectomes have, got 3. Make it for the nodes of these connectomes.`,
      );
      expect(await refused(stats("list.txt", `-${role}`, "m0.csv"))).toBe(
        `Cannot use -${role} m0.csv: expected at least one edge that is not 0, got none. Is it the right file?`,
      );
    }
  });
  it("that do not overlap", async () => {
    const only = (i: number) => small(symmetric.map((row, a) => row.map((_, b) => Number(a === i && b === i))));
    write("first.csv", only(0));
    write("last.csv", only(3));
    expect(await refused(stats("list.txt", "-mask", "first.csv", "-posthoc", "last.csv"))).toBe(
      "Cannot use -posthoc last.csv: expected edges that are in -mask first.csv too, got 1 of which none is. Give masks that overlap.",
    );
  });
  it("names of nodes", async () => {
    write("few.txt", "a\nb\nc\n");
    write("twice.txt", "a\nb\nc\nb\n");
    expect(await refused(stats("list.txt", "--nodes", "few.txt"))).toBe(
      "Cannot use --nodes few.txt: expected 4 names, one a line and node, got 3. Give the names of these connectomes' nodes, in their order.",
    );
    expect(await refused(stats("list.txt", "--nodes", "twice.txt"))).toBe(
      "Cannot use --nodes twice.txt: expected names that differ, got b for nodes 2 and 4. Tell them apart.",
    );
  });
});

describe("the command line", () => {
  const command = (input: string, algorithm: string, ...more: string[]) =>
    refused(["connectomestats", input, algorithm, "design.txt", "contrast.txt", "out/", ...more], 2);
  it.each([
    [
      "list.txt",
      "nbss",
      [],
      "Cannot use nbss as the algorithm: expected nbs, tfnbs or none as the second argument, got another word. Did you mean nbs?",
    ],
    [
      "list.txt",
      "tfce",
      [],
      "Cannot use tfce as the algorithm: expected nbs, tfnbs or none as the second argument, got another word.",
    ],
    [
      "nbs",
      "list.txt",
      [],
      "Cannot use list.txt as the algorithm: expected nbs, tfnbs or none as the second argument, got another word. nbs stands first: give the input first, then the algorithm.",
    ],
    [
      "list.txt",
      "nbs",
      [],
      "Cannot run nbs: expected -threshold, the Z from which an edge counts, got none. Give it, such as -threshold 3.1, or use tfnbs, which needs none.",
    ],
    ["list.txt", "nbs", ["-threshold", "-1"], "Cannot use -threshold -1: expected a number of 0 or more, a Z."],
    ["list.txt", "tfnbs", ["-tfce_dh", "0"], "Cannot use -tfce_dh 0: expected a number above 0."],
    ["list.txt", "tfnbs", ["-tfce_e", "-1"], "Cannot use -tfce_e -1: expected a number of 0 or more."],
    ["list.txt", "tfnbs", ["-tfce_h", "-1"], "Cannot use -tfce_h -1: expected a number of 0 or more."],
  ])("%s %s %j", async (input, algorithm, more, message) => {
    expect(await command(input, algorithm, ...more)).toBe(message);
  });
  it("four arguments without a contrast", async () => {
    expect(await refused(["connectomestats", "list.txt", "tfnbs", "design.txt", "out/"], 2)).toBe(
      "Cannot run connectomestats: expected five arguments (input, algorithm, design, contrast, prefix), got four. Four are enough only with -ttests or -ftest.",
    );
  });
  it("a prefix in no directory", async () => {
    expect(await refused(["connectomestats", "list.txt", "tfnbs", "design.txt", "contrast.txt", "nowhere/"])).toBe(
      "Cannot write results to nowhere/*.csv: expected an existing directory nowhere/, got none. Make it first; the prefix is put in front of every file name as it is.",
    );
  });
});
