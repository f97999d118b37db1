// Memory in large pages: asked for by bytes, wherever they begin.
import fs from "node:fs";
import { expect, it } from "vitest";
import { useLargePages } from "../../src/mapping/large-pages.js";

const SETTING = "/sys/kernel/mm/transparent_hugepage/enabled";
const isHad =
  process.platform === "linux" && fs.existsSync(SETTING) && !fs.readFileSync(SETTING, "utf8").includes("[never]");
const MiB = 2 ** 20;
const PAGE_BYTES = 4096;

function faultsOfTouching(bytes: Uint8Array): number {
  const before = process.resourceUsage().minorPageFault;
  for (let at = 0; at < bytes.byteLength; at += PAGE_BYTES) bytes[at] = 1;
  return process.resourceUsage().minorPageFault - before;
}

it.skipIf(!isHad)("is touched with a fraction of the faults", () => {
  const size = 64 * MiB;
  const large = new Uint8Array(new SharedArrayBuffer(size), 1000, size - 3000);
  expect(useLargePages(large)).toBe(true);
  const [few, many] = [large, new Uint8Array(new SharedArrayBuffer(size))].map(faultsOfTouching) as [number, number];
  // as many pages as there are, where the kernel joins none of itself
  if (fs.readFileSync(SETTING, "utf8").includes("[madvise]")) expect(many).toBeGreaterThan(size / PAGE_BYTES / 2);
  expect(few).toBeLessThan(size / PAGE_BYTES / 2);
});

it("asks for nothing where no whole page is, and loses nothing", () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(100_000), 10, 2000).fill(7);
  expect(useLargePages(bytes)).toBe(false);
  expect(bytes.every((value) => value === 7)).toBe(true);
});
