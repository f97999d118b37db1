// A conversion in a process of its own, for tests that measure or kill it: convert-child.mjs INPUT LIST OUTPUT MEMORY_BYTES
// Runs the compiled program (npm run build). Prints the peak resident memory in bytes and what the summary says, as JSON.
import fs from "node:fs";
import { convertFixels } from "../../dist/src/app/convert/convert.js";

const [inputDirectory, subjectList, output, memoryBytes] = process.argv.slice(2);
const summary = await convertFixels({
  inputDirectory,
  subjectList,
  output,
  memoryBytes: Number(memoryBytes),
  command: "convert-child",
});
const status = fs.readFileSync("/proc/self/status", "utf8");
const peakBytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
process.stdout.write(JSON.stringify({ peakBytes, nResumed: summary.nResumed, groups: summary.groups }));
