// A worker that throws, dies or reports an error ends the phase with that error; nobody waits for it.
import { expect, test } from "vitest";
import { openPool, type PoolInputs } from "../../src/engine/threads/pool.js";
import { isFixelstreamError } from "../../src/errors.js";

const entry = new URL("../support/failing-worker.mjs", import.meta.url);

function inputs(): PoolInputs<object> {
  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  // the failing worker looks at the number of pieces only
  const createRunner = () => {
    throw new Error("No work is done in this thread.");
  };
  return { control: new Int32Array(buffer, 0, 16), setup: {}, createRunner, entry, onFallback() {} };
}

const order = { phase: "observe" } as const;

test.each([
  [1, "InternalError", /ended unexpectedly \(exit code 3\)/],
  [2, "InternalError", /died: thrown outside the handler/],
  [3, "InputError", /^the store shrank$/],
] as const)("case %i", async (nPieces, tag, message) => {
  const pool = await openPool(inputs(), 2);
  try {
    const error = await pool.run(order, nPieces).catch((reason: unknown) => reason);
    expect(isFixelstreamError(error, tag), String(error)).toBe(true);
    expect((error as Error).message).toMatch(message);
    // and what follows is refused at once, with the same error
    await expect(pool.run(order, nPieces)).rejects.toBe(error);
  } finally {
    await pool.close();
  }
});
