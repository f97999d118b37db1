// --import of a command: appends to the file FIXELSTREAM_MODULES the URL of every module that it loads, one a line; of Node's own, `node:name`.
import { appendFileSync } from "node:fs";
import module from "node:module";

const file = process.env.FIXELSTREAM_MODULES;
const hooks = `
import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  if (!url.startsWith("node:")) appendFileSync(${JSON.stringify(file)}, url + "\\n");
  return next(url, context);
}`;
module.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
// what is required, which those hooks do not see
const { cache } = module.createRequire(import.meta.url);
process.on("exit", () =>
  appendFileSync(
    file,
    [...Object.keys(cache), ...process.moduleLoadList.map((name) => name.replace(/^NativeModule /, "node:"))]
      .map((path) => `${path}\n`)
      .join(""),
  ),
);
