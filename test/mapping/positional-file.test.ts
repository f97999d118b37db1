import fs from "node:fs";
import path from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { PositionalFile } from "../../src/mapping/positional-file.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

afterEach(() => void vi.restoreAllMocks());

it("asks for no more than fits Node's 32 bits, however much is wanted", () => {
  const file = path.join(temporaryDirectory(), "file.bin");
  fs.writeFileSync(file, "");
  fs.truncateSync(file, 2 ** 31 + 5); // a hole: nothing is on the disk
  const opened = new PositionalFile(file);
  const asked: (readonly [number, number, number])[] = [];
  vi.spyOn(fs, "readSync").mockImplementation(((_fd: number, _bytes: unknown, to: number, n: number, at: number) => {
    asked.push([to, n, at]);
    return n;
  }) as unknown as typeof fs.readSync);
  opened.copyInto(new Uint8Array(2 ** 31 + 2), 3); // never touched, so not in memory either
  expect(asked).toEqual([
    [0, 2 ** 30, 3],
    [2 ** 30, 2 ** 30, 2 ** 30 + 3],
    [2 ** 31, 2, 2 ** 31 + 3],
  ]);
  vi.restoreAllMocks();
  opened.close();
});
