// Loaded before the program (NODE_OPTIONS=--import): counts every call that changes files below FAULT_UNDER and, at number FAULT_AT, kills the process
// (FAULT_DO=kill), kills it when half of a write is done (tear), or fills the disk from there on (ENOSPC). The count is a file, FAULT_LOG, with a line a
// call, so that threads count together.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { isMainThread } from "node:worker_threads";

// Times end up in files (libhdf5's too): it is always the same moment, and by the way never that of the disk.
const NOW = Date.UTC(2026, 0, 1);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [NOW] : given));
  }
  static now() {
    return NOW;
  }
};

const { FAULT_UNDER, FAULT_LOG, FAULT_DO } = process.env;
const at = Number(process.env.FAULT_AT ?? Number.POSITIVE_INFINITY);
const roots = FAULT_UNDER.split(":");
const real = { ...fs };
const realPromises = { ...fs.promises };
const pathOfFd = new Map();
let isFull = false;

/** A file that another thread has opened is asked of the system. */
function fileOf(fd) {
  if (pathOfFd.has(fd) || isMainThread) return pathOfFd.get(fd);
  try {
    return real.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

const isBelow = (file) => roots.some((root) => file === root || file.startsWith(`${root}/`));
const resolved = (file) => (typeof file === "string" ? path.resolve(file) : "");

/** What grows needs room: the others do not. */
const GROWS = new Set(["open", "write", "truncate", "sync", "mkdir", "link", "rename", "copy"]);

function full(call, file) {
  return Object.assign(new Error(`ENOSPC: no space left on device, ${call} '${file}'`), {
    code: "ENOSPC",
    errno: -28,
    syscall: call,
    path: file,
  });
}

function die() {
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Throws, or kills, or returns whether half of it is to be done first. */
function count(call, file) {
  if (file === undefined || !isBelow(file)) return "";
  real.appendFileSync(FAULT_LOG, `${call} ${file}\n`);
  const n = real.readFileSync(FAULT_LOG, "latin1").split("\n").length - 1;
  if (isFull && GROWS.has(call)) throw full(call, file);
  if (n < at) return "";
  if (n === at && FAULT_DO === "kill") die();
  if (n === at && FAULT_DO === "tear") {
    if (call !== "write") die();
    return "tear";
  }
  if (FAULT_DO !== "ENOSPC" || !GROWS.has(call)) return "";
  isFull = true;
  if (n === at && call === "write") return "fill";
  throw full(call, file);
}

const opensToWrite = (flags) => (typeof flags === "number" ? (flags & 3) !== 0 : /[wa+]/.test(flags ?? "r"));

fs.openSync = (file, flags, mode) => {
  if (opensToWrite(flags)) count("open", resolved(file));
  const fd = real.openSync(file, flags, mode);
  if (opensToWrite(flags)) pathOfFd.set(fd, resolved(file));
  return fd;
};
fs.closeSync = (fd) => {
  pathOfFd.delete(fd);
  real.closeSync(fd);
};
fs.close = (fd, ...rest) => {
  pathOfFd.delete(fd);
  real.close(fd, ...rest);
};
fs.writeSync = (fd, data, ...rest) => {
  const file = fileOf(fd);
  const how = count("write", file);
  if (how === "") return real.writeSync(fd, data, ...rest);
  const [offset = 0, length = data.length - offset, position] =
    typeof rest[0] === "object" && rest[0] !== null ? [rest[0].offset, rest[0].length, rest[0].position] : rest;
  const bytes =
    typeof data === "string" ? Buffer.from(data) : new Uint8Array(data.buffer, data.byteOffset + offset, length);
  real.writeSync(fd, bytes, 0, bytes.length >> 1, typeof data === "string" ? undefined : position);
  if (how === "tear") die();
  throw full("write", file);
};
fs.writevSync = (fd, views, position) => {
  count("write", pathOfFd.get(fd));
  return real.writevSync(fd, views, position);
};
fs.writeFileSync = (file, data, options) => {
  const { flag = "w", mode = 0o666, flush = false } = typeof options === "string" ? {} : (options ?? {});
  if (typeof file === "number") return fs.writeSync(file, data);
  const fd = fs.openSync(file, flag, mode);
  try {
    const bytes =
      typeof data === "string" ? Buffer.from(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done, bytes.length - done);
    if (flush) fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
};
fs.appendFileSync = (file, data, options) => fs.writeFileSync(file, data, { ...options, flag: "a" });
fs.copyFileSync = (from, to) => fs.writeFileSync(to, real.readFileSync(from));
const byFd = (call, name) => {
  fs[name] = (fd, ...rest) => {
    count(call, pathOfFd.get(fd));
    return real[name](fd, ...rest);
  };
};
byFd("truncate", "ftruncateSync");
byFd("sync", "fsyncSync");
byFd("sync", "fdatasyncSync");
byFd("utimes", "futimesSync");
for (const name of ["fsync", "fdatasync"]) {
  fs[name] = (fd, done) => {
    try {
      count("sync", pathOfFd.get(fd));
    } catch (error) {
      return void process.nextTick(done, error);
    }
    return real[name](fd, done);
  };
}
const byPath = (call, name, which = 0) => {
  fs[name] = (...given) => {
    count(call, resolved(given[which]));
    return real[name](...given);
  };
};
byPath("rename", "renameSync", 1);
byPath("link", "linkSync", 1);
byPath("link", "symlinkSync", 1);
byPath("unlink", "unlinkSync");
byPath("rmdir", "rmdirSync");
byPath("rm", "rmSync");
byPath("mkdir", "mkdirSync");
byPath("mkdir", "mkdtempSync");
byPath("utimes", "utimesSync");
byPath("truncate", "truncateSync");

const handle = await realPromises.open(FAULT_LOG, "a");
const prototype = Object.getPrototypeOf(handle);
await handle.close();
const realHandle = {
  writeFile: prototype.writeFile,
  write: prototype.write,
  sync: prototype.sync,
  datasync: prototype.datasync,
  truncate: prototype.truncate,
  close: prototype.close,
};
fs.promises.open = async (file, flags, mode) => {
  if (opensToWrite(flags)) count("open", resolved(file));
  const opened = await realPromises.open(file, flags, mode);
  if (opensToWrite(flags)) pathOfFd.set(opened.fd, resolved(file));
  return opened;
};
prototype.writeFile = async function (data, ...rest) {
  const how = count("write", pathOfFd.get(this.fd));
  if (how === "") return realHandle.writeFile.call(this, data, ...rest);
  await realHandle.writeFile.call(this, data.subarray(0, data.length >> 1));
  if (how === "tear") die();
  throw full("write", pathOfFd.get(this.fd));
};
for (const [name, call] of [
  ["write", "write"],
  ["sync", "sync"],
  ["datasync", "sync"],
  ["truncate", "truncate"],
]) {
  prototype[name] = async function (...given) {
    count(call, pathOfFd.get(this.fd));
    return realHandle[name].apply(this, given);
  };
}
prototype.close = function () {
  pathOfFd.delete(this.fd);
  return realHandle.close.call(this);
};
for (const [name, call, which] of [
  ["rename", "rename", 1],
  ["link", "link", 1],
  ["unlink", "unlink", 0],
  ["rmdir", "rmdir", 0],
  ["mkdir", "mkdir", 0],
  ["rm", "rm", 0],
  ["copyFile", "copy", 1],
  ["writeFile", "write", 0],
  ["utimes", "utimes", 0],
]) {
  fs.promises[name] = async (...given) => {
    count(call, resolved(given[which]));
    return realPromises[name](...given);
  };
}
syncBuiltinESMExports();
