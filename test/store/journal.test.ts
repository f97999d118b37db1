// The journal of a conversion: what a run that was killed wrote down last may be torn, and what stands behind a torn line is not believed.
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signed } from "../../src/checksum.js";
import { type JournalPlan, openJournal, readJournal } from "../../src/store/journal.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const plan: JournalPlan = {
  ...{ formatVersion: 1, kind: "fixel", scalar: "FD", nSubjects: 6, nElements: 20, blockWidth: 16, elementType: "f32" },
  inputs: [{ name: "s0.mif", path: "/data/s0.mif", sizeBytes: 1, mtimeMs: 2 }],
};
const entry = (firstSubject: number) => ({ firstSubject, sourceCrc32: [firstSubject, 7], valuesCrc32: [1, 2] });

function write(name: string, text: string): string {
  const path = join(directory, name);
  fs.writeFileSync(path, text);
  return path;
}
const lines = (...values: readonly object[]) => values.map((value) => `${JSON.stringify(signed(value))}\n`).join("");

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

test("a line with a flipped bit, and what follows it: not believed", () => {
  const [first, second, third] = [plan, entry(0), entry(2)].map((line) => lines(line)) as [string, string, string];
  for (const [name, changed] of [
    ["subject", second.replace('"firstSubject":0', '"firstSubject":4')],
    ["source", second.replace('"sourceCrc32":[0,7]', '"sourceCrc32":[0,3]')],
    ["values", second.replace('"valuesCrc32":[1,2]', '"valuesCrc32":[1,6]')],
    ["unsigned", second.replace(/,"crc32":\d+/, "")],
  ] as const) {
    expect(changed, name).not.toBe(second);
    expect(readJournal(write(`flip-${name}`, first + changed + third)), name).toEqual({
      plan,
      entries: [],
      validBytes: Buffer.byteLength(first),
    });
  }
  expect(readJournal(write("flip-plan", first.replace('"nSubjects":6', '"nSubjects":7')))).toBeUndefined();
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
