import fs from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { withCounting } from "../../src/mapping/counting-file.js";
import { describeFallback, type Fallback } from "../../src/mapping/file-bytes.js";
import { loadLibc } from "../../src/mapping/libc.js";
import { MapFailure, MappedFile } from "../../src/mapping/mapped-file.js";
import { openFileBytes } from "../../src/mapping/policy.js";
import { PositionalFile } from "../../src/mapping/positional-file.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const file = path.join(directory, "file.bin");
fs.writeFileSync(
  file,
  Uint8Array.from({ length: 1000 }, (_, i) => i % 251),
);

it("maps ours and reads theirs by position, unless told otherwise", () => {
  const kinds = (["auto", "mmap", "read"] as const).map((io) =>
    [true, false].map((ours) => {
      const opened = openFileBytes(file, { io, ours });
      opened.close();
      return opened.constructor;
    }),
  );
  expect(kinds).toEqual([
    [MappedFile, PositionalFile],
    [MappedFile, MappedFile],
    [PositionalFile, PositionalFile],
  ]);
});

it("falls back to positional reads where koffi does not load, and says so of each file", () => {
  const reasons: string[] = [];
  const options = {
    io: "mmap",
    ours: true,
    loadLibc: () => loadLibc("koffi-not-here"),
    onFallback: (fallback: Fallback) => reasons.push(describeFallback(fallback)),
  } as const;
  for (const opened of [openFileBytes(file, options), openFileBytes(file, options)]) {
    const target = new Uint8Array(3);
    opened.copyInto(target, 5);
    expect([...target]).toEqual([5, 6, 7]);
    expect(opened).toBeInstanceOf(PositionalFile);
    opened.close();
  }
  expect(reasons).toHaveLength(2);
  expect(reasons[0]).toMatch(
    /read by position instead of being mapped: koffi does not load: Cannot find module 'koffi-not-here'/,
  );
});

it("falls back where the system refuses to map", () => {
  const refusing = { ...requireLibc(), mmap: () => undefined, errno: () => 19 };
  expect(() => new MappedFile(file, refusing)).toThrow(MapFailure);
  const reasons: string[] = [];
  const opened = openFileBytes(file, {
    io: "auto",
    ours: true,
    loadLibc: () => ({ libc: refusing }),
    onFallback: ({ reason }) => reasons.push(reason),
  });
  expect(opened).toBeInstanceOf(PositionalFile);
  expect(reasons).toEqual([expect.stringContaining("error 19")]);
  opened.close();
});

it("does without MADV_POPULATE_READ where the kernel does not know it, and answers a vanished page with an error", () => {
  const errnoOnPopulate = (errno: number) => ({ ...requireLibc(), populate: () => false, errno: () => errno });
  const target = new Uint8Array(2);
  const old = new MappedFile(file, errnoOnPopulate(22));
  old.copyInto(target, 9);
  expect([...target]).toEqual([9, 10]);
  old.close();
  const shrunk = new MappedFile(file, errnoOnPopulate(14));
  expect(() => shrunk.copyInto(target, 9)).toThrow(/shrank/);
  shrunk.close();
});

it("maps again after release, and counts its windows back", () => {
  let mapped = 0;
  const libc = requireLibc();
  const counted = {
    ...libc,
    mmap: (...args: Parameters<typeof libc.mmap>) => {
      mapped++;
      return libc.mmap(...args);
    },
    munmap: (...args: Parameters<typeof libc.munmap>) => {
      mapped--;
      return libc.munmap(...args);
    },
  };
  const opened = new MappedFile(file, counted);
  opened.release();
  expect(mapped).toBe(0);
  const target = new Uint8Array(1);
  opened.copyInto(target, 77);
  expect([target[0], mapped]).toEqual([77, 1]);
  opened.close();
  opened.close();
  expect(mapped).toBe(0);
});

it("reads by position what is 64 KiB or more, and maps what is less; asked to map, it maps all", () => {
  const large = path.join(directory, "large.bin");
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 251);
  fs.writeFileSync(large, bytes);
  let mappedBytes = 0;
  const libc = requireLibc();
  const loadCounting = () => ({
    libc: {
      ...libc,
      memcpy(target: Uint8Array, source: bigint, lengthBytes: number) {
        mappedBytes += lengthBytes;
        libc.memcpy(target, source, lengthBytes);
      },
    },
  });
  const mappedOf = (io: "auto" | "mmap", length: number) => {
    const opened = openFileBytes(large, { io, ours: true, windowBytes: 2 ** 16, loadLibc: loadCounting });
    mappedBytes = 0;
    const target = new Uint8Array(length);
    opened.copyInto(target, 1234);
    opened.close();
    expect(Buffer.compare(target, bytes.subarray(1234, 1234 + length))).toBe(0);
    return mappedBytes;
  };
  for (const length of [1, 65_535, 65_536, 200_000]) {
    expect(mappedOf("auto", length)).toBe(length < 65_536 ? length : 0);
    expect(mappedOf("mmap", length)).toBe(length);
  }
});

it("counts copies and bytes", () => {
  const counting = withCounting(new PositionalFile(file));
  counting.copyInto(new Uint8Array(10), 0);
  counting.copyInto(new Uint8Array(7), 3);
  expect([counting.copies, counting.bytes, counting.sizeBytes]).toEqual([2, 17, 1000]);
  counting.close();
  expect(() => counting.copyInto(new Uint8Array(1), 0)).toThrow(/closed/);
});

it("reads from a worker thread into shared memory, mapped and by position", async () => {
  // Plain JavaScript: a worker does not go through the test runner's TypeScript, so the calls are made as libc.ts makes them.
  const shared = new SharedArrayBuffer(8);
  const worker = new Worker(
    `const { workerData: { shared, file } } = require("node:worker_threads");
     const koffi = require("koffi"), fs = require("node:fs"), lib = koffi.load(null);
     const fd = fs.openSync(file, "r");
     fs.readSync(fd, new Uint8Array(shared, 0, 4), 0, 4, 10);
     const mmap = lib.func("void *mmap(void *a, size_t l, int p, int f, int fd, int64_t o)");
     const memcpy = lib.func("void *memcpy(void *d, void *s, size_t n)");
     memcpy(new Uint8Array(shared, 4, 4), mmap(null, 1000, 1, 1, fd, 0) + 20n, 4);`,
    { eval: true, workerData: { shared, file } },
  );
  await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
  expect([...new Uint8Array(shared)]).toEqual([10, 11, 12, 13, 20, 21, 22, 23]);
});

function requireLibc() {
  const found = loadLibc();
  if ("reason" in found) throw new Error(found.reason);
  return found.libc;
}
