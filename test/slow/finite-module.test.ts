// The module that looks for values that are not finite is what its source is compiled to.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FINITE_MODULE, SHARED_FINITE_MODULE } from "../../src/store/finite-module.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = join(import.meta.dirname, "../..");

it.each([
  ["alone", FINITE_MODULE, []],
  [
    "shared",
    SHARED_FINITE_MODULE,
    ["--importMemory", "--sharedMemory", "--enable", "threads", "--maximumMemory", "65536"],
  ],
])("with its memory %s it is what asc makes of its source", (_, expected, more) => {
  const out = join(temporaryDirectory(), "finite.wasm");
  const options = ["-O3", "--runtime", "stub", "--noAssert", "--enable", "simd", "--initialMemory", "1"];
  const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
  execFileSync(process.execPath, [asc, join(root, "src/kernels/assembly/finite.ts"), ...options, ...more, "-o", out]);
  expect(readFileSync(out).toString("base64")).toBe(expected);
});
