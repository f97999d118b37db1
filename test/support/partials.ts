// What a run that is under way, or was killed, has beside its output; and makers that are dead, or of another machine.
import fs from "node:fs";
import path from "node:path";
import { newId, parseId } from "../../src/publish/maker.js";

/** Partial directories of `output`, whole paths. */
export function partialsOf(output: string): string[] {
  const folder = path.dirname(output);
  const start = `${path.basename(output)}.partial-`;
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name.startsWith(start) && parseId(name.slice(start.length)) !== undefined)
    .map((name) => path.join(folder, name));
}

/** No process has this number: the largest is 2^22. */
export const DEAD_PID = 2 ** 22 + 1;

/** Of a process of this machine that is no more. */
export const deadId = (): string => newId().replace(/^([\w.]+)-\d+-/, `$1-${DEAD_PID}-`);

/** Of a process of another machine. */
export const foreignId = (): string => newId().replace(/-[0-9a-f]{8}(-[0-9a-f]{8})$/, "-0000beef$1");

/** As createPartial makes it, of a maker of one's own. */
export function plantPartial(
  prefix: string,
  id: string,
  kind: string,
  files: Readonly<Record<string, string>>,
): string {
  const folder = `${prefix}${id}`;
  fs.mkdirSync(folder, { recursive: true });
  const mark = { format: "fixelstream-partial", kind, contents: Object.keys(files) };
  fs.writeFileSync(path.join(folder, "partial.json"), JSON.stringify(mark));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

/** A lock of that maker, with its last sign of life so many milliseconds ago. */
export function plantLock(target: string, id: string, silentMs = 0): void {
  const { host = "", pid = 0 } = parseId(id) ?? {};
  const text = { format: "fixelstream-lock", id, host, pid, since: "2026-11-26T14:02:11.000Z", purpose: "write" };
  fs.writeFileSync(`${target}.lock`, JSON.stringify(text));
  age(`${target}.lock`, silentMs);
}

export function age(file: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  fs.utimesSync(file, then, then);
}
