// A conversion in strips, by two threads: the same bytes as in rows by one, whatever the shape, the groups and the strips; the same refusals; and what a stopped one
// has done is continued. Needs the built thread.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { STRIP_LIMITS } from "../../converters/write-strips.js";
import { convertFixels } from "../../src/app/convert/convert.js";
import { JOURNAL_FILE } from "../../src/store/journal.js";
import { verifyStore } from "../../src/store/verify.js";
import { type Cohort, rawFixelData, writeCohort } from "../support/make-cohort.js";
import { partialsOf } from "../support/partials.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const entry = path.join(import.meta.dirname, "../../dist/converters/second-thread-entry.js");
const usual = { ...STRIP_LIMITS };
let made = 0;

beforeAll(() => {
  Object.assign(STRIP_LIMITS, { leastBytes: 0, leastPieceBytes: 0, longestSampleMs: 1e9 });
});
afterEach(() => {
  vi.restoreAllMocks();
  Object.assign(STRIP_LIMITS, {
    groupBytes: usual.groupBytes,
    stripBytes: usual.stripBytes,
    mostFiles: usual.mostFiles,
  });
});
afterAll(() => void Object.assign(STRIP_LIMITS, usual));

interface Made extends Cohort {
  readonly n: number;
}

/** With some bytes behind the values of some, as a file may have. */
function cohortOf(n: number, m: number, seed = 1): Made {
  const random = createRandom(seed);
  function* files() {
    const values = new Float32Array(m);
    for (let s = 0; s < n; s++) {
      for (let e = 0; e < m; e++) values[e] = Math.sin(s * 7 + e);
      if (s % 5 === 3) values[random.integer(m)] = [Number.NaN, Number.POSITIVE_INFINITY][s % 2]!;
      const raw = rawFixelData(values);
      yield [`s${s}.mif`, s % 4 === 1 ? Buffer.concat([raw, Buffer.alloc(1 + random.integer(90), s)]) : raw] as const;
    }
  }
  return { n, ...writeCohort(path.join(root, `cohort${made++}`), m, files()) };
}

const outputOf = ({ inputDirectory }: Cohort, nThreads: number) => `${inputDirectory}-${nThreads}.fxs`;
type Options = Partial<Parameters<typeof convertFixels>[0]>;
const convert = ({ n: _, ...cohort }: Made, nThreads: number, options: Options = {}) =>
  convertFixels({ ...cohort, output: outputOf(cohort, nThreads), nThreads, command: "convert", ...options });

/** By two threads, with the list read as a user's is. */
const convertListed = ({ inputDirectory, ...cohort }: Made, subjectList = cohort.subjectList) =>
  convertFixels({
    ...{ inputDirectory, subjectList, nThreads: 2, command: "convert" },
    output: `${inputDirectory}-2.fxs`,
  });

function contentsOf(store: string) {
  const { provenance: _, crc32: __, ...manifest } = JSON.parse(fs.readFileSync(path.join(store, "store.json"), "utf8"));
  const files = fs.readdirSync(store).filter((name) => name !== "store.json");
  const bytes = Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(store, name), "latin1")]));
  return { manifest, bytes };
}

/** The main thread reads strips and nothing else in pieces. */
function expectStrips(): () => void {
  const reads = vi.spyOn(fs, "readvSync");
  return () => expect(reads).toHaveBeenCalled();
}

async function expectSame(cohort: Made): Promise<void> {
  if (!fs.existsSync(outputOf(cohort, 1))) await convert(cohort, 1);
  expect(contentsOf(outputOf(cohort, 2))).toEqual(contentsOf(outputOf(cohort, 1)));
  expect(verifyStore(outputOf(cohort, 2))).toMatchObject({ damagedBlocks: [], damagedFiles: [] });
}

