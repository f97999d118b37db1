// What is in the cache is used for the contents that it was made of, and for no others: files that were put back or written over with the same size and time are
// noticed by the time of their status, or by --verify-inputs. Other rights, copies and moves of the same contents are used without converting again.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { newAnalysis, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const TIME = new Date("2026-01-02T03:04:05Z");
const setTime = (file: string) => fs.utimesSync(file, TIME, TIME);

/** Every file has one time, which can be given back exactly. */
function prepare(): SmallAnalysis {
  const input = newAnalysis();
  for (const folder of ["fd", "matrix"])
    for (const name of fs.readdirSync(input.at(folder))) setTime(input.at(folder, name));
  for (let i = 1; i <= 8; i++) {
    write(input, `v${i}.txt`, `${i} ${(i * 3) % 5} ${(i * i) % 7}\n`);
    fs.copyFileSync(input.at("fd", `sub-${9 - i}.mif`), input.at(`c${i}.mif`));
    setTime(input.at(`v${i}.txt`));
    setTime(input.at(`c${i}.mif`));
  }
  const list = (prefix: string, ending: string) =>
    Array.from({ length: 8 }, (_, i) => `${prefix}${i + 1}.${ending}\n`).join("");
  write(input, "vectors.txt", list("v", "txt"));
  write(input, "column.txt", list("c", "mif"));
  write(input, "wide.txt", "0 -1 0\n");
  return input;
}

const QUICK = ["-nshuffles", "20", "--seed", "1", "-nthreads", "0", "-quiet", "-force"];

const COMMANDS: readonly (readonly [
  what: string,
  tokens: (input: SmallAnalysis) => string[],
  file: string,
  other: string,
])[] = [
  ["subjects", (input) => ["fixelcfestats", ...input.positionals], "fd/sub-3.mif", "fd/sub-2.mif"],
  [
    "a column",
    (input) => ["fixelcfestats", ...input.positionals.with(3, input.at("wide.txt")), "-column", input.at("column.txt")],
    "c4.mif",
    "c2.mif",
  ],
  [
    "vectors",
    (input) => ["vectorstats", ...["vectors.txt", "design.txt", "contrast.txt", "v_"].map((name) => input.at(name))],
    "v5.txt",
    "v2.txt",
  ],
];

/** Of another file, in place: size and time stay. */
function overwrite(input: SmallAnalysis, file: string, other: Uint8Array | string): void {
  const before = fs.statSync(input.at(file));
  fs.writeFileSync(input.at(file), other);
  setTime(input.at(file));
  const after = fs.statSync(input.at(file));
  expect([after.size, after.mtimeMs]).toEqual([before.size, before.mtimeMs]);
}

/** Time and number of every manifest in the cache. */
function entries(input: SmallAnalysis): string[] {
  const cache = input.at(".fixelstream");
  return (fs.readdirSync(cache, { recursive: true }) as string[])
    .filter((name) => /(store|connectivity)\.json$/.test(name))
    .map((name) => `${name} ${fs.statSync(`${cache}/${name}`).ino} ${fs.statSync(`${cache}/${name}`).mtimeMs}`)
    .sort();
}

async function run(input: SmallAnalysis, tokens: string[], ...more: string[]) {
  const { status, stderr } = await runInProcess([...tokens, ...QUICK, ...more]);
  const lines = input
    .relative(stderr)
    .split("\n")
    .filter((line) => line !== "" && !line.includes("will be overwritten"));
  return { status, lines };
}

const refusal = (file: string, what = "the bytes that were converted", again = "converted") =>
  new RegExp(
    `^fixelstream: error: Cannot use ${file}: expected ${what}, CRC-32 \\w{8}, got others \\(\\w{8}\\), though its size and time are the same\\. It is damaged: restore it\\. If it was changed on purpose, give it a new time \\(touch\\), and it is ${again} again\\.$`,
  );
const touched = (which: string) =>
  `fixelstream: warning: ${which} touched since what is in the cache was made, with the same size and time: contents are compared with what was read then.`;

describe.each(COMMANDS)("%s", (_what, tokensOf, file, other) => {
  it("other contents of the same size and time are refused; with a new time they are converted", async () => {
    const input = prepare();
    const tokens = tokensOf(input);
    expect(await run(input, tokens)).toEqual({ status: 0, lines: [] });
    expect(await run(input, tokens)).toEqual({ status: 0, lines: [] });
    overwrite(input, file, fs.readFileSync(input.at(other)));
    const { status, lines } = await run(input, tokens);
    expect(status).toBe(1);
    expect(lines[0]).toBe(touched(`${file} was`));
    expect(lines[1]).toMatch(refusal(file));
    fs.utimesSync(input.at(file), new Date(), new Date());
    expect((await run(input, tokens)).status).toBe(0);
  });

  it("other rights, and a copy in the place of the file, are used as they are", async () => {
    const input = prepare();
    const tokens = tokensOf(input);
    await run(input, tokens);
    const before = entries(input);
    fs.chmodSync(input.at(file), 0o600);
    expect(await run(input, tokens)).toEqual({ status: 0, lines: [touched(`${file} was`)] });
    const bytes = fs.readFileSync(input.at(file));
    fs.rmSync(input.at(file));
    fs.writeFileSync(input.at(file), bytes);
    setTime(input.at(file));
    fs.chmodSync(input.at(other), 0o600);
    const many = await run(input, tokens);
    expect(many.status).toBe(0);
    expect(many.lines[0]).toMatch(/warning: 2 of 8 files \(\S+, \.\.\) were touched since/);
    expect(entries(input)).toEqual(before);
  });

  it("--verify-inputs compares all, and waits to be told of none", async () => {
    const input = prepare();
    const tokens = tokensOf(input);
    await run(input, tokens);
    overwrite(input, file, fs.readFileSync(input.at(other)));
    const { status, lines } = await run(input, tokens, "--verify-inputs");
    expect(status).toBe(1);
    expect(lines[0]).toMatch(refusal(file));
    overwrite(input, file, file.startsWith("v") ? "5 0 4\n" : originalOf(input, file));
    expect(await run(input, tokens, "--verify-inputs")).toEqual({ status: 0, lines: [] });
  });
});

