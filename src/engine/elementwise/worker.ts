// Entry of a worker thread of a model of all elements.
import { parentPort } from "node:worker_threads";
import { useByteNamesInThread } from "../../byte-names.js";
import { serve } from "../threads/serve.js";
import type { ElementwiseOrder, ElementwiseReport, ElementwiseSetup } from "./job.js";
import { createElementwiseRunner } from "./runner.js";

useByteNamesInThread();
serve<ElementwiseSetup, ElementwiseOrder, ElementwiseReport>(parentPort!, (setup, _, reply) => ({
  runner: createElementwiseRunner(setup, (fallback) => reply({ type: "fallback", fallback })),
  control: new Int32Array(setup.control),
}));
