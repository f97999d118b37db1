// What every FileBytes must do. `scale` bytes of a sparse file carry their own position, so that any wrong offset shows.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileBytes } from "../../src/mapping/file-bytes.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const GiB = 2 ** 30;
/** Bytes around each landmark that are written; the rest of the file is a hole. */
const ISLAND = 300_000;
const LANDMARKS = [0, 2 ** 31, 2 ** 32, 5 * GiB];
const SPARSE_BYTES = 5 * GiB + ISLAND + 12345;

/** The byte at a position: differs between any two positions that a 32-bit slip or a page slip would confuse. */
function byteAt(position: number): number {
  return (position + Math.floor(position / 4096) * 7 + Math.floor(position / GiB) * 31) % 251;
}

function bytesAt(first: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => byteAt(first + i));
}

/** `open` gets a path and the window to use (ignored by readers without one). */
export function describeFileBytes(name: string, open: (path: string, windowBytes: number) => FileBytes): void {
  describe(name, () => {
    const directory = temporaryDirectory();
    const sparse = path.join(directory, "sparse.bin");
    const windowBytes = 2 ** 16;
    const small = (name: string, bytes: Uint8Array) => {
      const file = path.join(directory, name);
      fs.writeFileSync(file, bytes);
      return file;
    };

    beforeAll(() => {
      const fd = fs.openSync(sparse, "w");
      fs.ftruncateSync(fd, SPARSE_BYTES);
      for (const landmark of LANDMARKS) {
        const first = Math.max(0, landmark - ISLAND);
        fs.writeSync(fd, bytesAt(first, landmark + ISLAND - first), 0, landmark + ISLAND - first, first);
      }
      fs.closeSync(fd);
    });
    afterAll(() => fs.rmSync(sparse, { force: true }));

    for (const landmark of LANDMARKS) {
      it(`copies the right bytes around ${landmark}`, () => {
        const file = open(sparse, windowBytes);
        expect(file.sizeBytes).toBe(SPARSE_BYTES);
        for (const offset of [-4096, -65536, -7, -1, 0, 1, 13, 4096, 65535].filter((o) => landmark + o >= 0)) {
          const target = new Uint8Array(5000);
          file.copyInto(target, landmark + offset);
          expect(target).toEqual(bytesAt(landmark + offset, 5000));
        }
        file.close();
      });
    }

    it("copies ranges that cross windows, once and again, forwards and backwards", () => {
      const file = open(sparse, windowBytes);
      for (const [offset, length] of [
        [1, 200_000],
        [65_530, 12],
        [0, 65_536],
        [65_536, 65_537],
        [3, 1],
      ] as const) {
        const target = new Uint8Array(length);
        file.copyInto(target, offset);
        expect(Buffer.compare(target, bytesAt(offset, length))).toBe(0);
      }
      file.close();
    });

    it("copies the last byte, and nothing from the very end", () => {
      const file = open(sparse, windowBytes);
      const one = new Uint8Array(1);
      file.copyInto(one, SPARSE_BYTES - 1);
      file.copyInto(new Uint8Array(0), SPARSE_BYTES);
      expect(one[0]).toBe(0);
      file.close();
    });

    it("copies into a part of shared WebAssembly memory and touches nothing beside it", () => {
      const memory = sharedWasmMemory();
      const file = open(sparse, windowBytes);
      const target = new Uint8Array(memory.buffer, 1003, 70_000);
      file.copyInto(target, 11);
      expect(Buffer.compare(Uint8Array.from(target), bytesAt(11, 70_000))).toBe(0);
      const around = new Uint8Array(memory.buffer);
      expect([around[1002], around[71_003]]).toEqual([0, 0]);
      file.close();
    });

    it("opens an empty file", () => {
      const file = open(small("empty.bin", new Uint8Array(0)), windowBytes);
      expect(file.sizeBytes).toBe(0);
      file.copyInto(new Uint8Array(0), 0);
      expect(() => file.copyInto(new Uint8Array(1), 0)).toThrow(/it has 0 bytes/);
      file.close();
    });

    it("refuses ranges outside the file", () => {
      const file = open(small("ten.bin", bytesAt(0, 10)), windowBytes);
      for (const [offset, length] of [
        [0, 11],
        [10, 1],
        [-1, 1],
        [0.5, 1],
        [2 ** 53, 0],
      ] as const) {
        expect(() => file.copyInto(new Uint8Array(length), offset)).toThrow(
          expect.objectContaining({ _tag: "InternalError" }),
        );
      }
      file.close();
    });

    it("says that a file shrank, before and during use", () => {
      const name = small("shrinks.bin", bytesAt(0, 100_000));
      for (const readsFirst of [false, true]) {
        fs.writeFileSync(name, bytesAt(0, 100_000));
        const file = open(name, windowBytes);
        if (readsFirst) file.copyInto(new Uint8Array(10), 0);
        fs.truncateSync(name, 4096);
        // A check happens at most once a millisecond; reads stay inside what is left, so that no mapping can be hurt.
        expect(() => untilThrown(() => file.copyInto(new Uint8Array(10), 0))).toThrow(
          /shrank while in use, expected 100000 bytes, got 4096/,
        );
        file.close();
      }
    });

    it("says that a file changed", () => {
      const name = small("changes.bin", bytesAt(0, 1000));
      const file = open(name, windowBytes);
      fs.utimesSync(name, 1, 1);
      expect(() => untilThrown(() => file.copyInto(new Uint8Array(10), 0))).toThrow(
        expect.objectContaining({
          _tag: "InputError",
          path: name,
          message: expect.stringContaining("changed while in use"),
        }),
      );
      file.close();
    });

    it("goes on reading a file that was replaced or removed: it holds the old one", () => {
      const name = small("replaced.bin", bytesAt(0, 1000));
      const file = open(name, windowBytes);
      fs.renameSync(small("new.bin", new Uint8Array(3)), name);
      fs.rmSync(name);
      const target = new Uint8Array(1000);
      file.copyInto(target, 0);
      expect(target).toEqual(bytesAt(0, 1000));
      file.close();
    });

    it("refuses use after close, and closes twice without complaint", () => {
      const file = open(small("closed.bin", bytesAt(0, 10)), windowBytes);
      file.close();
      file.close();
      expect(() => file.copyInto(new Uint8Array(1), 0)).toThrow(/was closed/);
    });

    it("refuses a directory and a missing file", () => {
      expect(() => open(directory, windowBytes)).toThrow(/expected a file, got a directory/);
      expect(() => open(path.join(directory, "nothing"), windowBytes)).toThrow(/there is no such file/);
    });
  });
}

/** 2 pages of 64 KiB. */
function sharedWasmMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 2, maximum: 4, shared: true });
}

function untilThrown(act: () => void): void {
  for (let i = 0; i < 1_000_000; i++) act();
}
