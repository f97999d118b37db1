// What is damaged is refused, by every command and whatever the model; --no-verify computes all the same, and says so.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { signed } from "../../src/checksum.js";
import { ALL_COMMANDS, type CommandName, type EitherRun, newRun, writeColumnFor } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";

/** All edges of 51 nodes, too. */
const SIZE = { nElements: 1326, nSubjects: 8 };

/** The run's values as a store of two blocks. */
async function storeFor(run: EitherRun): Promise<string> {
  const output = run.at("s.fxs");
  expect(await runInProcess(run.convertLine(output))).toMatchObject({ status: 0, stderr: "" });
  return output;
}

const dataIn = (store: string) => path.join(store, fs.readdirSync(store).find((name) => /\.f32$/.test(name))!);

function flip(file: string, byte: number, bit = 6): void {
  const bytes = fs.readFileSync(file);
  bytes[byte]! ^= 1 << bit;
  fs.writeFileSync(file, bytes);
}

/** Byte of subject 3's value of an element. */
const byteOf = (element: number) =>
  ((Math.floor(element / 1024) * SIZE.nSubjects + 3) * 1024 + (element % 1024)) * 4 + 2;

const MODELS: Readonly<Record<string, (run: EitherRun) => object>> = {
  "one design": () => ({}),
  "little memory": () => ({ memoryBytes: 5 * 2 ** 20 }),
  "two threads": () => ({ nThreads: 2 }),
  "variance groups": (run) => {
    fs.writeFileSync(run.at("groups.txt"), "1\n2\n1\n2\n1\n2\n1\n2\n");
    return { variance: run.at("groups.txt") };
  },
  "read by position": () => ({ io: "read" }),
  "no shuffles": () => ({ notest: true }),
};

describe.each(ALL_COMMANDS)("%s", (command: CommandName) => {
  it.each(Object.keys(MODELS))("refuses a flipped bit in either block of a store: %s", async (model) => {
    const run = newRun(command, SIZE);
    const store = await storeFor(run);
    const options = { ...run.ofStore(store), ...MODELS[model]!(run) };
    for (const [element, range] of [
      [20, "block 0 (elements 0 to 1023, counted from 0)"],
      [1290, "block 1 (elements 1024 to 1325, counted from 0)"],
    ] as const) {
      flip(dataIn(store), byteOf(element));
      await expect(run.infer(options)).rejects.toMatchObject({
        _tag: "InputError",
        path: dataIn(store),
        message: expect.stringContaining(`expected ${range} as it was written, CRC-32 `),
      });
      flip(dataIn(store), byteOf(element));
    }
    await run.infer(options);
  });

  it("refuses a flipped bit in the store of a column", async () => {
    const nElements = 28;
    const run = newRun(command, { nElements });
    const cache = run.at("cache");
    const column = writeColumnFor(run, SIZE.nSubjects, nElements);
    fs.writeFileSync(run.at("three.txt"), "0 -1 0\n");
    const options = { column: [column], contrast: run.at("three.txt"), cache };
    await run.infer(options);
    const stores = fs.readdirSync(cache).filter((name) => name.endsWith(".fxs"));
    expect(stores).toHaveLength(2);
    for (const name of stores) {
      const store = path.join(cache, name);
      flip(dataIn(store), 30);
      await expect(run.infer({ ...options, force: true })).rejects.toThrow(
        `Cannot use ${dataIn(store)}: expected block 0 (elements 0 to 27, counted from 0) as it was written`,
      );
      flip(dataIn(store), 30);
    }
  });

  it("computes from damaged values with --no-verify, warns of it, and keeps that in run.json", async () => {
    const run = newRun(command, SIZE);
    const store = await storeFor(run);
    const files = run.paths.map((file, i) => (i === 0 ? store : file));
    if (command === "fixelcfestats") files[1] = "-";
    flip(dataIn(store), byteOf(20));
    const common = ["-nshuffles", "20", "--seed", "1", "-nthreads", "0", "-quiet"];
    const refused = await runInProcess([command, ...files, ...common]);
    expect([refused.status, refused.stderr.slice(0, 30)]).toEqual([1, "fixelstream: error: Cannot use"]);
    const { status, stderr } = await runInProcess([command, ...files, ...common, "--no-verify"]);
    expect(run.relative(stderr)).toBe(
      "fixelstream: warning: No checksum is compared (--no-verify): a damaged store, matrix or template would be used as it is. `fixelstream verify` compares them at any time.\n",
    );
    expect(status).toBe(0);
    expect(run.record).toMatchObject({ options: { verify: false }, warnings: [{ tag: "unchecked" }] });
  });

  it("uses a store whose store.json is of a version before checksums, with a warning; its values are compared", async () => {
    const run = newRun(command, SIZE);
    const store = await storeFor(run);
    const manifest = path.join(store, "store.json");
    const { crc32: _, ...unsigned } = JSON.parse(fs.readFileSync(manifest, "utf8"));
    fs.writeFileSync(manifest, JSON.stringify(unsigned));
    await run.infer(run.ofStore(store));
    const [warning, ...others] = run.record.warnings.map(({ tag, message }) => `${tag}: ${run.relative(message)}`);
    expect(warning).toBe(
      `unchecked: s.fxs/store.json has no checksum: it was written by ${unsigned.creator}. Names and numbers in it cannot be compared; its values and its template are. Convert the cohort again to have one.`,
    );
    expect(others).toEqual([]);
    flip(dataIn(store), byteOf(20));
    await expect(run.infer({ ...run.ofStore(store), force: true })).rejects.toThrow(/block 0/);
    fs.writeFileSync(manifest, JSON.stringify(signed({ ...unsigned, creator: "fixelstream 9" }), null, 4));
    await expect(run.infer({ ...run.ofStore(store), force: true })).rejects.toThrow(/block 0/);
  });
});
