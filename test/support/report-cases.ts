// Small runs whose reports tests look at, and what they look at in a page.
import fs from "node:fs";
import { expect } from "vitest";
import { newAnalysis, write } from "./expect-refusal.js";
import { runWithReport } from "./in-process-cli.js";
import type { SmallAnalysis } from "./small-analysis.js";

export const QUICK = ["-nshuffles", "200", "-nthreads", "0", "-quiet", "--seed", "1"];

/** Six against six; in fixels 4 to 7 and 15 the second group is lower by a quarter. A chain of fixels connects 4 to 7. */
export function newReportCase(names: { factors?: string; label?: string } = {}): SmallAnalysis {
  const noise = (i: number) => Math.abs(Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1;
  const input = newAnalysis({
    nFixels: 24,
    nSubjects: 12,
    value: (subject, fixel) => {
      const isLower = subject >= 6 && ((fixel >= 4 && fixel <= 7) || fixel === 15);
      return (isLower ? 0.75 : 1) + 0.05 * (noise(24 * subject + fixel) - 0.5);
    },
  });
  const rows = Array.from({ length: 12 }, (_, subject) => `1\t${subject < 6 ? 0 : 1}`);
  write(input, "design.txt", `${names.factors === undefined ? "" : `${names.factors}\n`}${rows.join("\n")}\n`);
  write(
    input,
    "contrast.txt",
    names.label === undefined ? "0 -1\n" : `name\t${names.factors ?? "a\tb"}\n${names.label}\t0\t-1\n`,
  );
  return input;
}

export async function runReported(input: SmallAnalysis, ...more: string[]): Promise<string> {
  const quick = more.includes("-nshuffles") ? QUICK.slice(2) : QUICK;
  const result = await runWithReport(["fixelcfestats", ...input.positionals, ...quick, ...more]);
  expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
  return readPage(input.at("out", "report.html"));
}

export const readPage = (path: string): string => fs.readFileSync(path, "utf8");

/** What a reader sees of a piece of HTML. */
export const textOf = (html: string): string =>
  html
    .replace(/<(script|style)[^>]*>.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ");

/** Rows of a table of tabs as records. */
export function readTsv(path: string): Record<string, string>[] {
  const [head, ...rows] = fs
    .readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, row[i]!])));
}
