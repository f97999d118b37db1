// --require of a command: appends to the file FIXELSTREAM_MODULES every module that it loads, one a line: paths of files, and of Node's own `node:name`.
const { appendFileSync } = require("node:fs");
const vm = require("node:vm");

const loaded = [];
// files of the program, which bin/load.ts compiles itself
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    loaded.push(options.filename);
  }
};
process.on("exit", () => {
  const builtin = process.moduleLoadList.map((name) => name.replace(/^NativeModule /, "node:"));
  appendFileSync(
    process.env.FIXELSTREAM_MODULES,
    [...loaded, ...Object.keys(require.cache), ...builtin].map((name) => `${name}\n`).join(""),
  );
});
