// Loads files of the program (dist/program, made by build/bundle.mjs) with the code that V8 made of them when the program was built. Where there is none for this Node,
// or what it was made of has changed since, they are compiled as ever.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

interface Module {
  exports: unknown;
}

/** In the order of the parameters of what a file becomes. */
type Body = (
  exports: unknown,
  require: (name: string) => unknown,
  module: Module,
  __filename: string,
  __import: (name: string) => Promise<unknown>,
) => void;

/** Milliseconds by which a copy of the program may have written code before its source. */
const COPYING_MS = 1000;

const program = path.join(import.meta.dirname, "../program/");
const requireOfNode = createRequire(import.meta.filename);
const loaded = new Map<string, Module>();

/** Of the code for the Node that runs. */
export const codeFolder = path.join(program, "code", nameOfThisNode());
/** Scripts of this thread, by name: what build/run-and-keep.cjs keeps. */
export const scripts = new Map<string, vm.Script>();

/** `name`: in dist/program, with ending. Returns what the file exports. */
export function load(name: string): unknown {
  const before = loaded.get(name);
  if (before !== undefined) return before.exports;
  const file = program + name;
  // of ASCII alone, as the bundler leaves it
  const text = fs.readFileSync(file, "latin1");
  const source = `(function (exports, require, module, __filename, __import) {${text}\n})`;
  const script = new vm.Script(source, { filename: file, cachedData: codeOf(name, file) });
  scripts.set(name, script);
  const module: Module = { exports: {} };
  loaded.set(name, module);
  (script.runInThisContext() as Body)(module.exports, requireFrom, module, file, importByNode);
  return module.exports;
}

function requireFrom(name: string): unknown {
  return name.startsWith("./") && name.endsWith(".js") ? load(name.slice(2)) : requireOfNode(name);
}

/** What is an ES module: a script that asks for one itself would have to be made with what Node calls experimental, and says so to the user. */
function importByNode(name: string): Promise<unknown> {
  return import(name);
}

/** V8 compares its version, its flags and the length of the source: neither the source itself nor what two builds of one version have different. */
function nameOfThisNode(): string {
  const { size, mtimeMs } = fs.statSync(process.execPath);
  return `${process.version}-${process.arch}-${size}-${Math.floor(mtimeMs)}`;
}

function codeOf(name: string, file: string): Buffer | undefined {
  try {
    const code = path.join(codeFolder, name);
    if (fs.statSync(code).mtimeMs + COPYING_MS < fs.statSync(file).mtimeMs) return undefined;
    return fs.readFileSync(code);
  } catch {
    return undefined;
  }
}
