// What every case gets: where to work, the built program, and the kernels over one memory.
import { execFileSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadAssembly } from "./assembly.mjs";
import { runChild } from "./child.mjs";

const DIST = fileURLToPath(new URL("../../../dist/", import.meta.url));
const PAGES = 16_384;

export function createContext({ mode, dir }) {
  const built = (path) => import(pathToFileURL(`${DIST}${path}`).href);
  let bench;
  return {
    mode,
    dir,
    built,
    isThere,
    fixelstream: (args) => runChild(process.execPath, [`${DIST}bin/fixelstream.js`, ...args]),
    /** Compiled at the first call; regions are given anew to each case. */
    kernelBench() {
      bench ??= openKernelBench(built);
      return bench;
    },
  };
}

function isThere(command) {
  try {
    execFileSync(command, ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function openKernelBench(built) {
  const { createKernelSet } = await built("src/kernels/choose-kernels.js");
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  return {
    memory,
    kernels: createKernelSet("simd", memory),
    peak: await loadAssembly("peak", memory),
    prototypes: await loadAssembly("prototypes", memory),
    /** Byte offsets of regions of these sizes, one after the other, 64-byte aligned. */
    regions(sizes) {
      let end = 65_536;
      return sizes.map((bytes) => {
        const start = end;
        end += Math.ceil(bytes / 64) * 64;
        if (end > PAGES * 65_536) throw new Error("The case does not fit the bench's memory.");
        return start;
      });
    },
  };
}
