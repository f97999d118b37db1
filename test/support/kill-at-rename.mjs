// Preloaded (node --import): kills the process, as kill -9 does, before its KILL_AT-th rename (counted from 1) into the directory KILL_INTO.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";

const { KILL_INTO: into, KILL_AT: at } = process.env;
const { renameSync } = fs;
let done = 0;
fs.renameSync = (from, to) => {
  if (path.dirname(path.resolve(to)) === into && ++done === Number(at)) process.kill(process.pid, "SIGKILL");
  renameSync(from, to);
};
syncBuiltinESMExports();
