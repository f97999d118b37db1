// Entry of a worker thread: what the messages of threads/protocol.ts ask for, done by a runner over the shared memory.
import { parentPort } from "node:worker_threads";
import { useByteNamesInThread } from "../byte-names.js";
import { createKernelSet } from "../kernels/choose-kernels.js";
import type { Fallback } from "../mapping/file-bytes.js";
import type { WorkerSetup } from "./context.js";
import { createRunner } from "./runner.js";
import { serve } from "./threads/serve.js";

useByteNamesInThread();
serve<WorkerSetup>(parentPort!, (setup, iWorker, reply) => {
  const { job, memory, module } = setup;
  const kernels = createKernelSet(job.kernels, memory, module, job.native);
  const onFallback = (fallback: Fallback) => reply({ type: "fallback", fallback });
  return {
    runner: createRunner({ ...setup, iWorker, kernels, onFallback }),
    control: new Int32Array(memory.buffer, job.shared.control, 16),
  };
});
