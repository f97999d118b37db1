// Tries a library in a child process: one that raises SIGILL, aborts or hangs must not take the analysis with it.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { CORE_TYPE } from "./core-types.js";
import type { NativeLibrary, TrialOutcome, TrialRequest } from "./native-product.js";
import { ONE_THREAD } from "./open-library.js";

/** Milliseconds until a trial is given up; one takes 150 where the machine is idle. */
const PATIENCE_MS = 5000;

/** `signal` ends it: nobody waits for the answer. */
export async function runTrial(
  request: Omit<TrialRequest, "path">,
  { path, coreType }: NativeLibrary,
  { patienceMs = PATIENCE_MS, signal }: { readonly patienceMs?: number; readonly signal?: AbortSignal } = {},
): Promise<TrialOutcome> {
  const core = coreType === undefined ? {} : { [CORE_TYPE]: process.env[CORE_TYPE] ?? coreType };
  const env = { ...process.env, ...ONE_THREAD, ...core };
  const given = [fileURLToPath(entryUrl()), JSON.stringify({ ...request, path })];
  return await new Promise((resolve) => {
    const limits = { timeout: patienceMs, killSignal: "SIGKILL", ...(signal && { signal }) } as const;
    execFile(process.execPath, given, { env, ...limits }, (error, stdout) => {
      const answer = parse(stdout);
      if (signal?.aborted) resolve({ failure: "was no longer needed" });
      else if (answer !== undefined) resolve(answer);
      else if (error === null || String(error.code) === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
        resolve({ failure: "gives no answer that can be read" });
      else if (error.killed) resolve({ failure: `does not answer within ${patienceMs / 1000} s` });
      else if (error.signal) resolve({ failure: `kills the process it is tried in (${error.signal})` });
      else resolve({ failure: `ends the process it is tried in (exit code ${error.code})` });
    });
  });
}

/** Undefined: it is none, or not whole. */
function parse(stdout: string): TrialOutcome | undefined {
  try {
    return JSON.parse(stdout) as TrialOutcome;
  } catch {
    return undefined;
  }
}

/** Beside this file's compiled form; run from source (tests), it lies in dist/. */
function entryUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts")
    ? new URL("../../../dist/src/kernels/native/trial-entry.js", here)
    : new URL("./trial-entry.js", here);
}
