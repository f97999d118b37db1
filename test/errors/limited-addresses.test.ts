// A limit on addresses (ulimit -v, SGE's h_vmem), which WebAssembly needs more of than memory. Needs `npm run build`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { expect, it } from "vitest";
import { newAnalysis } from "../support/expect-refusal.js";
import { builtCommand } from "../support/run-cli.js";

const KIB_OF_GIB = 2 ** 20;

it.each([
  [
    "fixelcfestats",
    ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out", "--seed", "1", "-nshuffles", "20"],
  ],
  ["fixelfilter", ["fd", "smooth", "out", "-matrix", "matrix"]],
])("%s says that addresses are limited, and leaves nothing", (command, tokens) => {
  const { root, at } = newAnalysis();
  // Node itself begins within it, a memory of WebAssembly does not
  const script = `ulimit -v ${5 * KIB_OF_GIB} && exec "$@"`;
  const line = ["-c", script, "sh", process.execPath, builtCommand, command, ...tokens, "-nthreads", "1", "-quiet"];
  const { status, stderr } = spawnSync("sh", line, { cwd: root, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(
      /^fixelstream: error: Cannot take [\d.]+ [KMG]iB of memory: expected a system that grants it, got a refusal\. Where addresses are limited \(ulimit, h_vmem of SGE\) allow 16 GiB or more: WebAssembly sets many aside that it never uses\. Else choose a smaller --memory\.\n$/,
    ),
  ]);
  expect(fs.existsSync(at("out"))).toBe(false);
});
