// What a text given to vectorstats is: decided by all of its lines and by what lies on the disk, and refused where both readings are possible.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openVectorSource } from "../../converters/vectors.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let made = 0;

/** A list or matrix in a folder of its own, beside files of these names with three values each. */
async function open(text: string, files: readonly string[] = []) {
  const folder = path.join(root, `case${made++}`);
  fs.mkdirSync(folder);
  for (const [i, name] of files.entries()) fs.writeFileSync(path.join(folder, name), `${i} ${i + 1} ${i + 2}\n`);
  fs.writeFileSync(path.join(folder, "subjects.txt"), text);
  const source = await openVectorSource(path.join(folder, "subjects.txt"), { memoryBytes: 2 ** 24 }).catch(
    (error: Error) => {
      throw new Error(error.message.replaceAll(`${folder}/`, "").replaceAll(folder, "."));
    },
  );
  const { nSubjects, nElements, subjectNames, sources } = source;
  const notes = (source.notes ?? []).map((note) => note.replaceAll(`${folder}/`, "").replaceAll(folder, "."));
  return { nSubjects, nElements, subjectNames, notes, names: sources.map(({ name }) => name) };
}

describe("one number a line", () => {
  const names = ["100307", "101218", "102129"];
  const text = `${names.join("\n")}\n`;
  it("is a list where all files of those names exist, and that is said", async () => {
    expect(await open(text, names)).toMatchObject({
      ...{ nSubjects: 3, nElements: 3, subjectNames: names },
      notes: ["subjects.txt is read as a list of files: all of its 3 lines name one in .."],
    });
  });
  it("is a matrix where none does, and with ./ in front a list that lacks its files", async () => {
    expect(await open(text)).toMatchObject({ nSubjects: 3, nElements: 1, subjectNames: undefined });
    await expect(open("./100307\n./101218\n", ["100307"])).rejects.toThrow(
      /^Cannot find the files named in subjects.txt: .* first one missing is \.\/101218/,
    );
  });
  it("is refused where some do, with both readings and what to do for each", async () => {
    await expect(open(text, names.slice(0, 2))).rejects.toThrow(
      "Cannot tell what subjects.txt is: expected a list of files or a matrix of numbers, got 3 lines of one number each that may be either: there are files 100307, 101218 in ., but no files 102129. For a list write ./ in front of every name; for a matrix begin the file with a line # values.",
    );
    await expect(open("1\n2\n1\n", ["1", "2"])).rejects.toThrow("there are files 1, 2 in ., but 1 more than once.");
  });
  it("what it says to do works", async () => {
    expect(await open("./1\n./2\n./1\n", ["1", "2"])).toMatchObject({ nSubjects: 3, nElements: 3 });
    expect(await open("# values\n1\n2\n1\n", ["1", "2"])).toMatchObject({ nSubjects: 3, nElements: 1 });
  });
});

describe("other lines", () => {
  it("a number in the second line does not make a matrix of a list", async () => {
    expect(await open("a.txt\n100307\n", ["a.txt", "100307"])).toMatchObject({ nSubjects: 2, nElements: 3 });
    expect(await open("100307\na.txt\n", ["a.txt", "100307"])).toMatchObject({ nSubjects: 2, nElements: 3 });
  });
  it("names of subjects beside the values are the subjects'", async () => {
    const table = await open("subject,left,right\nsub-01,1,2\nsub-02,3,4\n");
    expect(table).toMatchObject({ nSubjects: 2, nElements: 2, names: ["sub-01", "sub-02"] });
    expect(table.subjectNames).toEqual(["sub-01", "sub-02"]);
    expect(table.notes).toEqual([
      "subjects.txt is read as 2 rows of 2 columns, separated by commas, the first row has names (left, right), the first column has names (sub-01, sub-02).",
    ]);
  });
  it("a header above nothing but numbers", async () => {
    expect(await open("left right\n1 2\n3 4\n5 6\n")).toMatchObject({ nSubjects: 3, nElements: 2 });
  });
  it("a list in quotes, and one of old line ends", async () => {
    expect(await open('"a.txt"\n"b c.txt"\n', ["a.txt", "b c.txt"])).toMatchObject({ names: ["a.txt", "b c.txt"] });
    expect(await open("a.txt\rb.txt\r", ["a.txt", "b.txt"])).toMatchObject({ nSubjects: 2 });
  });
  it("what is neither is refused as what it is more like", async () => {
    await expect(open("1 2\n3 x\n5 6\n")).rejects.toThrow('expected a number, got "x" (line 2)');
    await expect(open("a.txt\nb.txt\n", ["a.txt"])).rejects.toThrow("first one missing is b.txt (2 of 2)");
    await expect(open("id,file\n1,a.txt\n2,b.txt\n3,c.txt\n", ["a.txt"])).rejects.toThrow(/Cannot (read|find)/);
  });
});
