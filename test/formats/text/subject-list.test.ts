import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

  it("finds many names as it finds few: files, links, names in other folders; no directory and no name that is not there", () => {
    const many = join(root, "many");
    mkdirSync(join(many, "deeper"), { recursive: true });
    const names = Array.from({ length: 40 }, (_, i) => `sub-${i}.mif`);
    for (const name of names) touch(join(many, name));
    const search = { fixelDirectory: many, listPath: join(many, "list.txt"), workingDirectory };
    const found = (all: readonly string[]) => resolveSubjectFiles(all, search);
    expect(found(names)).toEqual({ paths: names.map((name) => join(many, name)), searchedIn: many });

    touch(join(many, "deeper", "x.mif"));
    symlinkSync("sub-1.mif", join(many, "link.mif"));
    const odd = [...names, "link.mif", "deeper/x.mif", "./sub-2.mif", join(many, "sub-3.mif")];
    expect(found(odd).paths.slice(-4)).toEqual(
      ["link.mif", "deeper/x.mif", "sub-2.mif", "sub-3.mif"].map((name) => join(many, name)),
    );

    expect(() => found([...names, "deeper"])).toThrow(`in ${many} the first one missing is deeper (41 of 41)`);
    expect(() => found([...names, "sub-40.mif"])).toThrow("the first one missing is sub-40.mif (41 of 41)");
    symlinkSync("gone.mif", join(many, "dangling.mif"));
    expect(() => found([...names, "dangling.mif"])).toThrow("the first one missing is dangling.mif (41 of 41)");
    rmSync(join(many, "dangling.mif"));
    writeFileSync(Buffer.concat([Buffer.from(`${many}/x`), Buffer.from([0xff]), Buffer.from(".mif")]), "");
    expect(() => found([...names, "x\ufffd.mif"])).toThrow("has bytes that are no UTF-8");

    // among many more of others, and where they cannot be listed
    for (let i = 0; i < 300; i++) touch(join(many, `another-${i}.mif`));
    expect(found(names).paths).toHaveLength(40);
    chmodSync(many, 0o311);
    expect(found(names).paths).toHaveLength(40);
    chmodSync(many, 0o755);
  });
});
