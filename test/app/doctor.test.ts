// doctor: passes here, in lines for a bug report, and leaves nothing behind.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { runSelfTest, SELF_TEST_TOLERANCE } from "../../src/app/inspect/self-test.js";
import { makeLibrary } from "../support/blas-libraries.js";
import { runInProcess } from "../support/in-process-cli.js";
import { deadId } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();

describe("doctor", () => {
  test("passes, in about ten lines, and leaves nothing behind", async () => {
    // others may run a doctor in the system's folder at the same time
    const scratch = temporaryDirectory();
    vi.stubEnv("TMPDIR", scratch);
    fs.writeFileSync(path.join(directory, `.fixelstream-doctor-${deadId()}`), '{"format":"fixelstream-doctor"}');
    const { status, stdout, stderr } = await runInProcess(["doctor", "--cache", path.join(directory, "not", "there")]);
    vi.unstubAllEnvs();
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(2, 17).trim())).toEqual([
      ...["node", "processor", "memory", "simd", "blas", "disk", "mapping", "test simd"],
      ...(/^ {2}blas /m.test(stdout) ? ["test native"] : []),
      "test reference",
    ]);
    for (const line of lines) expect(line).not.toMatch(/^!/);
    expect(stdout).toContain(`free in ${directory}, writes `);
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(fs.readdirSync(scratch)).toEqual([]);
  });

  test("compares with numbers that both sets of kernels give", async () => {
    for (const test of [
      { kernels: "simd", nThreads: 0 },
      { kernels: "reference", nThreads: 1 },
    ] as const) {
      const { difference, nNumbers } = await runSelfTest(test);
      expect(nNumbers).toBe(17);
      expect(difference).toBeLessThan(SELF_TEST_TOLERANCE / 5);
    }
  });

  test("tells of a library that it would not use, which is no failure", async () => {
    const library = makeLibrary(directory, "text");
    vi.stubEnv("FIXELSTREAM_BLAS", library);
    const { status, stdout } = await runInProcess(["doctor", "--cache", directory]);
    vi.unstubAllEnvs();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^~ blas +no library multiplies right and faster, FIXELSTREAM_BLAS names one: the SIMD kernels do, .*text\.so.*: Failed to load/m,
    );
    expect(stdout).not.toContain("test native");
    fs.rmSync(library);
  });

  test("fails where the disk cannot be written, and says which check did", async () => {
    const file = path.join(directory, "file");
    fs.writeFileSync(file, "");
    const { status, stdout, stderr } = await runInProcess(["doctor", "--cache", file]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^! disk +cannot write in .*file: a part of the path that is not a directory$/m);
    expect(stderr).toMatch(
      /Cannot vouch for this installation: expected every check to pass, got 2 that failed \(disk, mapping\). Install it again/,
    );
    fs.rmSync(file);
  });
});
