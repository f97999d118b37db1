// Entry of a worker thread of a filter.
import { parentPort } from "node:worker_threads";
import { useByteNamesInThread } from "../../byte-names.js";
import { createKernelSet } from "../../kernels/choose-kernels.js";
import { CONTROL } from "../plan/job.js";
import { serve } from "../threads/serve.js";
import type { FilterOrder, FilterReport, FilterSetup } from "./job.js";
import { createFilterRunner } from "./runner.js";

useByteNamesInThread();
serve<FilterSetup, FilterOrder, FilterReport>(parentPort!, (setup, iWorker) => {
  const { job, memory, module } = setup;
  const runner = createFilterRunner(setup, iWorker, createKernelSet(job.kernels, memory, module));
  return { runner, control: new Int32Array(memory.buffer, job.plan.regions.control, CONTROL.words) };
});
