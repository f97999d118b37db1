// The journal of a conversion: what a run that was killed wrote down last may be torn, and what stands behind a torn line is not believed.
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type JournalPlan, openJournal, readJournal } from "../../src/store/journal.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const plan: JournalPlan = {
  ...{ formatVersion: 1, kind: "fixel", scalar: "FD", nSubjects: 6, nElements: 20, blockWidth: 16, elementType: "f32" },
  inputs: [{ name: "s0.mif", path: "/data/s0.mif", sizeBytes: 1, mtimeMs: 2 }],
};
const entry = (firstSubject: number) => ({ firstSubject, crc32: [firstSubject, 7] });

function write(name: string, text: string): string {
  const path = join(directory, name);
  fs.writeFileSync(path, text);
  return path;
}
const lines = (...values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

test("a line torn at the end, or in the middle: nothing from there on counts", () => {
  const whole = lines(plan, entry(0));
  for (const [name, rest] of [
    ["end", '{"firstSubject":2,"crc'],
    ["middle", `{"firstSubject":2,"crc\n${lines(entry(4))}`],
    ["zeros", `${"\0".repeat(40)}\n${lines(entry(4))}`],
  ] as const) {
    expect(readJournal(write(name, whole + rest)), name).toEqual({
      plan,
      entries: [entry(0)],
      validBytes: Buffer.byteLength(whole),
    });
  }
});

test("a torn first line, or none: no journal", () => {
  expect(readJournal(write("empty", ""))).toBeUndefined();
  expect(readJournal(write("torn", JSON.stringify(plan).slice(0, 50)))).toBeUndefined();
  expect(readJournal(join(directory, "absent"))).toBeUndefined();
});

test("is continued in place of what was torn", () => {
  const whole = lines(plan, entry(0));
  // longer than what is written over it: without being cut off, its end would stand behind the new line
  const path = write("continued", `${whole}{"firstSubject":2,"crc32":[${"1,".repeat(100)}`);
  const journal = openJournal(path, readJournal(path)!.validBytes);
  journal.append(entry(2));
  journal.append(entry(4));
  journal.close();
  expect(fs.readFileSync(path, "utf8")).toBe(whole + lines(entry(2), entry(4)));
});

test("is begun anew at 0", () => {
  const path = write("anew", lines(plan, entry(0)));
  const journal = openJournal(path, 0);
  journal.append({ ...plan, scalar: "FC" });
  journal.close();
  expect(readJournal(path)).toMatchObject({ plan: { scalar: "FC" }, entries: [] });
});
