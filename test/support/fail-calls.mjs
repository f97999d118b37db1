// A preload (node --import) that lets the k-th call to the file system fail with an error of the system's, before it is done. What it counts: calls with a
// path in FAIL_ROOT, or with a file opened there; in the main thread. Environment: FAIL_ROOT; FAIL_AT, from 0 (absent: none fails); FAIL_CODE (EIO);
// FAIL_LOG: a file that gets every call counted, `NAME PATH` a line, and stays outside of the count.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import path from "node:path";
import { isMainThread } from "node:worker_threads";

const root = fs.realpathSync(process.env.FAIL_ROOT ?? process.cwd());
const failAt = process.env.FAIL_AT === undefined ? -1 : Number(process.env.FAIL_AT);
const code = process.env.FAIL_CODE ?? "EIO";
const log = process.env.FAIL_LOG;
const { appendFileSync } = fs;
const append = appendFileSync.bind(fs);

let counted = 0;
let logging = false;
const opened = new Map();

const placeOf = (what) => {
  if (typeof what === "number") return opened.get(what);
  if (typeof what !== "string" && !(what instanceof URL) && !Buffer.isBuffer(what)) return undefined;
  const found = what instanceof URL ? what.pathname : String(what);
  let absolute;
  try {
    absolute = path.resolve(found);
  } catch {
    return found; // the working directory is gone
  }
  return absolute === root || absolute.startsWith(`${root}/`) ? absolute : undefined;
};

/** Throws where it is this call's turn. */
function count(name, syscall, what) {
  const place = logging ? undefined : placeOf(what);
  if (place === undefined) return;
  const iCall = counted++;
  if (log !== undefined) {
    logging = true;
    append(log, `${name} ${place}\n`);
    logging = false;
  }
  if (iCall !== failAt) return;
  const number = os.constants.errno[code];
  const error = new Error(`${code}: injected, ${syscall} '${place}'`);
  throw Object.assign(error, { errno: -number, code, syscall, ...(typeof what === "number" ? {} : { path: place }) });
}

const CALLS = {
  ...{ open: "open", close: "close", read: "read", write: "write", fsync: "fsync", fdatasync: "fdatasync" },
  ...{ rename: "rename", unlink: "unlink", rm: "rm", rmdir: "rmdir", mkdir: "mkdir", mkdtemp: "mkdtemp", link: "link" },
  ...{ symlink: "symlink", stat: "stat", lstat: "lstat", fstat: "fstat", readdir: "scandir", statfs: "statfs" },
  ...{ readFile: "open", writeFile: "open", appendFile: "open", copyFile: "copyfile", truncate: "open" },
  ...{ ftruncate: "ftruncate", utimes: "utime", futimes: "futime", lutimes: "lutime", readlink: "readlink" },
  ...{ realpath: "realpath", access: "access", chmod: "chmod", readv: "read", writev: "write" },
};

if (isMainThread) {
  for (const [name, syscall] of Object.entries(CALLS)) {
    const sync = fs[`${name}Sync`];
    if (sync !== undefined) {
      const wrapped = function (what, ...rest) {
        const place = logging ? undefined : placeOf(what);
        count(`${name}Sync`, syscall, what);
        const result = sync.call(this, what, ...rest);
        if (name === "open" && place !== undefined) opened.set(result, place);
        return result;
      };
      fs[`${name}Sync`] = Object.assign(wrapped, sync);
    }
    const later = fs[name];
    if (later !== undefined) {
      const wrapped = function (what, ...rest) {
        const done = rest.at(-1);
        const place = logging ? undefined : placeOf(what);
        try {
          count(name, syscall, what);
        } catch (error) {
          process.nextTick(done, error);
          return;
        }
        if (name === "open" && typeof done === "function") {
          rest[rest.length - 1] = (error, fd) => {
            if (error === null && place !== undefined) opened.set(fd, place);
            done(error, fd);
          };
        }
        return later.call(this, what, ...rest);
      };
      fs[name] = Object.assign(wrapped, later);
    }
    const promised = fs.promises[name];
    if (promised !== undefined) {
      fs.promises[name] = async function (what, ...rest) {
        const place = logging ? undefined : placeOf(what);
        count(`promises.${name}`, syscall, what);
        const result = await promised.call(this, what, ...rest);
        if (name === "open" && place !== undefined) opened.set(result.fd, place);
        return result;
      };
    }
  }
  // the methods of a file that was opened by promises
  const handle = await fs.promises.open(process.execPath, "r");
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const METHODS = { read: "read", write: "write", writeFile: "write", readFile: "read", sync: "fsync", stat: "fstat" };
  for (const [name, syscall] of Object.entries({ ...METHODS, datasync: "fdatasync", truncate: "ftruncate" })) {
    const method = prototype[name];
    prototype[name] = async function (...rest) {
      count(`handle.${name}`, syscall, this.fd);
      return method.apply(this, rest);
    };
  }
  syncBuiltinESMExports();
}
