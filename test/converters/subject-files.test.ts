// What is noted of a subject's file as it is checked: of one open file, and the same that asking the system by name says.
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { assertUnchanged, checkSubjectFiles, describeInput } from "../../converters/subject-files.js";
import { rawFixelData } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();

it("notes size, time and status as asking by name does, before 1970 and with any fraction of a second", async () => {
  const names: string[] = [];
  for (const [i, seconds] of [0.1, -0.1, -1_234_567.890_123, 1_795_000_000.123_456, 4_102_444_800.999_999].entries()) {
    for (const ending of [".mif", ".mif.gz"]) {
      const name = `time-${i}${ending}`;
      const bytes = rawFixelData(Float32Array.of(i, 2, 3));
      writeFileSync(join(directory, name), ending === ".mif" ? bytes : gzipSync(bytes));
      utimesSync(join(directory, name), seconds, seconds);
      names.push(name);
    }
  }
  const paths = names.map((name) => join(directory, name));
  const files = await checkSubjectFiles(names, paths, 3);
  for (const [i, file] of files.entries()) {
    expect(file).toMatchObject(describeInput(names[i]!, paths[i]!));
    expect(file.mtimeMs).toBe(statSync(paths[i]!).mtimeMs);
    expect(file.way).toBe(names[i]!.endsWith(".gz") ? "packed" : "raw");
    assertUnchanged(file);
  }
});
