/** The built entry of a worker thread: beside this file when built, in dist/ when run from source (tests; `npm run build` first). */
export function workerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith(".ts") ? new URL("../../../dist/src/engine/worker.js", here) : new URL("../worker.js", here);
}
