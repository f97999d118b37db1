// What happens to its files while an analysis goes on ends it with an error that says so, or changes no number.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { isFixelstreamError } from "../../src/errors.js";
import { ALL_COMMANDS, type CommandName, newRun } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { runCli } from "../support/run-cli.js";

const PHASES = ["observe", "shuffle"] as const;
/** Enough for every phase to take longer than between two looks at a file. */
const N_SHUFFLES = 4000;

type Run = ReturnType<typeof newRun>;

async function newStoreRun(command: CommandName): Promise<Run> {
  const run = newRun(command);
  const made = await runInProcess(run.convertLine(run.at("a.fxs")));
  expect(made.stderr).toBe("");
  return run;
}

const dataOf = (run: Run) => {
  const name = fs.readdirSync(run.at("a.fxs")).find((file) => file.endsWith(".f32"))!;
  return run.at("a.fxs", name);
};
const storeOptions = (run: Run) => ({
  ...run.ofStore(run.at("a.fxs")),
  ...{ io: "read" as const, nShuffles: N_SHUFFLES, force: true },
});
const numbersOf = (run: Run) =>
  run
    .results()
    .filter((name) => name !== "run.json")
    .map((name) => [name, run.result(name).toString("latin1").replace(/^#.*$/gm, "")]);

const ACTS: Readonly<Record<string, (run: Run) => void>> = {
  "the data file is truncated": (run) => fs.truncateSync(dataOf(run), 100),
  "the data file is written over": (run) => {
    const bytes = fs.readFileSync(dataOf(run));
    fs.writeFileSync(
      dataOf(run),
      bytes.map((_, i) => bytes[(i + 4096) % bytes.length]!),
    );
  },
  "the data file is removed": (run) => fs.rmSync(dataOf(run)),
  "the store is removed": (run) => fs.rmSync(run.at("a.fxs"), { recursive: true }),
  "the store is moved away": (run) => fs.renameSync(run.at("a.fxs"), run.at("b.fxs")),
  "the inputs are removed": (run) => {
    for (const name of ["design.txt", "contrast.txt"]) fs.rmSync(run.at(name));
  },
};

describe.each(ALL_COMMANDS)("%s of a store", (command) => {
  describe.each(PHASES)("during %s", (phase) => {
    it.each(Object.entries(ACTS))("%s", async (_, act) => {
      const plain = await newStoreRun(command);
      await plain.infer(storeOptions(plain));
      const run = await newStoreRun(command);
      let done = false;
      const onProgress = (now: string) => {
        if (now !== phase || done) return;
        done = true;
        act(run);
      };
      const failure = await run.infer(storeOptions(run), { onProgress }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(done).toBe(true);
      if (failure === undefined) return expect(numbersOf(run)).toEqual(numbersOf(plain));
      expect(isFixelstreamError(failure, "InputError"), String(failure)).toBe(true);
      expect(run.relative((failure as Error).message)).toMatch(/a\.fxs.+\. (Make sure|Run the command|Convert)/);
      expect(fs.existsSync(run.at("out")) ? run.results() : []).toEqual([]);
    });
  });
});

describe.each(ALL_COMMANDS)("%s of files", (command) => {
  it.each(["observe", "shuffle"])(
    "whose cache is cleared during %s has the same numbers, and the cache is cleared of what is free",
    async (phase) => {
      const plain = newRun(command);
      await plain.infer({ nShuffles: 200 });
      const run = newRun(command);
      const options = { nShuffles: 200, cache: run.at("cache") };
      let cleared: ReturnType<typeof runCli> | undefined;
      await run.infer(options, {
        onProgress(now) {
          if (now === phase) cleared ??= runCli(["cache", "clear", "--cache", run.at("cache")], run.at());
        },
      });
      expect(cleared).toMatchObject({ status: 0 });
      expect(numbersOf(run)).toEqual(numbersOf(plain));
      await run.infer({ ...options, force: true });
      expect(numbersOf(run)).toEqual(numbersOf(plain));
    },
  );

  it.each(["observe", "shuffle"])(
    "whose place of results is removed during %s ends with an error, or has them",
    async (phase) => {
      const run = newRun(command);
      let removed = false;
      const onProgress = (now: string) => {
        if (now !== phase || removed) return;
        removed = true;
        fs.rmSync(run.at("out"), { recursive: true, force: true });
      };
      const failure = await run.infer({ nShuffles: 200 }, { onProgress }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(removed).toBe(true);
      if (failure === undefined) return expect(run.results()).toContain("run.json");
      expect(isFixelstreamError(failure, "InputError"), String(failure)).toBe(true);
      expect(run.relative((failure as Error).message)).toMatch(/out/);
    },
  );
});
