// A worker thread that opens well and then fails in the way its piece count asks for.
import { parentPort } from "node:worker_threads";

parentPort.on("message", (request) => {
  if (request.type === "open") parentPort.postMessage({ type: "ready" });
  if (request.type !== "phase") return;
  if (request.nPieces === 1) process.exit(3);
  if (request.nPieces === 2) {
    setImmediate(() => {
      throw new RangeError("thrown outside the handler");
    });
  }
  if (request.nPieces === 3) {
    const failure = { tag: "InputError", message: "the store shrank", stack: undefined, path: "cohort.fxs" };
    parentPort.postMessage({ type: "failed", failure });
  }
});
