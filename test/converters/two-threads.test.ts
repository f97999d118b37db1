// A conversion with a second thread: the same bytes as with one, the same refusals, and nothing half done where the thread ends. Needs the built thread.
import fs from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { verifyStore } from "../../src/store/verify.js";
import { type Cohort, rawFixelData, writeCohort } from "../support/make-cohort.js";
import { partialsOf } from "../support/partials.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const entry = path.join(import.meta.dirname, "../../dist/converters/second-thread-entry.js");
let made = 0;

interface CohortKind {
  readonly n: number;
  readonly m: number;
  readonly isMixed?: boolean;
}

/** More than 8 MiB, so that there are groups. */
const WIDE: CohortKind = { n: 256, m: 9000 };
const KINDS: Readonly<Record<string, CohortKind>> = {
  "raw files": WIDE,
  "files of every kind": { ...WIDE, isMixed: true },
  "pieces of less than 1 KiB": { n: 1100, m: 2100 },
};

function cohortOf({ n, m, isMixed = false }: CohortKind): Cohort {
  function* files() {
    const values = new Float32Array(m);
    for (let s = 0; s < n; s++) {
      for (let e = 0; e < m; e++) values[e] = Math.sin(s * 7 + e);
      if (s % 50 === 3) values[s % m] = Number.NaN;
      const [name, raw] = [`s${s}.mif`, rawFixelData(values)];
      if (isMixed && s % 5 === 1) yield [`${name}.gz`, gzipSync(raw, { level: 1 })] as const;
      else if (isMixed && s % 5 === 2) yield [name, rawFixelData(Float64Array.from(values))] as const;
      else yield [name, raw] as const;
    }
  }
  return writeCohort(path.join(root, `cohort${made++}`), m, files());
}

const outputOf = ({ inputDirectory }: Cohort, nThreads: number) => `${inputDirectory}-${nThreads}.fxs`;
type Options = Partial<Parameters<typeof convertFixels>[0]>;
const convert = (cohort: Cohort, nThreads: number, options: Options = {}) =>
  convertFixels({ ...cohort, output: outputOf(cohort, nThreads), nThreads, command: "convert", ...options });

function contentsOf(store: string) {
  const { provenance: _, crc32: __, ...manifest } = JSON.parse(fs.readFileSync(path.join(store, "store.json"), "utf8"));
  const files = fs.readdirSync(store).filter((name) => name !== "store.json");
  const bytes = Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(store, name), "latin1")]));
  return { manifest, bytes };
}

afterEach(() => void vi.restoreAllMocks());

