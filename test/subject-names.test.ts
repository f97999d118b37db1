import { describe, expect, it } from "vitest";
import { keysInCommon, matchNames, matchSubjects } from "../src/subject-names.js";

describe("matchNames", () => {
  it.each([
    ["the same text", ["b.mif"], ["a.mif", "b.mif"], [1]],
    ["a base name for a long path", ["b.mif"], ["/data/x/a.mif", "/data/x/b.mif"], [1]],
    ["a long path for a base name", ["/data/x/b.mif"], ["a.mif", "b.mif"], [1]],
    ["a name without its ending", ["b"], ["x/a.mif.gz", "x/b.mif.gz"], [1]],
    ["folder and name, where names are all alike", ["/new/s2/fd.mif"], ["/old/s1/fd.mif", "/old/s2/fd.mif"], [1]],
    ["blanks and quotes", ['"b.mif"'], ["a.mif", "b.mif "], [1]],
    ["nobody", ["c.mif"], ["a.mif", "b.mif"], ["none"]],
    ["more than one", ["fd.mif"], ["s1/fd.mif", "s2/fd.mif"], ["several"]],
    ["the exact one of several", ["s1/a.mif"], ["s1/a.mif", "x/s1/a.mif"], [0]],
    ["no part of a name", ["sub-1"], ["sub-1_fd.mif"], ["none"]],
  ] as const)("%s", (_, wanted, names, expected) => expect(matchNames(wanted, names)).toEqual(expected));
});

describe("matchSubjects", () => {
  it.each([
    ["a folder", ["sub-1", "sub-11"], ["sub-1/fd.mif", "sub-11/fd.mif"], [0, 1]],
    ["a part that ends where a word ends", ["sub-1", "sub-11"], ["fd_sub-1_x.mif", "fd_sub-11_x.mif"], [0, 1]],
    ["a number", ["100307"], ["100307_fd.mif", "101218_fd.mif"], [0]],
    ["the folder before parts of names", ["s-1"], ["s-1/fd.mif", "s-1-2/fd.mif"], [0]],
    ["a number, whatever zeros are in front", ["1", "010"], ["sub-001_fd.mif", "sub-010_fd.mif"], [0, 1]],
    ["no number that all have", ["1"], ["sub-1_ses-1.mif", "sub-2_ses-1.mif"], ["several"]],
    ["no part of a word", ["sub-1"], ["sub-10.mif", "sub-12.mif"], ["none"]],
    ["not where two have it", ["a"], ["a_1.mif", "a_2.mif"], ["several"]],
  ] as const)("%s", (_, wanted, names, expected) => expect(matchSubjects(wanted, names)).toEqual(expected));
});

it("keys in common need every name once, in every list", () => {
  const list = (...names: string[]) => ({ scalar: "", names });
  expect(keysInCommon([list("a/1.mif", "a/2.mif"), list("b/2.mif", "b/1.mif")])).toEqual([
    ["1.mif", "2.mif"],
    ["2.mif", "1.mif"],
  ]);
  expect(keysInCommon([list("a", "b"), list("a", "b", "c")])).toBeUndefined();
  expect(keysInCommon([list("a", "a"), list("a", "a")])).toBeUndefined();
});
