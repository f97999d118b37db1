// node build/run-and-keep.cjs ARGUMENT..: the program, as dist/bin/fixelstream.js begins it; what V8 compiled of its files until the end is kept for later starts.
const { mkdirSync, writeFileSync } = require("node:fs");
const path = require("node:path");
const { codeFolder, load, scripts } = require("../dist/bin/load.js");

process.on("exit", () => {
  mkdirSync(codeFolder, { recursive: true });
  for (const [name, script] of scripts) writeFileSync(path.join(codeFolder, name), script.createCachedData());
});
load("fixelstream.js");