describe.skipIf(!fs.existsSync(entry))("in strips", () => {
  const random = createRandom(7);
  const drawn = Array.from({ length: 12 }, (_, i) => ({
    n: 1 + random.integer(70),
    m: [1, 1023, 1024, 1025, 2048][i] ?? 1 + random.integer(9000),
    groups: 1 + random.integer(4),
    strips: random.integer(3),
  }));
  it.each(drawn)("$n subjects x $m fixels in $groups groups are the same store", async ({ n, m, groups, strips }) => {
    const cohort = cohortOf(n, m, n + m);
    const rowBytes = 4 * 1024 * Math.ceil(m / 1024);
    STRIP_LIMITS.groupBytes = Math.max(rowBytes, Math.ceil((n * rowBytes) / groups));
    STRIP_LIMITS.stripBytes = [usual.stripBytes, n * 4096, 3 * n * 4096][strips]!;
    const isInStrips = expectStrips();
    let last = 0;
    await convert(cohort, 2, {
      onProgress({ phase, done }) {
        if (phase !== "read") return;
        expect(done).toBeGreaterThanOrEqual(last);
        last = done;
      },
    });
    expect(last).toBe(n);
    if (m > 1024 * 8) isInStrips(); // with fewer the other thread may take all
    await expectSame(cohort);
  });

  it("files with long headers are summed whole", async () => {
    const [n, m] = [5, 20_000];
    function* files() {
      for (let s = 0; s < n; s++) {
        const values = Float32Array.from({ length: m }, (_, e) => Math.cos(s * 7 + e));
        const offset = [100_000, 65_536, 65_540, 3 * 2 ** 18 + 4, 1024][s]!;
        const head = Buffer.alloc(offset, " "); // blank lines
        head.write(
          `mrtrix image\ndim: ${m},1,1\nvox: 1,1,1\nlayout: +0,+1,+2\ndatatype: Float32LE\nfile: . ${offset}\nnote: ${s}\n`,
        );
        head.write("\nEND\n", offset - 5);
        yield [`s${s}.mif`, Buffer.concat([head, new Uint8Array(values.buffer), Buffer.alloc(s, 7)])] as const;
      }
    }
    const cohort = { n, ...writeCohort(path.join(root, `cohort${made++}`), m, files()) };
    const isInStrips = expectStrips();
    await convert(cohort, 2);
    isInStrips();
    await expectSame(cohort);
  });

  it("a list that comes through a pipe is read once, whoever counts its lines before", async () => {
    const cohort = cohortOf(4, 5000);
    const subjectList = path.join(cohort.inputDirectory, "list.pipe");
    execFileSync("mkfifo", [subjectList]);
    const writer = spawn("cp", [cohort.subjectList, subjectList]);
    try {
      await convertListed(cohort, subjectList);
    } finally {
      writer.kill();
    }
    await expectSame(cohort);
  });

  it("what is wrong with list or template is said though a thread has been started", async () => {
    const cohort = cohortOf(4, 50);
    const threads = vi.spyOn(Worker.prototype, "terminate");
    await expect(convertListed(cohort, "no-list.txt")).rejects.toThrow("Cannot read no-list.txt");
    fs.writeFileSync(path.join(cohort.inputDirectory, "index.mif"), "no image");
    await expect(convertListed(cohort)).rejects.toThrow("index.mif: expected the first line `mrtrix image`");
    expect(threads).toHaveBeenCalledTimes(2);
  });

  it("where not so many files can be open they are read one by one", async () => {
    const cohort = cohortOf(40, 3000);
    const open = fs.openSync;
    let nOpen = 0;
    vi.spyOn(fs, "openSync").mockImplementation((file, ...more) => {
      if (String(file).endsWith(".mif") && ++nOpen > 40 + 9 + 30 && nOpen < 40 + 9 + 60)
        throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE", syscall: "open" });
      return open(file, ...more);
    });
    await convert(cohort, 2);
    vi.restoreAllMocks();
    await expectSame(cohort);
  });

  it("where not so many files can be open as the longest run has they are all read one by one, a short run before it too", async () => {
    const cohort = cohortOf(64, 9000);
    const output = outputOf(cohort, 2);
    const onProgress = ({ phase, done }: { phase: string; done: number }) => {
      if (phase === "read" && done > 20) throw new Error("interrupted");
    };
    await expect(convert(cohort, 1, { output, onProgress, memoryBytes: 2 ** 20 })).rejects.toThrow("interrupted");
    // a row that is read again: a run of one subject
    const data = fs.openSync(path.join(partialsOf(output)[0]!, "FD.f32"), "r+");
    fs.writeSync(data, Buffer.from("damaged!"), 0, 8, 2 * 1024 * 4);
    fs.closeSync(data);
    const [open, close] = [fs.openSync, fs.closeSync];
    const subjects = new Set<number>();
    let isRefused = false;
    vi.spyOn(fs, "openSync").mockImplementation((file, ...more) => {
      const isSubject = /s\d+\.mif$/.test(String(file));
      if (isSubject && subjects.size >= 10) {
        isRefused = true;
        throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE", syscall: "open" });
      }
      const fd = open(file, ...more);
      if (isSubject) subjects.add(fd);
      return fd;
    });
    vi.spyOn(fs, "closeSync").mockImplementation((fd) => {
      subjects.delete(fd);
      close(fd);
    });
    const { nReadAgain } = await convert(cohort, 2);
    vi.restoreAllMocks();
    expect({ nReadAgain, isRefused }).toEqual({ nReadAgain: 1, isRefused: true });
    await expectSame(cohort);
  });

  it("files that are slow to read are read one by one", async () => {
    STRIP_LIMITS.longestSampleMs = -1;
    const cohort = cohortOf(30, 3000);
    const reads = vi.spyOn(fs, "readvSync");
    await convert(cohort, 2);
    STRIP_LIMITS.longestSampleMs = 1e9;
    expect(reads).not.toHaveBeenCalled();
    await expectSame(cohort);
  });

  it.each([
    [1, "rows"],
    [2, "strips"],
  ])("what %i threads have left in %s is continued in strips", async (nThreads) => {
    const cohort = cohortOf(64, 9000);
    STRIP_LIMITS.groupBytes = 8 * 9216 * 4;
    const output = outputOf(cohort, 2);
    const onProgress = ({ phase, done }: { phase: string; done: number }) => {
      if (phase === "read" && done > 30) throw new Error("interrupted");
    };
    const memoryBytes = 2 ** 20;
    await expect(convert(cohort, nThreads, { output, onProgress, memoryBytes })).rejects.toThrow("interrupted");
    const journal = path.join(partialsOf(output)[0]!, JOURNAL_FILE);
    const nLines = fs.readFileSync(journal, "utf8").split("\n").length - 2; // the plan, and behind the last
    const isInStrips = expectStrips();
    const { nResumed } = await convert(cohort, 2, { memoryBytes });
    isInStrips();
    expect(nLines).toBeGreaterThan(1);
    expect(nResumed).toBeGreaterThan(15);
    expect(nResumed).toBeLessThan(64);
    await expectSame(cohort);
  });

  describe("a file that is", () => {
    const changed = /it was changed during the conversion, expected \d+ bytes of .+, got \d+ bytes of .+\. Make sure/;
    it.each([
      ["truncated", (file: string) => fs.truncateSync(file, 20_000), changed],
      ["grown", (file: string) => fs.appendFileSync(file, "more"), changed],
      ["written over", (file: string) => fs.writeFileSync(file, rawFixelData(new Float32Array(9000).fill(3))), changed],
    ])("%s during the conversion ends it, and the same line goes on when it is back", async (_, damage, message) => {
      const cohort = cohortOf(48, 9000);
      STRIP_LIMITS.groupBytes = 16 * 9216 * 4;
      STRIP_LIMITS.stripBytes = 16 * 4096;
      const file = path.join(cohort.inputDirectory, "s46.mif");
      const bytes = fs.readFileSync(file);
      const { atime, mtime } = fs.statSync(file);
      fs.utimesSync(file, atime, mtime); // as it can be put back
      // without the other thread, which may take every strip of so small a matrix
      vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker) {
        void this.terminate();
      });
      let opened = -1;
      const open = fs.openSync;
      vi.spyOn(fs, "openSync").mockImplementation((name, ...more) => {
        const fd = open(name, ...more);
        if (name === file) opened = fd;
        else if (fd === opened) opened = -1;
        return fd;
      });
      let damaged = false;
      const readv = fs.readvSync;
      vi.spyOn(fs, "readvSync").mockImplementation((fd, ...more) => {
        const isNow = fd === opened && !damaged;
        damaged ||= isNow;
        if (isNow) damage(file);
        return readv(fd, ...more);
      });
      await expect(convert(cohort, 2)).rejects.toThrow(message);
      vi.restoreAllMocks();
      expect(damaged).toBe(true);
      expect(fs.existsSync(outputOf(cohort, 2))).toBe(false);
      fs.writeFileSync(file, bytes);
      fs.utimesSync(file, atime, mtime);
      expect(await convert(cohort, 2)).toMatchObject({ nResumed: 32 });
      await expectSame(cohort);
    });
  });

  it("a disk that fills up is said, and nothing is published", async () => {
    const cohort = cohortOf(48, 9000);
    const write = fs.writeSync;
    vi.spyOn(fs, "writeSync").mockImplementation(((fd: number, data: Uint8Array, ...more: number[]) => {
      if (Buffer.byteLength(data) > 10_000)
        throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC", syscall: "write" });
      return write(fd, data, ...more);
    }) as typeof fs.writeSync);
    await expect(convert(cohort, 2)).rejects.toThrow(/the disk is full\. Make room, or write somewhere else\.$/);
    expect(fs.existsSync(outputOf(cohort, 2))).toBe(false);
  });

  it("by a thread that ends, nothing is published, and the same line goes on", async () => {
    const cohort = cohortOf(48, 9000);
    const post = Worker.prototype.postMessage;
    let asked = 0;
    vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...given) {
      if (++asked === 2) void this.terminate();
      else post.apply(this, given);
    });
    await expect(convert(cohort, 2)).rejects.toThrow(
      /^A thread of the conversion ended unexpectedly \(exit code 1\)\.$/,
    );
    expect(fs.existsSync(outputOf(cohort, 2))).toBe(false);
    vi.restoreAllMocks();
    await convert(cohort, 2);
    await expectSame(cohort);
  });
});
