// A full disk is said, and never read as zeros afterwards: before anything is written, under the values, before the marker, and inside libhdf5.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type MatrixSpec, openDraft } from "../../../src/formats/hdf5/draft.js";
import { createModelArray, type ModelArrayPlan } from "../../../src/formats/hdf5/write-modelarray.js";
import { temporaryDirectory } from "../../support/temporary-directory.js";

const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
const messageOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: Error) => error.message,
  );

// Small disks of their own. Mounting takes root on Linux; skipped, visibly, elsewhere.
const mounted: string[] = [];
function mountDisk(sizeMiB: number): string {
  const disk = fs.mkdtempSync(at("disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m`, "none", disk], { stdio: "pipe" });
  mounted.push(disk);
  return disk;
}
const canMount = (() => {
  try {
    mountDisk(1);
    return true;
  } catch {
    return false;
  }
})();
// libhdf5 keeps a file open that it could not write, as long as the process lasts.
afterAll(() => {
  for (const disk of mounted) execFileSync("umount", ["-l", disk]);
});

describe.skipIf(!canMount)("a full disk", () => {
  const full = /the disk is full. Make room, or write somewhere else/;
  const planOn = (disk: string, nElements: number): ModelArrayPlan => ({
    ...{
      output: join(disk, "a.h5"),
      partial: join(disk, "a.h5"),
      tables: undefined,
      gzipLevel: undefined,
      creator: "test",
    },
    scalars: [{ name: "FD", subjectNames: ["a", "b"], nElements, elementType: "f32" }],
  });
  test("is seen before anything is written", async () => {
    const disk = mountDisk(4);
    expect(await messageOf(createModelArray(planOn(disk, 10 ** 6)))).toMatch(
      /expected 11\.\d MiB of free disk, got 4 MiB/,
    );
    expect(fs.readdirSync(disk)).toEqual([]);
  });
  test("is seen when it fills up under the values", async () => {
    const disk = mountDisk(6);
    const writer = await createModelArray(planOn(disk, 100_000));
    fill(join(disk, "other"));
    const rows = { firstSubject: 0, nSubjects: 2, firstElement: 0, nElements: 100_000 };
    expect(() => writer.writeRectangle("FD", new Uint8Array(800_000).fill(1), rows)).toThrow(full);
    await writer.discard();
    expect(fs.readdirSync(disk)).toEqual(["other"]);
  });
  test("is seen when it fills up before the marker", async () => {
    const disk = mountDisk(6);
    const writer = await createModelArray(planOn(disk, 1000));
    const rows = { firstSubject: 0, nSubjects: 2, firstElement: 0, nElements: 1000 };
    writer.writeRectangle("FD", new Uint8Array(8000).fill(1), rows);
    fill(join(disk, "other"));
    expect(await messageOf(writer.finish())).toMatch(full);
    await writer.discard();
    expect(fs.readdirSync(disk)).toEqual(["other"]);
  });
  test.each([
    ["contiguous", undefined],
    ["compressed", { level: 1, chunk: [1, 250_000] }],
  ])("is seen by libhdf5's own writes: %s", async (name, gzip) => {
    const output = join(mountDisk(4), `${name}.h5`);
    const spec: MatrixSpec = { shape: [8, 250_000], type: "f32", ...(gzip && { gzip }) };
    const draft = await openDraft(output, output, "make");
    const write = async () => {
      await draft.makeMatrix("/values", spec);
      for (let row = 0; row < 8; row++)
        await draft.writeRectangle("/values", spec, [row, 0], [1, 250_000], (bytes) => fillWithNoise(bytes, row));
      await draft.close();
    };
    await expect(write()).rejects.toThrow(full);
  });
});

function fillWithNoise(bytes: Uint8Array, seed: number): void {
  let state = seed + 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
}

function fill(path: string): void {
  const fd = fs.openSync(path, "w");
  try {
    for (;;) fs.writeSync(fd, new Uint8Array(4096).fill(1));
  } catch {
    // full
  }
  fs.closeSync(fd);
}
