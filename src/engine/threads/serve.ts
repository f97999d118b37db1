// One worker thread: takes orders, claims pieces, reports. What it works with is made by `create`.
import type { MessagePort } from "node:worker_threads";
import type { PhaseOrder, PhaseReport } from "../plan/job.js";
import type { Runner } from "../seams.js";
import { runPhase } from "./phase.js";
import { describeFailure, type WorkerRequest, type WorkerResponse } from "./protocol.js";

export function serve<Setup, Order = PhaseOrder, Report = PhaseReport>(
  port: MessagePort,
  create: (
    setup: Setup,
    iWorker: number,
    reply: (message: WorkerResponse<Report>) => void,
  ) => { readonly runner: Runner<Order, Report>; readonly control: Int32Array },
): void {
  const reply = (message: WorkerResponse<Report>) => port.postMessage(message);
  let opened: ReturnType<typeof create> | undefined;
  port.on("message", (request: WorkerRequest<Setup, Order>) => {
    try {
      switch (request.type) {
        case "open":
          opened = create(request.setup, request.iWorker, reply);
          reply({ type: "ready" });
          break;
        case "phase":
          reply({ type: "done", report: runPhase(opened!.runner, opened!.control, request.order, request.nPieces) });
          break;
        case "close":
          // mapped files outlive a thread that does not close them: they are the process's
          opened?.runner.close();
          break;
      }
    } catch (error) {
      reply({ type: "failed", failure: describeFailure(error) });
    }
    if (request.type === "close") port.close();
  });
}
