// What is kept of files is used while they are the same files: another content of the same size is converted, or prepared, again.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import {
  ALL_COMMANDS,
  type CommandName,
  type EitherRun,
  NAMES,
  newRun,
  writeColumnFor,
} from "../support/both-commands.js";
import { fileOfSubject } from "../support/small-analysis.js";

const nameOf = (command: CommandName, image: string) => {
  const { ending, beta } = NAMES[command];
  return `${image === "beta0" ? beta : image}${ending}`;
};

/** Negates the last float32 of a file, two seconds later. */
function change(file: string): void {
  const { mtimeMs } = fs.statSync(file);
  const bytes = fs.readFileSync(file);
  bytes[bytes.length - 1]! ^= 0x80;
  fs.writeFileSync(file, bytes);
  const later = new Date(mtimeMs + 2000);
  fs.utimesSync(file, later, later);
}

/** Runs, changes a file, runs again; then once more without anything kept. */
async function expectConvertedAgain(run: EitherRun, options: object, file: string, image: string): Promise<void> {
  const result = nameOf(run.command, image);
  // the history names the cache
  const infer = async (cache: string) => {
    await run.infer({ ...options, cache: run.at(cache), force: true, command: "test" });
    return run.result(result).toString("latin1");
  };
  const before = await infer("cache");
  expect(await infer("cache")).toBe(before);
  change(file);
  const after = await infer("cache");
  expect(after).not.toBe(before);
  expect(after).toBe(await infer("fresh"));
}

/** All edges of 7 nodes, so that the last value of a file is one that is tested. */
const nElements = 28;

describe.each(ALL_COMMANDS)("%s", (command) => {
  it("values of subjects", async () => {
    const run = newRun(command, { nElements });
    const file = {
      fixelcfestats: run.at("fd", fileOfSubject(0)),
      vectorstats: run.at("values.npy"),
      mrclusterstats: run.at("fd", fileOfSubject(0)),
      connectomestats: run.at("connectome-0.npy"),
    }[command];
    await expectConvertedAgain(run, {}, file, "beta0");
  });

  it("values of a column", async () => {
    const run = newRun(command, { nElements });
    const column = writeColumnFor(run, 8, nElements);
    fs.writeFileSync(run.at("contrast.txt"), "0 -1 0\n");
    const file = {
      fixelcfestats: run.at("column-3.mif"),
      vectorstats: column,
      mrclusterstats: run.at("column-3.mif"),
      connectomestats: run.at("column-3.npy"),
    }[command];
    await expectConvertedAgain(run, { column: [column] }, file, "beta0");
  });
});

it.each(ALL_COMMANDS)("%s: what was cleared away after it was found is made again", async (command) => {
  const run = newRun(command);
  const options = { cache: run.at("cache"), force: true, command: "test" };
  await run.infer(options);
  const before = run.result(nameOf(command, "beta0"));
  const [store] = fs.readdirSync(run.at("cache")).filter((name) => name.endsWith(".fxs"));
  const onFacts = () => fs.rmSync(run.at("cache", store!), { recursive: true });
  await run.infer(options, { onFacts });
  expect(run.result(nameOf(command, "beta0")).equals(before)).toBe(true);
  expect(fs.readdirSync(run.at("cache"))).toContain(store);
});

describe("connectivity", () => {
  it("values of the matrix", async () => {
    const run = newRun("fixelcfestats");
    // from 0.5 to 0: no value may be negative
    const file = run.at("matrix", "values.mif");
    const options = { cache: run.at("cache"), force: true, command: "test" };
    await run.infer(options);
    const before = run.result("cfe.mif");
    const { mtimeMs } = fs.statSync(file);
    const bytes = fs.readFileSync(file);
    bytes.fill(0, 256 + 4, 256 + 8);
    fs.writeFileSync(file, bytes);
    fs.utimesSync(file, new Date(mtimeMs + 2000), new Date(mtimeMs + 2000));
    await run.infer(options);
    const after = run.result("cfe.mif");
    expect(after.equals(before)).toBe(false);
    await run.infer({ ...options, cache: run.at("fresh") });
    expect(run.result("cfe.mif").equals(after)).toBe(true);
  });

  it("another exponent is another matrix", async () => {
    const run = newRun("fixelcfestats");
    const infer = async (cfeC: number, cache: string) => {
      await run.infer({ ...{ cfeC }, cache: run.at(cache), force: true, command: "test" });
      return run.result("cfe.mif").toString("latin1").split("\nEND\n")[1];
    };
    const half = await infer(0.5, "cache");
    const one = await infer(1, "cache");
    expect(one).not.toBe(half);
    expect(one).toBe(await infer(1, "fresh"));
  });
});
