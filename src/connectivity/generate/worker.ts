// Entry of a thread that maps streamlines, then counts rows: team.ts.
import { parentPort } from "node:worker_threads";
import { createPerformer, type Performer, type Role, type Task } from "./tasks.js";

let performer: Performer | undefined;
parentPort!.on("message", (message: { readonly role: Role } | { readonly task: Task }) => {
  if ("role" in message) {
    performer = undefined; // what the last one held is free before the next is made
    performer = createPerformer(message.role);
    parentPort!.postMessage(undefined);
  } else parentPort!.postMessage(performer!.perform(message.task));
});
