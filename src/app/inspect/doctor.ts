// What a bug report needs to know about a machine, and whether this installation computes what it should there. Nothing here throws.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { compileSimdModule, simdIsSupported } from "../../kernels/choose-kernels.js";
import { chooseLibrary, type LibrarySearch, TILE_ROWS } from "../../kernels/native/choose-library.js";
import { NAMED_BY } from "../../kernels/native/find-libraries.js";
import { loadLibc } from "../../mapping/libc.js";
import { MappedFile } from "../../mapping/mapped-file.js";
import { sweepMade } from "../../publish/made-files.js";
import { newId } from "../../publish/maker.js";
import { removeFile } from "../../publish/remove-ours.js";
import { coreLimit } from "../../system-cores.js";
import { describeSystemError } from "../../system-error.js";
import { memoryLimit } from "../../system-memory.js";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import { VERSION } from "../../version.js";
import { runSelfTest, SELF_TEST_TOLERANCE, type SelfTest } from "./self-test.js";

export interface Check {
  readonly name: string;
  /** `note`: works, but not as fast or as well as it could. */
  readonly status: "ok" | "note" | "failed";
  readonly text: string;
}

export interface DoctorReport {
  readonly checks: readonly Check[];
  readonly failed: readonly string[];
}

/** Where stores go if nobody says otherwise: its disk is tried. It need not exist. */
export interface DoctorOptions {
  readonly cache: string;
}

/** package.json: engines. */
const OLDEST_NODE = [20, 15] as const;
/** Bytes written to try the disk; a quarter of a second on a slow one. */
const TRIAL_BYTES = 2 ** 25;

export async function examine({ cache }: DoctorOptions): Promise<DoctorReport> {
  const library = await searchLibrary();
  const checks = [
    attempt("node", checkNode),
    attempt("processor", checkProcessor),
    attempt("memory", checkMemory),
    attempt("simd", checkSimd),
    describeSearch(library),
    attempt("disk", () => checkDisk(nearestDirectory(cache))),
    attempt("mapping", () => checkMapping(nearestDirectory(cache))),
    await selfTest({ kernels: "simd", nThreads: 2 }),
    ...(library.chosen === undefined ? [] : [await selfTest({ kernels: "native", nThreads: 2 })]),
    await selfTest({ kernels: "reference", nThreads: 0 }),
  ];
  return { checks, failed: checks.filter(({ status }) => status === "failed").map(({ name }) => name) };
}

type Finding = string | { readonly status: Check["status"]; readonly text: string };

function attempt(name: string, check: () => Finding): Check {
  try {
    const found = check();
    return typeof found === "string" ? { name, status: "ok", text: found } : { name, ...found };
  } catch (error) {
    return { name, status: "failed", text: firstLine(error) };
  }
}

const firstLine = (error: unknown): string => describeSystemError(error).split("\n")[0]!;

function checkNode(): Finding {
  const { node, v8 } = process.versions;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const text = `fixelstream ${VERSION}, node ${node}, v8 ${v8}, ${os.platform()} ${os.arch()} ${os.release()}`;
  const [oldMajor, oldMinor] = OLDEST_NODE;
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return text;
  return { status: "failed", text: `${text}: expected node ${oldMajor}.${oldMinor} or newer` };
}

function checkProcessor(): Finding {
  const limit = coreLimit();
  const limited = limit === undefined ? "" : `, limited to the time of ${Number(limit.toFixed(2))} for this process`;
  return `${os.cpus()[0]?.model.trim() ?? "unknown"}, ${formatCount(os.availableParallelism(), "cores")}${limited}`;
}

function checkMemory(): Finding {
  const limit = memoryLimit();
  const limited = limit === undefined ? "" : `, limited to ${formatBytes(limit)} for this process`;
  return `${formatBytes(os.totalmem())}, ${formatBytes(os.freemem())} free${limited}`;
}

function checkSimd(): Finding {
  if (!simdIsSupported()) return { status: "note", text: "not supported: the slower reference kernels are used" };
  compileSimdModule();
  return "supported, kernels compile";
}

/** Every kind of kernels of every library; the tile of a usual cohort. */
const searchLibrary = (): Promise<LibrarySearch> =>
  chooseLibrary({
    precisions: ["double", "single"],
    ...{ nSubjects: 400, rows: TILE_ROWS, width: 256, mustGain: true, tryAll: true },
  });

