// A program that opens pools of threads which fail in every way they can, closes them, and must then end by itself.
import { openPool } from "../../dist/src/engine/threads/pool.js";

const entry = new URL("./failing-worker.mjs", import.meta.url);
for (const nPieces of process.argv.slice(2).map(Number)) {
  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const controller = new AbortController();
  const control = new Int32Array(buffer, 0, 16);
  const pool = await openPool({ control, setup: {}, entry, onFallback() {}, signal: controller.signal }, 2);
  const running = pool.run({ phase: "observe" }, nPieces).catch(() => process.stdout.write(`failed ${nPieces}\n`));
  // workers that never answer
  if (nPieces > 3) controller.abort();
  await running;
  await pool.close();
}
