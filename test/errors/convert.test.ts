// One test a message of conversions.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { planGroups } from "../../converters/plan-groups.js";
import { convertFixels } from "../../src/app/convert/convert.js";
import { type Cohort, rawFixelData, writeCohort } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let made = 0;
function cohort(nFixels = 10, sizes: readonly number[] = [10, 10, 10]): Cohort {
  const files = sizes.map((size, i) => [`s${i}.mif`, rawFixelData(new Float32Array(size))] as const);
  return writeCohort(path.join(root, `case${made++}`), nFixels, files);
}
const convert = (input: Cohort, options: Partial<Parameters<typeof convertFixels>[0]> = {}) =>
  convertFixels({ ...input, output: `${input.inputDirectory}.fxs`, command: "", ...options });

it("lists all subject files that cannot be used, with expected and got", async () => {
  const input = cohort(10, [10, 9, 10, 11]);
  fs.truncateSync(path.join(input.inputDirectory, "s2.mif"), 280);
  const message = await convert(input).catch((error: Error) => error.message);
  expect(message).toMatch(/^3 of 4 subject files cannot be used:\n/);
  expect(message).toMatch(/s1.mif: expected 10 x 1 x 1 values, one a fixel of the template, got 9 x 1 x 1/);
  expect(message).toMatch(/s2.mif: expected 296 bytes/);
  expect(message).toMatch(/s3.mif: .* got 11 x 1 x 1/);
  expect(fs.existsSync(`${input.inputDirectory}.fxs.partial`)).toBe(false);
});

it("says which file is missing, and where it was looked for", async () => {
  const input = cohort();
  fs.rmSync(path.join(input.inputDirectory, "s1.mif"));
  await expect(convert(input)).rejects.toThrow(/first one missing is s1.mif \(2 of 3\)/);
});

it("says of a list that is no UTF-8 what to do", async () => {
  const input = cohort();
  fs.writeFileSync(input.subjectList, Buffer.from("s0.mif\nB\xfccher.mif\ns2.mif\n", "latin1"));
  const { inputDirectory, subjectList } = input;
  await expect(convert(input, { names: undefined } as object)).rejects.toThrow(
    `Cannot find the files named in ${subjectList}: expected all 3 in one folder, got none that has them: in ${inputDirectory} the first one missing is B\ufffdcher.mif (2 of 3); in the working directory the first one missing is s0.mif (1 of 3). B\ufffdcher.mif has bytes that are no UTF-8, in which lists are read: write the list in UTF-8, or give the files plain names.`,
  );
});

it("names the smallest memory that works, and it does", async () => {
  const input = cohort(100_000, [100_000, 100_000]);
  const error = await convert(input, { memoryBytes: 300_000 }).catch((error) => error);
  expect(error).toMatchObject({ _tag: "BudgetError", givenBytes: 300_000, neededBytes: 532_480 });
  expect(error.message).toBe(
    "Cannot convert 100000 elements a subject in 293 KiB: expected at least 520 KiB, of which one subject takes 390.6 KiB. Give --memory 1MiB or more.",
  );
  const summary = await convert(input, { memoryBytes: error.neededBytes });
  expect(summary.groups).toMatchObject({ groupSize: 1, nGroups: 2, heldBytes: error.neededBytes });
});

it("notices a source that changes between the check and the reading", async () => {
  const input = cohort();
  const changed = convert(input, {
    onProgress: ({ phase, done }) => {
      if (phase === "check" && done === 3) fs.utimesSync(path.join(input.inputDirectory, "s1.mif"), 1, 1);
    },
  });
  await expect(changed).rejects.toThrow(
    /s1.mif: it was changed during the conversion, expected 296 bytes of .*, got 296 bytes of 1970-01-01/,
  );
  const gone = convert(input, {
    onProgress: ({ phase, done }) => {
      if (phase === "check" && done === 3) fs.rmSync(path.join(input.inputDirectory, "s2.mif"));
    },
  });
  await expect(gone).rejects.toThrow(/s2.mif: it is no longer there/);
  expect(fs.existsSync(`${input.inputDirectory}.fxs`)).toBe(false);
});

it("says what is wrong with compressed data", async () => {
  const values = Float32Array.from({ length: 50_000 }, (_, i) => Math.sin(i));
  const good = rawFixelData(values);
  const packed = gzipSync(good);
  const cases = [
    [
      packed.subarray(0, packed.length - 9),
      /expected 200256 bytes of gzip data as its header promises, got a truncated file/,
    ],
    [
      Buffer.concat([packed.subarray(0, 100_000), Buffer.alloc(1000), packed.subarray(101_000)]),
      /got damaged or other data/,
    ],
    [gzipSync(good.subarray(0, 100_000)), /got 100000\./],
    [gzipSync(Buffer.concat([good, Buffer.alloc(200_000)])), /got more\./],
  ] as const;
  for (const [bytes, message] of cases) {
    const input = writeCohort(path.join(root, `case${made++}`), values.length, [["s0.mif.gz", bytes]]);
    await expect(convert(input)).rejects.toThrow(message);
  }
});

it("refuses a scalar that is no file name", async () => {
  for (const scalar of ["", "a/b", ".hidden", "a\\b"]) {
    await expect(convert(cohort(), { scalar })).rejects.toThrow(/Cannot name a scalar/);
  }
});

it("asks for room on the disk before it writes", async () => {
  // No file can be made that large, so the check is met where it is made: a shape beyond any disk.
  const { beginStoreBuild } = await import("../../src/store/build-store.js");
  const shape = { nSubjects: 1, nElements: 2 ** 45, blockWidth: 1024, elementType: "f32" } as const;
  const sources = [{ name: "s", path: "/s", sizeBytes: 1, mtimeMs: 0 }];
  const plan = {
    output: path.join(root, "huge.fxs"),
    replace: false,
    kind: "vector",
    scalar: "FD",
    shape,
    sources,
    command: "",
  } as const;
  expect(() => beginStoreBuild(plan, 4096)).toThrow(
    /expected 256 TiB of free disk, got .*Make room, or write it to another disk/,
  );
});

it("plans what it holds within the memory given, for any cohort", () => {
  for (const nSubjects of [1, 7, 200, 2000, 50_000]) {
    for (const nElements of [1, 20_000, 500_000]) {
      for (const memoryBytes of [2 ** 22, 2 ** 27, 2 ** 30, 2 ** 33]) {
        for (const readerBytes of [2 ** 16, 2 ** 20]) {
          const shape = { nSubjects, nElements, blockWidth: 16, elementType: "f32" } as const;
          const plan = planGroups({ shape, readerBytes, memoryBytes });
          expect(plan.heldBytes).toBeLessThanOrEqual(memoryBytes);
          expect(plan.groupSize * plan.nGroups).toBeGreaterThanOrEqual(nSubjects);
          expect(plan.groupSize * (plan.nGroups - 1)).toBeLessThan(nSubjects);
        }
      }
    }
  }
});
