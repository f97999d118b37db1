// Entry of a worker thread: takes orders, claims pieces from the shared counter, reports. protocol.ts has the messages.
import { parentPort } from "node:worker_threads";
import { createKernelSet } from "../kernels/choose-kernels.js";
import { createRunner } from "./create-runner.js";
import { runPhase } from "./phase.js";
import { describeFailure, type WorkerRequest, type WorkerResponse } from "./protocol.js";
import type { Runner } from "./runner.js";

const port = parentPort!;
const reply = (message: WorkerResponse) => port.postMessage(message);
let runner: Runner | undefined;
let control: Int32Array | undefined;

port.on("message", (request: WorkerRequest) => {
  try {
    switch (request.type) {
      case "open": {
        const { job, memory, module, partition, iWorker } = request;
        const kernels = createKernelSet(job.kernels, memory, module);
        const onFallback = (reason: string) => reply({ type: "fallback", reason });
        runner = createRunner({ job, iWorker, memory, kernels, partition, onFallback });
        control = new Int32Array(memory.buffer, job.shared.control, 16);
        reply({ type: "ready" });
        break;
      }
      case "phase":
        reply({ type: "done", report: runPhase(runner!, control!, request.order, request.nPieces) });
        break;
      case "close":
        runner?.close();
        port.close();
        break;
    }
  } catch (error) {
    reply({ type: "failed", failure: describeFailure(error) });
  }
});
