// A conversion killed at any moment leaves nothing that opens as a store, and the next run of the same command finishes it to the same bytes.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { PARTIAL_MARK } from "../../src/publish/partial-directory.js";
import { JOURNAL_FILE } from "../../src/store/journal.js";
import { openStore } from "../../src/store/open-store.js";
import { verifyStore } from "../../src/store/verify.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { partialsOf } from "../support/partials.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const directory = temporaryDirectory();
const child = path.join(import.meta.dirname, "../support/convert-child.mjs");
const built = path.join(import.meta.dirname, "../../dist/src/app/convert/convert.js");
const nFixels = 5000;
const nSubjects = 120;
/** Bytes. Some six subjects at a time, so 20 groups. */
const MEMORY_BYTES = 2 ** 18 + 6 * nFixels * 4;
/** Milliseconds after the journal was begun. A whole run takes some 200. */
const random = createRandom(20);
const KILL_AFTER_MS = Array.from({ length: 20 }, () => random.integer(200));

interface Kill {
  /** Lines of the journal to wait for. The first is the plan, each further one a group. */
  lines: number;
  thenMs: number;
}

/** Runs a conversion, and kills it if told to. */
async function run(input: string, output: string, kill?: Kill): Promise<{ finished: boolean; nResumed: number }> {
  const tokens = [child, input, path.join(input, "subjects.txt"), output, String(MEMORY_BYTES)];
  const runner = spawn(process.execPath, tokens, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  runner.stdout.on("data", (text) => {
    printed += text;
  });
  const ended = new Promise<number | null>((resolve) => runner.on("close", resolve));
  if (kill !== undefined) {
    // Looked up anew only when it was taken over and so renamed: a whole run is over soon.
    let partial: string | undefined;
    const reached = () => {
      if (partial === undefined || !fs.existsSync(partial)) partial = partialsOf(output)[0];
      return (
        (partial !== undefined && countLines(path.join(partial, JOURNAL_FILE)) >= kill.lines) || fs.existsSync(output)
      );
    };
    while (!reached() && runner.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, kill.thenMs));
    runner.kill("SIGKILL");
  }
  const finished = (await ended) === 0;
  return { finished, nResumed: finished ? JSON.parse(printed).nResumed : 0 };
}

function countLines(file: string): number {
  try {
    return fs.readFileSync(file, "utf8").split("\n").length - 1;
  } catch {
    return 0; // not begun, or renamed
  }
}

/** What a killed run has left beside it. */
function removeLeftovers(output: string): void {
  for (const left of [...partialsOf(output), `${output}.lock`]) fs.rmSync(left, { recursive: true, force: true });
}

function contents(store: string): Record<string, unknown> {
  const { provenance: _, crc32: __, ...manifest } = JSON.parse(fs.readFileSync(path.join(store, "store.json"), "utf8"));
  return {
    manifest,
    data: fs.readFileSync(path.join(store, "FD.f32")).toString("base64"),
    files: fs.readdirSync(store).sort(),
  };
}

it.skipIf(!fs.existsSync(built))("continues after kill -9 at any moment, to the same bytes", async () => {
  const values = new Float32Array(nFixels);
  function* files() {
    for (let i = 0; i < nSubjects; i++) {
      for (let k = 0; k < nFixels; k++) values[k] = i === 3 && k === 7 ? Number.NaN : i * 1e4 + k;
      yield [`s${i}.mif`, rawFixelData(values)] as const;
    }
  }
  const input = path.join(directory, "cohort");
  writeCohort(input, nFixels, files());
  const whole = path.join(directory, "whole.fxs");
  expect(await run(input, whole)).toEqual({ finished: true, nResumed: 0 });
  const expected = contents(whole);

  const output = path.join(directory, "killed.fxs");
  for (const killAfterMs of KILL_AFTER_MS) {
    const { finished } = await run(input, output, { lines: 1, thenMs: killAfterMs });
    if (!finished && !fs.existsSync(output)) {
      expect(() => openStore(output, { io: "auto" })).toThrow(/conversion did not finish/);
      continue; // the next run continues this one, and is killed later
    }
    // Published before the kill reached it, perhaps just before journal and mark were removed: beside a whole store they do no harm.
    expect(verifyStore(output)).toMatchObject({ damagedBlocks: [], damagedFiles: [] });
    for (const name of [JOURNAL_FILE, PARTIAL_MARK]) fs.rmSync(path.join(output, name), { force: true });
    expect(contents(output)).toEqual(expected);
    fs.rmSync(output, { recursive: true });
    removeLeftovers(output);
  }
  // under load a run may publish before the kill reaches it: then once more
  let isKilled = false;
  for (let attempt = 0; attempt < 5 && !isKilled; attempt++) {
    fs.rmSync(output, { recursive: true, force: true });
    removeLeftovers(output);
    isKilled = true;
    for (const lines of [4, 9]) {
      const { finished } = await run(input, output, { lines, thenMs: 0 });
      isKilled &&= !finished && !fs.existsSync(output);
    }
  }
  expect(isKilled).toBe(true);
  const last = await run(input, output);
  // At least the groups whose lines were seen.
  expect(last.nResumed).toBeGreaterThanOrEqual(8);
  expect(contents(output)).toEqual(expected);
  expect(fs.readdirSync(directory).sort()).toEqual(["cohort", "killed.fxs", "whole.fxs"]);
});
