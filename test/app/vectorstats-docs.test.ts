// The commands of docs/vectorstats.md, in the directory it names.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { layOutVectorstats, repositoryRoot } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";

it("docs/vectorstats.md: every command runs as written", () => {
  const text = readFileSync(join(repositoryRoot, "docs", "vectorstats.md"), "utf8");
  const lines = /```sh\n(.*?)```/s.exec(text)![1]!.trim().split("\n");
  const directory = layOutVectorstats();
  for (const line of lines) {
    const { status, stderr } = runCli(line.split(" ").slice(1), directory);
    expect(status, `${line}\n${stderr}`).toBe(0);
  }
  for (const file of ["stats_Fvalue_F1.csv", "again_tvalue.csv", "signs_null_dist.csv"])
    expect(existsSync(join(directory, file)), file).toBe(true);
});
