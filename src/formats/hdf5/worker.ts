// The thread in which libhdf5 runs: a file that leads it into an endless loop, or asks for gigabytes, costs this thread and not the process.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { loadHdf5 } from "./library.js";
import { type LocalDraft, openLocalDraft } from "./local-draft.js";
import { type LocalFile, openLocalFile } from "./local-file.js";
import { reportProgressTo } from "./progress.js";
import { packError, READY, type Request, type Response, type Target, type WorkerSetup } from "./protocol.js";

type Method = (...args: readonly unknown[]) => unknown;

const { progress, mostBytes } = workerData as WorkerSetup;
const port = parentPort as MessagePort;
const opened = new Map<number, LocalFile | LocalDraft>();
let nOpened = 0;

boundMemory(mostBytes);
reportProgressTo(progress);
void loadHdf5().then(() => {
  port.on("message", (request: Request) => void answer(request));
  port.postMessage(READY);
});

async function answer(request: Request): Promise<void> {
  let response: Response;
  try {
    response = { id: request.id, value: "open" in request ? await open(request.open) : call(request) };
  } catch (error) {
    response = { id: request.id, error: packError(error) };
  }
  port.postMessage(response);
}

async function open(target: Target): Promise<unknown> {
  const handle = ++nOpened;
  if (target.kind === "draft") {
    opened.set(handle, await openLocalDraft(target.path, target.output, target.mode));
    return { handle };
  }
  const file = await openLocalFile(target.path);
  opened.set(handle, file);
  return { handle, fileBytes: file.fileBytes };
}

function call({ handle, method, args, bytes }: Exclude<Request, { open: Target }>): unknown {
  const found = opened.get(handle);
  if (found === undefined) throw new Error(`Nothing is open as ${handle}.`);
  if (method === "close") {
    opened.delete(handle);
    return found.close();
  }
  if (method === "readRectangle") return readInto(bytes!, found as LocalFile, args);
  if (method === "writeRectangle") return writeFrom(bytes!, found as LocalDraft, args);
  return (found as unknown as Record<string, Method>)[method]!(...args);
}

function readInto(target: SharedArrayBuffer, file: LocalFile, args: readonly unknown[]): void {
  const [dataset, first, count] = args as Parameters<LocalFile["readRectangle"]>;
  new Uint8Array(target).set(file.readRectangle(dataset, first, count));
}

function writeFrom(source: SharedArrayBuffer, draft: LocalDraft, args: readonly unknown[]): void {
  const [objectPath, spec, first, count] = args as Parameters<LocalDraft["writeRectangle"]>;
  draft.writeRectangle(objectPath, spec, first, count, (bytes) => bytes.set(new Uint8Array(source, 0, bytes.length)));
}

/** Memory of WebAssembly grows through this one call; where it fails, libhdf5 says that it has none. */
function boundMemory(most: number): void {
  const { prototype } = WebAssembly.Memory;
  const grow = prototype.grow;
  prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * 2 ** 16 > most) throw new RangeError(`more than ${most} bytes`);
    return grow.call(this, pages);
  };
}
