// vectorstats under every model: the same tables for any threads, memory and block width.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { layOutVectorstats, readVectorstatsCase } from "../support/peer.js";

const CASES = [
  "missing-pooled-ttF",
  "complete-variance-ttF",
  "column-missing-pooled-ttF",
  "column-missing-variance-ttF",
];

describe.each(CASES)("%s", (name) => {
  test("one answer", async () => {
    const directory = layOutVectorstats();
    const { arguments: tokens } = readVectorstatsCase(name);
    const home = process.cwd();
    process.chdir(directory);
    try {
      const run = async (prefix: string, ...layout: string[]) => {
        const typed = tokens.map((token, i) => (i === 3 ? prefix : token));
        const result = await runInProcess(["vectorstats", ...typed, ...layout, "-quiet"]);
        expect(result.status, result.stderr).toBe(0);
        const tables = readdirSync(".").filter((file) => file.startsWith(prefix) && file.endsWith(".csv"));
        const values = (file: string) => readFileSync(join(".", file), "utf8").replace(/^#.*\n/, "");
        return new Map(tables.map((file) => [file.slice(prefix.length), values(file)]));
      };
      const first = await run("a-", "-nthreads", "0");
      expect(first.size).toBeGreaterThan(8);
      expect(await run("b-", "-nthreads", "2", "--memory", "4MiB", "--io", "read")).toEqual(first);
      expect(await run("c-", "-nthreads", "3", "--io", "mmap")).toEqual(first);
    } finally {
      process.chdir(home);
    }
  });
});
