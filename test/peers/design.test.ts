// MRtrix3's fixelcfestats takes the files of `fixelstream design` as they are: what it finds in the data is what we find with --design-dir. Needs `npm run build`.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixturesDirectory, hasCommand, readSmallImage } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

describe.skipIf(!hasCommand("fixelcfestats"))("beside MRtrix3", () => {
  test("the files of a design by names", { timeout: 120_000 }, () => {
    const demo = join(fixturesDirectory, "demo");
    const at = (...names: string[]) => join(directory, ...names);
    const directory = temporaryDirectory();
    // somebody has no age
    const table = fs.readFileSync(join(demo, "participants.tsv"), "utf8").replace(/^(sub-03\t\w+\t).*$/m, "$1n/a");
    fs.writeFileSync(at("participants.tsv"), table);
    const formula = "~ group * scale(age, scale = FALSE)";
    const tests = ["grouppatient", "F(group, group:scale(age, scale = FALSE))"].flatMap((one) => ["--test", one]);
    const run = (tokens: readonly string[]) =>
      execFileSync(process.execPath, [builtCommand, ...tokens], { stdio: "pipe" });
    run([
      ...["design", at("participants.tsv"), formula, ...tests],
      ...["--subjects", join(demo, "subjects.txt"), "--out", at("design"), "-quiet"],
    ]);
    const inputs = [join(demo, "fd"), at("design", "subjects.txt")];
    const names = ["design.txt", "contrast.txt"].map((name) => at("design", name));
    const matrix = join(demo, "matrix");
    execFileSync("fixelcfestats", [
      ...[...inputs, ...names, matrix, at("theirs"), "-ftests", at("design", "ftests.txt")],
      ...["-nshuffles", "4", "-nthreads", "1", "-quiet"],
    ]);
    run([
      ...["fixelcfestats", join(demo, "fd"), join(demo, "subjects.txt"), matrix, at("ours")],
      ...["--design-dir", at("design"), "-nshuffles", "4", "--seed", "1", "-nthreads", "0", "-quiet"],
      ...["--cache", at("cache")],
    ]);
    const valuesOf = (folder: string, name: string) => readSmallImage(at(folder, name)).values;
    // theirs tests the rows of the F-test by t as well, and numbers them
    for (const [name, own] of [
      ["tvalue_t1.mif", "tvalue_t1.mif"],
      ["Fvalue_F1.mif", "Fvalue_F1.mif"],
      ["beta3.mif", "beta3.mif"],
    ] as const) {
      const [theirs, found] = [valuesOf("theirs", name), valuesOf("ours", own)];
      expect(found.length).toBe(2244);
      found.forEach((value, i) => {
        expect(Math.abs(value - theirs[i]!)).toBeLessThanOrEqual(2e-5 * (1 + Math.abs(theirs[i]!)));
      });
    }
  });
});
