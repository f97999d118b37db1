// Entry of the second thread of a conversion (second-thread-work.ts).
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { useByteNamesInThread } from "../src/byte-names.js";
import { useLargePages } from "../src/mapping/large-pages.js";
import { createBlockSums } from "../src/store/block-sums.js";
import { createRowGroup, rowGroupBytes } from "../src/store/row-group.js";
import { writeBlocks } from "../src/store/write-blocks.js";
import { claimRows } from "./claim-rows.js";
import { CONTROL } from "./control-words.js";
import { createRawParts } from "./raw-row.js";
import type { FoundRow, Group, SecondAnswer, SecondRequest, SecondSetup, StripRequest } from "./second-thread-work.js";
import { stripSumsIn, workStrips } from "./strips.js";

type Ask = Exclude<SecondRequest, { readonly type: "sums" }>;

const port = parentPort as MessagePort;
const say = (answer: SecondAnswer) => port.postMessage(answer);

useByteNamesInThread();

port.once("message", (setup: SecondSetup) => {
  const { answer, sums } = createWork(setup);
  port.on("message", (request: SecondRequest) => {
    if (request.type !== "sums") return say(answer(request));
    say({ type: "sums", state: sums.state() });
    port.close();
  });
  say({ type: "ready" });
});

// before the first message, while the inputs are checked
if (workerData instanceof WebAssembly.Memory) useLargePages(new Uint8Array(workerData.buffer));

function createWork({ shape, buffer, groups, row, control, files }: SecondSetup) {
  const words = new Int32Array(control);
  const sums = createBlockSums(shape);
  const held = groups.map(({ byteOffset, byteLength }) =>
    createRowGroup(shape, new Uint8Array(buffer, byteOffset, byteLength), sums),
  );
  const parts = createRawParts(shape, new Uint8Array(buffer, row.byteOffset, row.byteLength));

  function write(group: Group & { readonly fd: number }): SecondAnswer {
    try {
      writeGroup(group);
      return { type: "written" };
    } catch (cause) {
      return fail(undefined, cause);
    }
  }

  function read({
    iBuffer,
    firstSubject,
    count,
    subjects,
  }: Group & { readonly subjects: readonly number[] }): SecondAnswer {
    const group = held[iBuffer]!;
    group.begin(firstSubject, count);
    const found: FoundRow[] = [];
    for (const row of claimRows({ words, subjects, files, group, parts })) {
      if ("cause" in row) return fail(row.subject, row.cause);
      found.push(row);
    }
    return { type: "read", found };
  }

  function writeGroup({ iBuffer, fd, firstSubject, count }: Group & { readonly fd: number }): void {
    const { byteOffset } = groups[iBuffer]!;
    const blocks = new Uint8Array(buffer, byteOffset, rowGroupBytes(shape, count));
    for (const _ of writeBlocks(fd, shape, blocks, { firstSubject, count })); // to its end, whatever becomes of the reading: it is promised then
    sums.addBlocks(firstSubject, count, blocks);
  }

  function strip({ plan, files, fd, sums, memory }: StripRequest): SecondAnswer {
    for (const failure of workStrips({ shape, plan, files, fd, words, sums: stripSumsIn(sums, shape, plan), memory }))
      if (failure !== undefined) return fail(failure.subject, failure.cause);
    return { type: "written" };
  }

  function answer(request: Ask): SecondAnswer {
    if (request.type === "write") return write(request);
    return request.type === "read" ? read(request) : strip(request);
  }

  function fail(subject: number | undefined, cause: unknown): SecondAnswer {
    Atomics.store(words, CONTROL.stop, 1);
    const { message, code, syscall, stack } = cause as NodeJS.ErrnoException;
    return { type: "failed", failure: { subject, message, code, syscall, stack } };
  }

  return { answer, sums };
}
