// Names of files that are no UTF-8: to the system a name is bytes, to Node a text, which cannot hold all of them. A byte that fits no character becomes
// half a surrogate pair, U+DC80 to U+DCFF, as in Python (PEP 383), and becomes the byte again where a file is named. Only for who needs it: nothing is
// changed unless an argument of the command line has such a byte.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const HALF = /(?<![\ud800-\udbff])[\udc80-\udcff]/;
const BASE = 0xdc00;
/** Tells threads. */
const VARIABLE = "FIXELSTREAM_BYTE_NAMES";

/** The last arguments of this process as they were given. Linux; elsewhere, and where all is UTF-8, `tokens`. */
export function argumentsInFull(tokens: readonly string[]): readonly string[] {
  if (!tokens.some((token) => token.includes("\ufffd"))) return tokens;
  let given: Buffer;
  try {
    given = fs.readFileSync("/proc/self/cmdline");
  } catch {
    return tokens;
  }
  const all: string[] = [];
  for (let first = 0; first < given.length; ) {
    const end = given.indexOf(0, first);
    all.push(toName(given.subarray(first, end < 0 ? given.length : end)));
    first = end < 0 ? given.length : end + 1;
  }
  const found = all.slice(-tokens.length);
  if (found.some((token) => HALF.test(token))) useByteNames();
  return found;
}

/** In a thread of such a process. */
export function useByteNamesInThread(): void {
  if (process.env[VARIABLE] !== undefined) useByteNames();
}

/** The bytes as a text that keeps all of them. */
export function toName(bytes: Uint8Array): string {
  let name = "";
  for (let first = 0; first < bytes.length; ) {
    const length = characterAt(bytes, first);
    name += length === 0 ? String.fromCharCode(BASE + bytes[first]!) : decode(bytes.subarray(first, first + length));
    first += Math.max(1, length);
  }
  return name;
}

/** What the system takes for the name. */
export function toPath(name: string): string | Buffer {
  if (!HALF.test(name)) return name;
  const parts = Array.from(name, (character) =>
    HALF.test(character) ? Buffer.from([character.charCodeAt(0) - BASE]) : Buffer.from(character),
  );
  return Buffer.concat(parts);
}

const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

/** Bytes of the character that begins there; 0: none does. */
function characterAt(bytes: Uint8Array, first: number): number {
  for (let length = 1; length <= Math.min(4, bytes.length - first); length++) {
    try {
      decode(bytes.subarray(first, first + length));
      return length;
    } catch {
      // perhaps with the next byte
    }
  }
  return 0;
}

/** Functions of fs by the number of paths that they take first. */
const ONE = [
  ...["accessSync", "appendFileSync", "existsSync", "lstatSync", "mkdirSync", "openSync", "readFileSync", "rmdirSync"],
  ...["statfsSync", "statSync", "truncateSync", "unlinkSync", "utimesSync", "writeFileSync", "createReadStream"],
] as const;
const TWO = ["copyFileSync", "linkSync", "renameSync"] as const;
const ONE_LATER = ["open", "readFile", "stat", "unlink"] as const;
const TWO_LATER = ["copyFile"] as const;

let isInUse = false;

function useByteNames(): void {
  if (isInUse) return;
  isInUse = true;
  process.env[VARIABLE] = "1";
  const asPath = (given: unknown) => (typeof given === "string" ? toPath(given) : given);
  const wrap = (holder: object, name: string, nPaths: number, back?: (result: never) => unknown) => {
    const functions = holder as Record<string, (...given: unknown[]) => unknown>;
    const real = functions[name]!;
    functions[name] = (...given: unknown[]) => {
      const result = real(...given.map((value, i) => (i < nPaths ? asPath(value) : value)));
      return back === undefined ? result : back(result as never);
    };
  };
  for (const name of ONE) wrap(fs, name, 1);
  for (const name of TWO) wrap(fs, name, 2);
  for (const name of ONE_LATER) wrap(fs.promises, name, 1);
  for (const name of TWO_LATER) wrap(fs.promises, name, 2);
  const { readdirSync, realpathSync } = fs;
  const list = (folder: string) => readdirSync(asPath(folder) as string, "buffer").map(toName);
  // Entries with types are asked for where names are only counted.
  Object.assign(fs, {
    readdirSync: (folder: string, options?: object) =>
      options === undefined ? list(folder) : readdirSync(asPath(folder) as string, options),
    realpathSync: (file: string) => toName(realpathSync.native(asPath(file) as string, "buffer")),
  });
  syncBuiltinESMExports();
}
