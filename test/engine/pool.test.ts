// Threads: a failure of one ends the phase with that error and nobody waits for it; a stop is heard; and nothing is left of them.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { openPool, type Pool, type PoolInputs } from "../../src/engine/threads/pool.js";
import { isFixelstreamError } from "../../src/errors.js";

const entry = new URL("../support/failing-worker.mjs", import.meta.url);

function inputs(options: Partial<PoolInputs<object>> = {}): PoolInputs<object> {
  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  // the failing worker looks at the number of pieces only
  const createRunner = () => {
    throw new Error("No work is done in this thread.");
  };
  return { control: new Int32Array(buffer, 0, 16), setup: {}, createRunner, entry, onFallback() {}, ...options };
}

const order = { phase: "observe" } as const;
/** Numbers of pieces by which the worker fails in one way or another; any other: it never answers. */
const [EXITS, THROWS, REPORTS, NEVER_ANSWERS] = [1, 2, 3, 4];

/** Threads of this process; undefined where the system does not say. */
const countThreads = () => (process.platform === "linux" ? readdirSync("/proc/self/task").length : undefined);

let pool: Pool | undefined;
afterEach(() => pool?.close());

test.each([
  [EXITS, "InternalError", /ended unexpectedly \(exit code 3\)/],
  [THROWS, "InternalError", /died: thrown outside the handler/],
  [REPORTS, "InputError", /^the store shrank$/],
] as const)("case %i", async (nPieces, tag, message) => {
  pool = await openPool(inputs(), 2);
  const error = await pool.run(order, nPieces).catch((reason: unknown) => reason);
  expect(isFixelstreamError(error, tag), String(error)).toBe(true);
  expect((error as Error).message).toMatch(message);
  // and what follows is refused at once, with the same error
  await expect(pool.run(order, nPieces)).rejects.toBe(error);
});

test("with a signal that was aborted before, no thread begins", async () => {
  const before = countThreads();
  const reason = new Error("not wanted any more");
  const opening = openPool(inputs({ signal: AbortSignal.abort(reason) }), 2);
  expect(countThreads()).toBe(before);
  await expect(opening).rejects.toBe(reason);
});

describe("nothing is left", () => {
  const expectThreads = async (wanted: number | undefined) => {
    // the system takes a moment to forget a thread that has ended
    for (let waited = 0; countThreads() !== wanted && waited < 2000; waited += 20) await wait(20);
    expect(countThreads()).toBe(wanted);
  };

  test("of an abort while threads begin", async () => {
    const before = countThreads();
    const controller = new AbortController();
    const opening = openPool(inputs({ signal: controller.signal }), 2);
    const reason = new Error("Ctrl-C");
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expectThreads(before);
  });

  test.each(["in a phase", "between two phases"])("of an abort %s, which is heard at once", async (moment) => {
    const before = countThreads();
    const controller = new AbortController();
    pool = await openPool(inputs({ signal: controller.signal }), 2);
    const reason = new Error("Ctrl-C");
    const running = moment === "in a phase" ? pool.run(order, NEVER_ANSWERS) : undefined;
    const start = performance.now();
    controller.abort(reason);
    await expect(running ?? pool.run(order, NEVER_ANSWERS)).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(500);
    await pool.close();
    // these workers do not end by themselves: they are given a moment, and are ended then
    expect(performance.now() - start).toBeLessThan(3000);
    await expectThreads(before);
  });

  test("of a pool that is closed in a phase: the phase ends, and no other begins", async () => {
    const before = countThreads();
    pool = await openPool(inputs(), 2);
    const running = pool.run(order, NEVER_ANSWERS);
    const closing = pool.close();
    const message = "Cannot run a phase: the threads were closed.";
    await expect(running).rejects.toThrow(message);
    await closing;
    await expect(pool.run(order, NEVER_ANSWERS)).rejects.toThrow(message);
    await pool.close();
    await expectThreads(before);
  });

  test("that keeps the process alive", () => {
    const cases = [EXITS, THROWS, REPORTS, NEVER_ANSWERS];
    const program = fileURLToPath(new URL("../support/close-pools.mjs", import.meta.url));
    const options = { encoding: "utf8", timeout: 30_000 } as const;
    const child = spawnSync(process.execPath, [program, ...cases.map(String)], options);
    const stdout = cases.map((nPieces) => `failed ${nPieces}\n`).join("");
    expect(child).toMatchObject({ status: 0, signal: null, stdout, stderr: "" });
  });
});
