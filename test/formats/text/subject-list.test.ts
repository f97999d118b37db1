import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSubjectList, readSubjectList, resolveSubjectFiles } from "../../../src/formats/text/subject-list.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const root = temporaryDirectory();
const fixelDirectory = join(root, "fixels");
const lists = join(root, "lists");
const workingDirectory = join(root, "work");
for (const folder of [fixelDirectory, lists, workingDirectory]) mkdirSync(folder);
const touch = (path: string): void => writeFileSync(path, "");
const listPath = join(lists, "subjects.txt");

describe("parseSubjectList", () => {
  it("strips trailing blanks, skips blank lines, takes CRLF and a byte order mark", () => {
    expect(parseSubjectList("\ufeffa.mif \t\r\n\r\n  \nsub 2.mif\n b.mif")).toEqual(["a.mif", "sub 2.mif", " b.mif"]);
    expect(parseSubjectList("")).toEqual([]);
  });

  it("refuses a list without names", async () => {
    writeFileSync(listPath, "\n \n");
    await expect(readSubjectList(listPath)).rejects.toThrow(
      /subjects.txt: expected one file name a line, got no name at all/,
    );
  });
});

describe("resolveSubjectFiles", () => {
  it("takes the first folder that has all files", () => {
    touch(join(fixelDirectory, "a.mif"));
    touch(join(lists, "a.mif"));
    touch(join(lists, "b.mif"));
    for (const name of ["a.mif", "b.mif", "c.mif"]) touch(join(workingDirectory, name));
    const search = { fixelDirectory, listPath, workingDirectory };
    expect(resolveSubjectFiles(["a.mif"], search)).toEqual({
      paths: [join(fixelDirectory, "a.mif")],
      searchedIn: fixelDirectory,
    });
    expect(resolveSubjectFiles(["a.mif", "b.mif"], search)).toEqual({
      paths: [join(lists, "a.mif"), join(lists, "b.mif")],
      searchedIn: lists,
    });
    expect(resolveSubjectFiles(["c.mif", "a.mif"], search).searchedIn).toBe(workingDirectory);
    expect(resolveSubjectFiles(["a.mif"], { listPath, workingDirectory }).searchedIn).toBe(lists);
  });

  it("takes absolute names as they are", () => {
    const path = join(workingDirectory, "c.mif");
    expect(resolveSubjectFiles([path], { fixelDirectory, listPath }).paths).toEqual([path]);
  });

  it("tells for each place which file was missing first", () => {
    const names = ["a.mif", "b.mif", "none.mif"];
    const expected = `Cannot find the files named in ${listPath}: expected all 3 in one folder, got none that has them: in ${fixelDirectory} the first one missing is b.mif (2 of 3); in ${lists} the first one missing is none.mif (3 of 3); in ${workingDirectory} the first one missing is none.mif (3 of 3). Correct the names, or move the list beside the files.`;
    expect(() => resolveSubjectFiles(names, { fixelDirectory, listPath, workingDirectory })).toThrow(expected);
    expect(() => resolveSubjectFiles(["never-there.mif"], { fixelDirectory, listPath })).toThrow(
      /in the working directory the first one missing is never-there.mif/,
    );
  });
});
