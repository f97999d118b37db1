// The text header of .tck files: the line `mrtrix tracks`, lines `key: value`, the line `END`; the points begin where `file: . OFFSET` says.
// https://mrtrix.readthedocs.io/en/latest/getting_started/image_data.html#tracks-file-format-tck
import { dirname, isAbsolute, join } from "node:path";
import { InputError } from "../../errors.js";
import { shellWord } from "../../shell-word.js";

export interface TckHeader {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  /** Where the points are, and from which byte on. */
  readonly dataPath: string;
  readonly dataOffset: number;
  /** What the header says; 0: nothing. */
  readonly count: number;
  /** Millimetres, the key `step_size`; undefined: none, or no number. */
  readonly stepSize: number | undefined;
}

/** Bytes. Real headers hold kilobytes. */
export const MAX_TCK_HEADER_BYTES = 2 ** 20;

const FIRST_LINE = "mrtrix tracks";
const REMEDY = "Correct the header, or write the file again with tckconvert or tckedit.";

/** How other formats of streamlines become .tck. */
const CONVERTED: readonly (readonly [ending: string, what: string, command: (from: string, to: string) => string])[] = [
  [".trx", "a TRX file", (from, to) => `trx_convert_tractogram ${from} ${to} (of trx-python: pip install trx-python)`],
  [".trk", "a TrackVis file", (from) => `nib-trk2tck ${from} (of nibabel: pip install nibabel)`],
  [".vtk", "a VTK file", (from, to) => `tckconvert ${from} ${to}`],
  [".ply", "a PLY file", (from, to) => `tckconvert ${from} ${to}`],
  [".tck.gz", "a compressed one", (from) => `gunzip ${from}`],
];

/** Throws InputError for a name of another format, with the command that converts it. */
export function assertTckPath(path: string): void {
  const lower = path.toLowerCase();
  if (lower.endsWith(".tck")) return;
  const known = CONVERTED.find(([ending]) => lower.endsWith(ending));
  if (known === undefined) {
    throw new InputError(
      `Cannot use ${path} as streamlines: expected a name ending in .tck, got another. Give the tracks file that tckgen or tcksift wrote.`,
      { path },
    );
  }
  const [ending, what, command] = known;
  const converted = `${path.slice(0, path.length - ending.length)}.tck`;
  throw new InputError(
    `Cannot use ${path} as streamlines: expected a .tck file, got ${what}. Convert it: ${command(shellWord(path), shellWord(converted))}.`,
    { path },
  );
}

/** Whether `start`, the first bytes of the file, holds the whole header. */
export function tckHeaderEnd(start: Buffer): number | undefined {
  const at = start.indexOf("\nEND");
  return at === -1 ? undefined : at + 4;
}

/** `start`: the whole header, or the whole file. Throws InputError. */
export function parseTckHeader(start: Buffer, path: string): TckHeader {
  const refuse = (expected: string, got: string, remedy = REMEDY) =>
    new InputError(`Cannot read ${path}: expected ${expected}, got ${got}. ${remedy}`, { path });
  const first = start.toString("latin1", 0, 64).split("\n", 1)[0]!.trim();
  if (first !== FIRST_LINE) {
    const got = start.byteLength === 0 ? "an empty file" : JSON.stringify(first.slice(0, 24));
    throw refuse(`the first line \`${FIRST_LINE}\``, got, "Is it a tracks file in MRtrix3's format?");
  }
  const end = tckHeaderEnd(start);
  if (end === undefined) {
    const remedy = "The file is cut short or no tracks file: make it again.";
    throw refuse("a line `END` after the header", `none in ${start.byteLength} bytes`, remedy);
  }
  const values = new Map<string, string>();
  for (const line of start.toString("utf8", 0, end).split("\n").slice(1)) {
    const colon = line.indexOf(":");
    const key = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !values.has(key)) values.set(key, line.slice(colon + 1).trim());
  }
  return {
    ...parseType(values.get("datatype"), refuse),
    ...parseFile(values.get("file"), path, refuse),
    count: parseCount(values.get("count"), refuse),
    stepSize: parseStep(values.get("step_size")),
  };
}

type Refuse = (expected: string, got: string, remedy?: string) => InputError;

function parseType(text: string | undefined, refuse: Refuse): Pick<TckHeader, "bits" | "littleEndian"> {
  const match = /^float(32|64)(le|be)$/i.exec(text ?? "");
  if (match === null) {
    const got = text === undefined ? "none" : JSON.stringify(text.slice(0, 40));
    throw refuse("a line `datatype:` with Float32LE, Float32BE, Float64LE or Float64BE", got);
  }
  return { bits: match[1] === "32" ? 32 : 64, littleEndian: match[2]!.toLowerCase() === "le" };
}

function parseFile(text: string | undefined, path: string, refuse: Refuse) {
  const match = /^(.*\S)\s+(\d{1,15})$/.exec(text ?? "");
  if (match === null) {
    const got = text === undefined ? "none" : JSON.stringify(text.slice(0, 40));
    throw refuse("a line `file: . OFFSET`, where the points begin", got);
  }
  const name = match[1]!;
  const dataPath = name === "." ? path : isAbsolute(name) ? name : join(dirname(path), name);
  return { dataPath, dataOffset: Number(match[2]) };
}

function parseCount(text: string | undefined, refuse: Refuse): number {
  if (text === undefined || text === "") return 0;
  if (!/^\d{1,15}$/.test(text)) throw refuse("a whole number after `count:`", JSON.stringify(text.slice(0, 40)));
  return Number(text);
}

/** Peer: what is missing, 0 or no number means that nothing is put between the points. */
function parseStep(text: string | undefined): number | undefined {
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
