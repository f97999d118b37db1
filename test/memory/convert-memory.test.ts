// A conversion's peak memory is its budget and the program itself, whatever the cohort's size. Needs `npm run build`.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MiB = 2 ** 20;
/**
 * Node, its code and ours: 60 MiB before the first subject (Node 20.20, Linux x64). The rest is garbage between two collections, which V8 bounds by
 * itself: 45 MiB with plain files, 60 MiB with compressed ones.
 */
const FIXED_BYTES = 130 * MiB;
/** How much of that may come with more files. */
const GARBAGE_BYTES = 64 * MiB;
const nFixels = 20_000;
const directory = temporaryDirectory();
const child = path.join(import.meta.dirname, "../support/convert-child.mjs");

function peakOf(nSubjects: number, memoryBytes: number, compressed: boolean) {
  const ending = compressed ? "mif.gz" : "mif";
  const input = path.join(directory, `${nSubjects}-${ending}`);
  const values = Float32Array.from({ length: nFixels }, (_, i) => Math.sin(i));
  function* files() {
    const packed = compressed ? gzipSync(rawFixelData(values), { level: 1 }) : undefined;
    for (let i = 0; i < nSubjects; i++) {
      values[0] = i;
      yield [`s${i}.${ending}`, packed ?? rawFixelData(values)] as const;
    }
  }
  const cohort = writeCohort(input, nFixels, files());
  const output = `${input}.fxs`;
  const printed = execFileSync(process.execPath, [child, input, cohort.subjectList, output, String(memoryBytes)], {
    encoding: "utf8",
  });
  fs.rmSync(input, { recursive: true });
  fs.rmSync(output, { recursive: true });
  return JSON.parse(printed) as {
    peakBytes: number;
    groups: { groupSize: number; nGroups: number; heldBytes: number };
  };
}

it.skipIf(process.platform !== "linux")(
  "stays below --memory and the program's size, for 200 and 2,000 subjects",
  () => {
    for (const [nSubjects, compressed] of [
      [200, false],
      [2000, false],
      [200, true],
      [2000, true],
    ] as const) {
      const { peakBytes, groups } = peakOf(nSubjects, 128 * MiB, compressed);
      process.stderr.write(`${nSubjects} ${compressed} ${peakBytes / MiB} ${JSON.stringify(groups)}\n`);
      expect(groups.heldBytes).toBeLessThanOrEqual(128 * MiB);
      expect(peakBytes).toBeLessThan(128 * MiB + FIXED_BYTES);
    }
  },
);

it.skipIf(process.platform !== "linux")("does not grow with the number of subjects", () => {
  const small = peakOf(100, 8 * MiB, false);
  const large = peakOf(2000, 8 * MiB, false);
  expect(large.groups.nGroups).toBeGreaterThan(10);
  expect(large.peakBytes).toBeLessThan(8 * MiB + FIXED_BYTES);
  // All 2,000 would take 153 MiB.
  expect(large.peakBytes - small.peakBytes).toBeLessThan(GARBAGE_BYTES);
});
