// Partial directories: of one maker at a time, taken over whole, removed by what they are marked to hold.
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import {
  adoptPartial,
  createPartial,
  findAbandoned,
  removeAbandoned,
  sweepAbandoned,
} from "../../src/publish/partial-directory.js";
import { findAside, sweepEmptyAside } from "../../src/publish/publish.js";
import { findForeign, removeDirectory } from "../../src/publish/remove-ours.js";
import { age, deadId, foreignId, plantPartial } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let made = 0;
const newPrefix = () => path.join(root, `p${made++}`, "x.partial-");
const make = (prefix: string) => {
  fs.mkdirSync(path.dirname(prefix), { recursive: true });
  return createPartial({ kind: "test", prefix, contents: ["data", "*.f32", "index.*"] });
};
const names = (prefix: string) => fs.readdirSync(path.dirname(prefix));

test("a living one is nobody else's; one that is left is the next one's, with all that is in it", () => {
  const prefix = newPrefix();
  const partial = make(prefix);
  fs.writeFileSync(path.join(partial.path, "FD.f32"), "values");
  expect(findAbandoned("test", prefix)).toEqual([]);
  partial.leave();
  expect(partial.isMine()).toBe(false);
  expect(() => partial.assertMine("out")).toThrow(
    /^Cannot write out: another process took over, or removed, what this/,
  );
  expect(findAbandoned("other", prefix)).toEqual([]);
  const [found] = findAbandoned("test", prefix);
  const [mine, late] = [adoptPartial(found!), adoptPartial(found!)];
  expect(late).toBeUndefined();
  expect(fs.readFileSync(path.join(mine!.path, "FD.f32"), "utf8")).toBe("values");
  expect(findAbandoned("test", prefix)).toEqual([]);
  mine!.remove();
  expect(names(prefix)).toEqual([]);
});

test("one of another machine is abandoned after two minutes of silence", () => {
  const prefix = newPrefix();
  const folder = plantPartial(prefix, foreignId(), "test", { data: "" });
  expect(findAbandoned("test", prefix)).toEqual([]);
  age(path.join(folder, "partial.json"), 121_000);
  expect(findAbandoned("test", prefix)).toHaveLength(1);
});

test("what is not ours in it keeps it, and nothing of it is touched", () => {
  const things: ((folder: string) => void)[] = [
    (folder) => fs.writeFileSync(path.join(folder, "notes.txt"), "mine"),
    (folder) => fs.mkdirSync(path.join(folder, "index.d")),
    (folder) => fs.symlinkSync(root, path.join(folder, "a.f32")),
    (folder) => fs.symlinkSync("/nowhere", path.join(folder, "index.mif")),
  ];
  for (const put of things) {
    const prefix = newPrefix();
    const folder = plantPartial(prefix, deadId(), "test", { data: "ours" });
    put(folder);
    const before = fs.readdirSync(folder);
    sweepAbandoned("test", prefix);
    expect(findAbandoned("test", prefix)).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual(before);
  }
});

test("a directory without the mark, or with another's, is not ours, whatever its name", () => {
  for (const mark of [
    undefined,
    "",
    "null",
    '{"format":"fixelstream-partial"}',
    '{"format":"x","kind":"test","contents":[]}',
  ]) {
    const prefix = newPrefix();
    const folder = `${prefix}${deadId()}`;
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "data"), "mine");
    if (mark !== undefined) fs.writeFileSync(path.join(folder, "partial.json"), mark);
    sweepAbandoned("test", prefix);
    expect(fs.readFileSync(path.join(folder, "data"), "utf8")).toBe("mine");
  }
  // A mark that claims everything, or leads outside.
  for (const contents of [["*"], ["../x"], [".."], ["a/b"], ["*.*/"]]) {
    const prefix = newPrefix();
    const folder = plantPartial(prefix, deadId(), "test", { data: "mine" });
    fs.writeFileSync(
      path.join(folder, "partial.json"),
      JSON.stringify({ format: "fixelstream-partial", kind: "test", contents }),
    );
    sweepAbandoned("test", prefix);
    expect(fs.existsSync(path.join(folder, "data"))).toBe(true);
  }
});

test("killed before it had its mark, or while it was removed, it is removed", () => {
  const prefix = newPrefix();
  fs.mkdirSync(`${prefix}${deadId()}`, { recursive: true });
  const draft = `${prefix}${deadId()}`;
  fs.mkdirSync(draft);
  fs.writeFileSync(path.join(draft, "partial.json.new"), "{");
  plantPartial(prefix, deadId(), "test", {});
  const [found] = findAbandoned("test", prefix);
  expect(removeAbandoned(found!)).toBeUndefined();
  sweepAbandoned("test", prefix);
  expect(names(prefix)).toEqual([]);
});

test("what was set aside and emptied is removed, what is not empty stays", () => {
  const target = path.join(root, "aside", "x.fxs");
  for (const name of ["full", "empty"]) {
    fs.mkdirSync(`${target}.replaced-${deadId()}`, { recursive: true });
    if (name === "full") fs.writeFileSync(path.join(findAside(target)[0]!, "note"), "mine");
  }
  expect(findAside(target)).toHaveLength(2);
  sweepEmptyAside(target);
  expect(findAside(target)).toHaveLength(1);
  expect(fs.readFileSync(path.join(findAside(target)[0]!, "note"), "utf8")).toBe("mine");
});

test("a directory is removed name by name, and not through a link", () => {
  const folder = path.join(root, "ours");
  fs.mkdirSync(folder);
  for (const name of ["a", "mark"]) fs.writeFileSync(path.join(folder, name), "");
  const link = path.join(root, "link");
  fs.symlinkSync(folder, link);
  const isOwn = (name: string) => name === "a" || name === "mark";
  expect(findForeign(link, isOwn)).toBe(link);
  expect(removeDirectory(link, isOwn, "mark")).toBe(link);
  expect(fs.readdirSync(folder)).toEqual(["a", "mark"]);
  expect(removeDirectory(folder, (name) => name === "mark", "mark")).toBe(path.join(folder, "a"));
  expect(removeDirectory(folder, isOwn, "mark")).toBeUndefined();
  expect(fs.existsSync(folder)).toBe(false);
  expect(removeDirectory(folder, isOwn, "mark")).toBeUndefined();
});
