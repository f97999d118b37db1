// What was written is read back to the bit, also by a reader that knows FORMAT.md only; any damage is noticed.
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isFixelstreamError } from "../../src/errors.js";
import { readNullState, readNullStateHeader, writeNullState } from "../../src/results/null-state-file.js";
import type { NullState } from "../../src/run/null-state.js";
import { deadId, plantPartial } from "../support/partials.js";
import { anyStateShape, makeState } from "../support/random-null-state.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const path = join(directory, "state.fxnull");
const write = (state: NullState) => {
  rmSync(path, { force: true }); // a damaged one may no longer be known as ours
  return writeNullState(path, state);
};
const small = makeState({ nElements: 5, nHypotheses: 2, ranges: [[3, 4]], enhanced: true, seed: 4 });

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(isFixelstreamError(error, "InputError"), String(error)).toBe(true);
    return (error as Error).message.replaceAll(`${directory}/`, "");
  }
  return "none";
}

/** As FORMAT.md tells it. */
function readAsDocumented(raw: Buffer) {
  expect(raw.subarray(0, 8)).toEqual(Buffer.from("\x89FXNULL\n", "latin1"));
  const n = raw.readUInt32LE(12);
  expect(n % 8).toBe(0);
  expect(raw.readUInt32LE(raw.length - 4)).toBe(crc32(raw.subarray(0, -4)));
  const header = JSON.parse(raw.toString("utf8", 16, 16 + n));
  const version = header.defaultsCrc32 !== undefined ? 3 : header.uncorrectedShuffles === undefined ? 1 : 2;
  expect(raw.readUInt32LE(8)).toBe(version);
  const value = { f32: "readFloatLE", f64: "readDoubleLE", u32: "readUInt32LE" } as const;
  let end = 0;
  const read = (array: { type: keyof typeof value; count: number; offset: number }) => {
    const bytes = array.type === "f64" ? 8 : 4;
    expect(array.offset).toBe(end);
    end = Math.ceil((end + array.count * bytes) / 8) * 8;
    return Array.from({ length: array.count }, (_, i) => raw[value[array.type]](16 + n + array.offset + i * bytes));
  };
  const hypotheses = header.hypotheses.map(
    ({ maxima, elements, counters, defaults }: Record<string, Parameters<typeof read>[0]>) => ({
      ...{ maxima: read(maxima!), elements: read(elements!), counters: read(counters!), defaults: read(defaults!) },
    }),
  );
  expect(raw.length).toBe(16 + n + end + 4);
  return { header, hypotheses };
}

describe("a state of shuffles on disk", () => {
  it("is read back to the bit", async () => {
    await fc.assert(
      fc.asyncProperty(anyStateShape, async (shape) => {
        const state = makeState(shape);
        await write(state);
        expect(readNullState(path)).toEqual(state);
        expect(readNullState(path, { planHash: state.planHash })).toEqual(state);
      }),
    );
  });
  it("has the bytes of FORMAT.md", async () => {
    await fc.assert(
      fc.asyncProperty(anyStateShape, async (shape) => {
        const state = makeState(shape);
        await write(state);
        const { header, hypotheses } = readAsDocumented(readFileSync(path));
        const { planHash, nElements, ranges, uncorrectedShuffles, defaultsCrc32 } = state;
        expect(header).toMatchObject({ format: "fixelstream-null-state", planHash, nElements, ranges });
        expect(header.uncorrectedShuffles).toBe(uncorrectedShuffles);
        expect(header.defaultsCrc32).toEqual(defaultsCrc32);
        expect(hypotheses).toEqual(
          state.hypotheses.map((found) =>
            Object.fromEntries(Object.entries(found).map(([name, values]) => [name, Array.from(values)])),
          ),
        );
      }),
    );
  });
  it("keeps what it was made with, which is read without the arrays", async () => {
    const made = { program: "test", options: { deep: [1, null, "ä"] } };
    rmSync(path, { force: true });
    await writeNullState(path, small, { made });
    expect(readNullState(path)).toEqual(small);
    const { planHash, nElements, ranges } = small;
    expect(readNullStateHeader(path)).toMatchObject({ planHash, nElements, ranges, made });
    await write(small);
    expect(readNullStateHeader(path).made).toBeUndefined();
  });
  it("may lie in memory that threads share", async () => {
    const shared = <T extends Float32Array | Uint32Array>(values: T): T => {
      const view = new (values.constructor as new (of: SharedArrayBuffer) => T)(
        new SharedArrayBuffer(values.byteLength),
      );
      view.set(values);
      return view;
    };
    const hypotheses = small.hypotheses.map((found) => ({
      ...found,
      counters: shared(found.counters),
      defaults: shared(found.defaults as Float32Array),
    }));
    await write({ ...small, hypotheses });
    expect(readNullState(path)).toEqual(small);
  });
  it("is not replaced unless that is meant, and a write that is stopped leaves nothing", async () => {
    await write(small);
    await expect(writeNullState(path, small)).rejects.toThrow(/expected a new file/);
    const other = join(directory, "other.fxnull");
    const reason = new Error("enough");
    await expect(writeNullState(other, small, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(statSync(other, { throwIfNoEntry: false })).toBeUndefined();
  });

  it("of before stays whole where its replacement is stopped", async () => {
    await write(small);
    const before = readFileSync(path);
    const reason = new Error("enough");
    await writeNullState(path, small, { overwrite: true });
    expect(readFileSync(path)).toEqual(before);
    const stopped = writeNullState(path, small, { overwrite: true, signal: AbortSignal.abort(reason) });
    await expect(stopped).rejects.toBe(reason);
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(directory).filter((name) => name.startsWith("state.fxnull"))).toEqual(["state.fxnull"]);
  });
});

it("replaces only a state, through no link, and removes what killed ones left", async () => {
  await write(small);
  const [notes, link] = ["notes.txt", "link.fxnull"].map((name) => join(directory, name)) as [string, string];
  writeFileSync(notes, "mine");
  symlinkSync(path, link);
  for (const [file, got] of [
    [notes, "another file"],
    [link, "a symbolic link"],
    [directory, "a directory"],
  ] as const) {
    await expect(writeNullState(file, small, { overwrite: true })).rejects.toThrow(
      `Cannot write ${file}: expected a new file in a writable folder, got ${got}. Choose another name or folder, or allow overwriting.`,
    );
  }
  expect(readFileSync(notes, "utf8")).toBe("mine");
  plantPartial(`${path}.partial-`, deadId(), "null-state", { state: "half" });
  await writeNullState(path, small, { overwrite: true });
  expect(readdirSync(directory).filter((name) => name.startsWith("state.fxnull"))).toEqual(["state.fxnull"]);
  expect(readNullState(path)).toEqual(small);
});

describe("damage", () => {
  it("of any byte is noticed", async () => {
    await write(small);
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= change;
        writeFileSync(path, bytes);
        expect(messageOf(() => readNullState(path))).toMatch(/^Cannot read state\.fxnull: expected .*, got /);
      }),
      { numRuns: 500 },
    );
  });
  it("of the length is noticed", async () => {
    await write(small);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      truncateSync(path, 0);
      writeFileSync(path, whole.subarray(0, length));
      expect(
        messageOf(() => readNullState(path)),
        `${length}`,
      ).toMatch(/^Cannot read state\.fxnull: expected /);
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(8)]));
    expect(messageOf(() => readNullState(path))).toBe(
      `Cannot read state.fxnull: expected ${whole.length} bytes, got ${whole.length + 8}. The file is damaged: copy it again, or compute its shuffles again.`,
    );
  });
});

