// Compiles the bench's own AssemblyScript (*.as, so that tsc and biome leave it alone) and gives its functions over one memory.
import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const FLAGS = [
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--enable",
  "simd,threads",
  "--importMemory",
  "--sharedMemory",
];

export async function loadAssembly(name, memory) {
  let binary;
  const source = readFileSync(new URL(`../assembly/${name}.as`, import.meta.url), "utf8");
  const pages = ["--initialMemory", "1", "--maximumMemory", "65536"];
  const { error, stderr } = await asc.main([`${name}.ts`, ...FLAGS, ...pages, "--outFile", "out.wasm"], {
    readFile: (path) => (path === `${name}.ts` ? source : null),
    writeFile: (path, contents) => {
      if (path === "out.wasm") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`asc cannot compile ${name}.as:\n${stderr.toString()}`, { cause: error });
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory, abort: fail } });
  return instance.exports;
}

function fail() {
  throw new Error("a bench kernel aborted");
}