/** The file whose copy it was, or that still has its values. */
function originalOf(input: SmallAnalysis, file: string): Uint8Array {
  return fs.readFileSync(file === "c4.mif" ? input.at("fd", "sub-5.mif") : input.at("c6.mif"));
}

describe("the connectivity", () => {
  const tokensOf = (input: SmallAnalysis) => ["fixelcfestats", ...input.positionals];

  it.each(["values.mif", "fixels.mif", "index.mif"])("%s", async (name) => {
    const input = prepare();
    const tokens = tokensOf(input);
    await run(input, tokens);
    const before = entries(input);
    fs.chmodSync(input.at("matrix", name), 0o600);
    expect(await run(input, tokens)).toEqual({ status: 0, lines: [touched(`matrix/${name} was`)] });
    expect(entries(input)).toEqual(before);
    const bytes = fs.readFileSync(input.at("matrix", name));
    // index.mif: the count of the first fixel; values: the lowest bit of the last
    const at = name === "index.mif" ? bytes.length - 2 * 24 * 8 : bytes.length - 4;
    bytes[at]! ^= 1;
    overwrite(input, `matrix/${name}`, bytes);
    const { status, lines } = await run(input, tokens);
    expect(status).toBe(1);
    expect(lines[1]).toMatch(refusal(`matrix/${name}`, "the numbers that were prepared", "prepared"));
  });

  it("--verify-inputs, and a mask", async () => {
    const input = prepare();
    const tokens = tokensOf(input);
    await run(input, tokens);
    expect(await run(input, tokens, "--verify-inputs")).toEqual({ status: 0, lines: [] });
  });
});

it("a folder in the place of another, with files of the same sizes and times that were there before", async () => {
  const input = prepare();
  fs.cpSync(input.at("fd"), input.at("other"), { recursive: true, preserveTimestamps: true });
  fs.writeFileSync(input.at("other", "sub-6.mif"), fs.readFileSync(input.at("fd", "sub-7.mif")));
  for (const name of fs.readdirSync(input.at("other"))) setTime(input.at("other", name));
  const tokens = ["fixelcfestats", ...input.positionals];
  await run(input, tokens);
  fs.renameSync(input.at("fd"), input.at("before"));
  fs.renameSync(input.at("other"), input.at("fd"));
  const { status, lines } = await run(input, tokens);
  expect(status).toBe(1);
  expect(lines[0]).toBe(touched("8 of 8 files (fd/sub-1.mif, ..) were"));
  expect(lines[1]).toMatch(refusal("fd/sub-6.mif"));
  expect(lines).toHaveLength(2);
});

it("of an image of two files the data count too", async () => {
  const input = prepare();
  const bytes = fs.readFileSync(input.at("fd", "sub-3.mif"));
  const text = bytes.toString("latin1");
  const offset = Number(/file: \. (\d+)/.exec(text)![1]);
  fs.writeFileSync(input.at("fd", "sub-3.dat"), bytes.subarray(offset));
  fs.writeFileSync(input.at("fd", "sub-3.mih"), `${text.slice(0, text.indexOf("file: ."))}file: sub-3.dat 0\nEND\n`);
  for (const name of ["sub-3.dat", "sub-3.mih"]) setTime(input.at("fd", name));
  write(input, "subjects.txt", fs.readFileSync(input.at("subjects.txt"), "utf8").replace("sub-3.mif", "sub-3.mih"));
  const tokens = ["fixelcfestats", ...input.positionals];
  expect(await run(input, tokens)).toEqual({ status: 0, lines: [] });
  expect(await run(input, tokens)).toEqual({ status: 0, lines: [] });
  const other = fs.readFileSync(input.at("fd", "sub-2.mif")).subarray(offset);
  overwrite(input, "fd/sub-3.dat", other);
  expect((await run(input, tokens)).lines[1]).toMatch(refusal("fd/sub-3.mih"));
  const before = entries(input);
  fs.utimesSync(input.at("fd", "sub-3.dat"), new Date(), new Date());
  expect(await run(input, tokens)).toEqual({ status: 0, lines: [] });
  expect(entries(input)).not.toEqual(before);
});

it("--no-verify compares nothing", async () => {
  const input = prepare();
  const tokens = ["fixelcfestats", ...input.positionals];
  await run(input, tokens);
  overwrite(input, "fd/sub-3.mif", fs.readFileSync(input.at("fd", "sub-2.mif")));
  const { status, lines } = await run(input, tokens, "--no-verify");
  expect(status).toBe(0);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("No checksum is compared (--no-verify)");
});