describe("what is said of", () => {
  it("something else", () => {
    writeFileSync(path, "1 2 3\n");
    expect(messageOf(() => readNullState(path))).toBe(
      "Cannot read state.fxnull: expected a state of shuffles that fixelstream wrote, got something else. Is it the right file?",
    );
    expect(messageOf(() => readNullState(join(directory, "none")))).toMatch(
      /^Cannot read none: expected a readable file, got no such file/,
    );
  });
  it("another version", async () => {
    await write(small);
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(4, 8);
    writeFileSync(path, bytes);
    expect(messageOf(() => readNullState(path))).toBe(
      "Cannot read state.fxnull: expected a state of shuffles in format version 1 to 3, got version 4. Use the version of fixelstream that wrote it.",
    );
  });
  it("a version that says otherwise which shuffles count", async () => {
    for (const [state, version] of [
      [small, 2],
      [{ ...small, uncorrectedShuffles: 5 }, 1],
      [small, 3],
    ] as const) {
      await write(state);
      const bytes = readFileSync(path);
      bytes.writeUInt32LE(version, 8);
      writeFileSync(path, bytes);
      expect(messageOf(() => readNullState(path))).toBe(
        "Cannot read state.fxnull: expected a header as FORMAT.md has it, got another. The file is damaged: copy it again, or compute its shuffles again.",
      );
    }
  });
  it("another plan", async () => {
    await write(small);
    expect(messageOf(() => readNullState(path, { planHash: "ab".repeat(32) }))).toBe(
      "Cannot use state.fxnull: expected shuffles of the plan abababababab, got some of 444444444444; they were computed from other data, another design or with other options. Give the files of one analysis.",
    );
  });
  it("one byte that changed", async () => {
    await write(small);
    const bytes = readFileSync(path);
    bytes[bytes.length - 20]! ^= 1;
    writeFileSync(path, bytes);
    expect(messageOf(() => readNullState(path))).toBe(
      "Cannot read state.fxnull: expected the checksum of its bytes, got another. The file is damaged: copy it again, or compute its shuffles again.",
    );
  });
  it("a state that nobody can have written, with a right checksum", async () => {
    await write({
      ...small,
      ranges: [...small.ranges].map(({ first }) => ({ first, end: first + 2 })).concat([{ first: 0, end: 2 }]),
    });
    expect(messageOf(() => readNullState(path))).toMatch(
      /expected ranges of shuffles in ascending order, got another order in range 1\./,
    );
    const goesOn = makeState({ nElements: 5, nHypotheses: 2, ranges: [[3, 4]], enhanced: true, seed: 4, goesOn: true });
    await write({ ...goesOn, defaultsCrc32: [1] });
    expect(messageOf(() => readNullState(path))).toMatch(/expected checksums of the defaults of 2 hypotheses, got 1\./);
    const wrong = small.hypotheses.map((found) => ({ ...found, elements: found.elements.map(() => 5) }));
    await write({ ...small, hypotheses: wrong });
    expect(messageOf(() => readNullState(path))).toMatch(/expected elements below 5, got 5 in hypothesis 0\./);
  });
});
