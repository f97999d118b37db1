// A tag is a promise to programs that read run.json: each can occur, and each is explained. That none is misspelt is the compiler's to check.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { WARNING_TAGS } from "../../src/warnings.js";
import { repositoryRoot } from "../support/peer.js";

const readSources = (folder: string) =>
  (fs.readdirSync(path.join(repositoryRoot, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith(".ts"))
    .map((name) => fs.readFileSync(path.join(repositoryRoot, folder, name), "utf8"))
    .join("\n");

it("every tag is the tag of a warning in the sources", () => {
  const made = [...`${readSources("src")}\n${readSources("converters")}`.matchAll(/\btag: "([^"]*)"/g)];
  expect([...new Set(made.map((match) => match[1]))].sort()).toEqual([...WARNING_TAGS].sort());
});

it("docs/troubleshooting.md has a row for every tag, and for no other", () => {
  const text = fs.readFileSync(path.join(repositoryRoot, "docs/troubleshooting.md"), "utf8");
  const section = /^## Warnings, by tag\n(.*?)^## /ms.exec(text)![1]!;
  const rows = [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(rows.map((row) => row[1])).toEqual([...WARNING_TAGS].sort());
  expect(rows.filter(([, , meaning, remedy]) => meaning!.length < 20 || remedy!.length < 10)).toEqual([]);
});