describe.skipIf(!fs.existsSync(entry))("with a second thread", () => {
  it.each(Object.entries(KINDS))("of %s the store is the same", async (_, kind) => {
    const cohort = cohortOf(kind);
    const writes = vi.spyOn(fs, "writeSync");
    const dataWrites = () => writes.mock.calls.filter(([, data]) => Buffer.byteLength(data) > 10_000).length;
    await convert(cohort, 1);
    const alone = dataWrites();
    writes.mockClear();
    let last = 0;
    await convert(cohort, 2, {
      onProgress({ phase, done }) {
        if (phase !== "read") return;
        expect(done).toBeGreaterThanOrEqual(last);
        last = done;
      },
    });
    // the main thread writes the last group
    expect(dataWrites()).toBeLessThan(alone);
    expect(last).toBe(kind.n);
    const [one, two] = [1, 2].map((nThreads) => contentsOf(outputOf(cohort, nThreads)));
    expect(two!.manifest).toEqual(one!.manifest);
    expect(two!.bytes).toEqual(one!.bytes);
    expect(verifyStore(outputOf(cohort, 2))).toMatchObject({ damagedBlocks: [], damagedFiles: [] });
  });

  describe.each([1, 2])("%i threads: a file that is", (nThreads) => {
    const cohort = cohortOf(WIDE);
    const last = path.join(cohort.inputDirectory, "s255.mif");
    const bytes = fs.readFileSync(last);
    const { atime, mtime } = fs.statSync(last);
    const put = () => {
      fs.rmSync(last, { recursive: true, force: true });
      fs.writeFileSync(last, bytes);
      fs.utimesSync(last, atime, mtime);
    };
    const other = rawFixelData(new Float32Array(WIDE.m).fill(3));
    const changed = /it was changed during the conversion, expected \d+ bytes of .+, got \d+ bytes of .+\. Make sure/;
    it.each([
      ["truncated", () => fs.truncateSync(last, 20_000), changed],
      ["grown", () => fs.appendFileSync(last, "more"), changed],
      ["written over", () => fs.writeFileSync(last, other), changed],
      ["replaced", () => replaceBy(last, other), changed],
      ["removed", () => fs.rmSync(last), /it is no longer there\. Restore it, and run the command again\.$/],
      ["made a directory", () => replaceByDirectory(last), changed],
    ])("%s during the conversion ends it, and the same line goes on when it is back", async (_, damage, message) => {
      put();
      const output = outputOf(cohort, nThreads);
      fs.rmSync(output, { recursive: true, force: true });
      let damaged = false;
      const onProgress = ({ phase }: { phase: string }) => {
        if (phase !== "read" || damaged) return;
        damaged = true;
        damage();
      };
      await expect(convert(cohort, nThreads, { onProgress })).rejects.toThrow(message);
      expect(fs.existsSync(output)).toBe(false);
      put();
      const { nResumed } = await convert(cohort, nThreads);
      expect(nResumed).toBeGreaterThan(0);
      expect(partialsOf(output)).toEqual([]);
      const plain = outputOf(cohort, 0);
      if (!fs.existsSync(plain)) await convert(cohort, 0);
      expect(contentsOf(output).bytes).toEqual(contentsOf(plain).bytes);
    });
  });

  it.each([2, 3, 4])(
    "that ends at its message %i, nothing is published, and the same line goes on",
    async (request) => {
      const cohort = cohortOf(WIDE);
      const output = outputOf(cohort, 2);
      let asked = 0;
      const post = Worker.prototype.postMessage;
      vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...given) {
        if (++asked === request) void this.terminate();
        else post.apply(this, given);
      });
      await expect(convert(cohort, 2)).rejects.toThrow(
        /^A thread of the conversion ended unexpectedly \(exit code 1\)\.$/,
      );
      expect(fs.existsSync(output)).toBe(false);
      vi.restoreAllMocks();
      await convert(cohort, 2);
      await convert(cohort, 1);
      expect(contentsOf(output).bytes).toEqual(contentsOf(outputOf(cohort, 1)).bytes);
      expect(fs.readdirSync(root).filter((name) => name.startsWith(path.basename(output)))).toEqual([
        path.basename(output),
      ]);
    },
  );

  it("that ends before it is ready is done without", async () => {
    const cohort = cohortOf(WIDE);
    vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker) {
      void this.terminate();
    });
    await convert(cohort, 2);
    vi.restoreAllMocks();
    await convert(cohort, 1);
    expect(contentsOf(outputOf(cohort, 2)).bytes).toEqual(contentsOf(outputOf(cohort, 1)).bytes);
  });

  it("that has started while the inputs were checked ends with what is wrong with them", async () => {
    const cohort = cohortOf(WIDE);
    fs.writeFileSync(path.join(cohort.inputDirectory, "s9.mif"), "no image");
    const ended = vi.spyOn(Worker.prototype, "terminate");
    await expect(convert(cohort, 2)).rejects.toThrow(/s9\.mif/);
    expect(ended).toHaveBeenCalled();
    await ended.mock.results[0]!.value;
  });

  it("is stopped by what onProgress throws, and leaves what the same line continues", async () => {
    const cohort = cohortOf(WIDE);
    const onProgress = ({ phase, done }: { phase: string; done: number }) => {
      if (phase === "read" && done > 200) throw new Error("interrupted");
    };
    await expect(convert(cohort, 2, { onProgress })).rejects.toThrow("interrupted");
    expect(await convert(cohort, 2)).toMatchObject({ nResumed: 128 });
  });
});

function replaceBy(file: string, bytes: Uint8Array): void {
  fs.writeFileSync(`${file}.new`, bytes);
  fs.renameSync(`${file}.new`, file);
}

function replaceByDirectory(file: string): void {
  fs.rmSync(file);
  fs.mkdirSync(file);
}