/** What --kernels auto would multiply by, and what is the matter with the others. */
function describeSearch({ chosen, tried, isNamed }: LibrarySearch): Check {
  const others = tried
    .filter(({ path: file, coreType }) => file !== chosen?.library.path || coreType !== chosen.library.coreType)
    .map(
      ({ path: file, coreType, verdict }) => `${file}${coreType === undefined ? "" : ` as ${coreType}`}: ${verdict}`,
    );
  const rest = others.length === 0 ? "" : `; ${others.join("; ")}`;
  if (chosen === undefined) {
    const text = tried.length === 0 ? "no library that multiplies was found" : "no library multiplies right and faster";
    const named = isNamed ? `, ${NAMED_BY} names one` : "";
    return {
      name: "blas",
      status: "note",
      text: `${text}${named}: the SIMD kernels do, with the same bits everywhere${rest}`,
    };
  }
  const { name, version, core, precisions } = chosen.report;
  const rates = Object.entries(precisions).map(
    ([precision, { gflops, simdGflops, hasSameBits }]) =>
      `${precision} ${gflops.toFixed(0)} GFLOP/s, ${(gflops / simdGflops).toFixed(1)} times the SIMD kernels${hasSameBits ? "" : ", last bits change with memory and threads"}`,
  );
  const called = [name, version, core === "" ? "" : `(${core})`].filter((part) => part !== "").join(" ");
  return { name: "blas", status: "ok", text: `${called}, ${chosen.library.path}: ${rates.join("; ")}${rest}` };
}

/** The directory itself, or the first above it that exists. */
function nearestDirectory(directory: string): string {
  let found = path.resolve(directory);
  while (!fs.existsSync(found) && path.dirname(found) !== found) found = path.dirname(found);
  return found;
}

function checkDisk(directory: string): Finding {
  const { bavail, bsize } = fs.statfsSync(directory);
  const free = `${formatBytes(bavail * bsize)} free in ${directory}`;
  if (bavail * bsize < 2 * TRIAL_BYTES) return { status: "note", text: `${free}: too little to try its speed` };
  const ms = withTrialFile(directory, TRIAL_BYTES, (_, elapsedMs) => elapsedMs);
  return `${free}, writes ${formatBytes((TRIAL_BYTES / Math.max(ms, 1)) * 1000)}/s`;
}

function checkMapping(directory: string): Finding {
  const loaded = loadLibc();
  if ("reason" in loaded) {
    return { status: "note", text: `${loaded.reason}: files are read by position, with the same results` };
  }
  return withTrialFile(directory, 2 ** 20, (file, _, written) => {
    const mapped = new MappedFile(file, loaded.libc);
    try {
      const read = new Uint8Array(written.byteLength);
      mapped.copyInto(read, 0);
      if (Buffer.compare(read, written) !== 0) throw new Error("a mapped file gives other bytes than were written");
      return "koffi loads, a mapped file gives back what was written";
    } finally {
      mapped.close();
    }
  });
}

/** A file on that disk for a moment; the time until it was on the disk. */
function withTrialFile<T>(directory: string, bytes: number, use: (file: string, ms: number, data: Uint8Array) => T): T {
  const prefix = path.join(directory, ".fixelstream-doctor-");
  sweepMade(prefix); // of those killed here
  const file = `${prefix}${newId()}`;
  const data = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) data[i] = i * 31;
  data.set(Buffer.from('{"format":"fixelstream-doctor"}\n'));
  const start = performance.now();
  try {
    fs.writeFileSync(file, data, { flag: "wx", flush: true });
  } catch (cause) {
    removeFile(file); // a disk that is full keeps a part
    throw new Error(`cannot write in ${directory}: ${describeSystemError(cause)}`, { cause });
  }
  try {
    return use(file, performance.now() - start, data);
  } finally {
    removeFile(file);
  }
}

async function selfTest(test: SelfTest): Promise<Check> {
  const name = `test ${test.kernels}`;
  try {
    const { difference, nNumbers, elapsedMs } = await runSelfTest(test);
    const threads = test.nThreads === 0 ? "no worker threads" : `${formatCount(test.nThreads, "threads")}`;
    const text = `${formatCount(nNumbers, "numbers")} of the demo cohort differ by ${difference.toExponential(1)} at most, ${threads}, ${formatDuration(elapsedMs)}`;
    if (difference <= SELF_TEST_TOLERANCE) return { name, status: "ok", text };
    return { name, status: "failed", text: `${text}: expected ${SELF_TEST_TOLERANCE.toExponential(0)}` };
  } catch (error) {
    return { name, status: "failed", text: firstLine(error) };
  }
}
