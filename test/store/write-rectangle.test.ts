import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { beginStoreBuild } from "../../src/store/build-store.js";
import { cutRow } from "../../src/store/cut-row.js";
import { dataFileBytes } from "../../src/store/element-type.js";
import { createRowGroup, rowGroupBytes } from "../../src/store/row-group.js";
import { createScalarWriter } from "../../src/store/write-store.js";
import { fc } from "../support/seeded-check.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();

test("rectangles of any cut make the file that whole subjects make", async () => {
  const cut = fc.integer({ min: 1, max: 40 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 90 }),
      cut,
      cut,
      cut,
      async (n, m, high, wide, rows) => {
        const shape = { nSubjects: n, nElements: m, blockWidth: 16, elementType: "f32" as const };
        const values = Float32Array.from({ length: n * m }, (_, i) => i + 1);
        const make = async (write: (writer: ReturnType<typeof createScalarWriter>) => unknown) => {
          const path = join(directory, `${run++}.f32`);
          const writer = createScalarWriter({ path, shape, stagingBytes: 64 * rows });
          await write(writer);
          writer.close();
          return fs.readFileSync(path);
        };
        const whole = await make((writer) => {
          const group = createRowGroup(shape, new Uint8Array(rowGroupBytes(shape, n)), undefined);
          group.begin(0, n);
          for (let s = 0; s < n; s++) group.place(s, cutRow(shape, new Uint8Array(values.buffer, s * m * 4, m * 4)));
          return writer.writeBlocks(group.blocks, 0, n);
        });
        const cutUp = await make((writer) => {
          for (let s = 0; s < n; s += high) {
            for (let e = 0; e < m; e += wide) {
              const [nSubjects, nElements] = [Math.min(high, n - s), Math.min(wide, m - e)];
              const part = new Float32Array(nSubjects * nElements).map(
                (_, i) => values[(s + Math.floor(i / nElements)) * m + e + (i % nElements)]!,
              );
              writer.writeRectangle(new Uint8Array(part.buffer), {
                firstSubject: s,
                nSubjects,
                firstElement: e,
                nElements,
              });
            }
          }
        });
        expect(cutUp.length).toBe(dataFileBytes(shape));
        expect(cutUp.equals(whole)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test("a store whose rectangles do not reach the last element of a subject is never finished", async () => {
  const output = join(directory, "unfinished.fxs");
  const shape = { nSubjects: 2, nElements: 20, blockWidth: 16, elementType: "f32" as const };
  const sources = [0, 1].map((i) => ({ name: `s${i}`, path: `/nowhere/s${i}`, sizeBytes: 1, mtimeMs: 0 }));
  const plan = { output, replace: false, kind: "vector" as const, scalar: "values", shape, sources, command: "test" };
  const build = beginStoreBuild(plan, 2 ** 16);
  const write = (firstSubject: number, nSubjects: number, firstElement: number, nElements: number) =>
    build.writeRectangle(new Uint8Array(nSubjects * nElements * 4), {
      firstSubject,
      nSubjects,
      firstElement,
      nElements,
    });
  write(0, 2, 0, 8);
  write(0, 1, 8, 12);
  await expect(build.finish()).rejects.toThrow(`Subject 1 of ${output} was never written.`);
  write(1, 1, 8, 12);
  await build.finish();
  await build.close();
  expect(fs.existsSync(join(output, "store.json"))).toBe(true);
});
