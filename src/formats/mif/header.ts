// The text header of .mif and .mih files: the line `mrtrix image`, lines `key: value`, the line `END` (optional in .mih).
// https://mrtrix.readthedocs.io/en/latest/getting_started/image_data.html
// Deviation: a second `dim:`, `datatype:` .. line is refused (MRtrix3 takes the last), and data inside the header too; so is a wrong number of
// transform lines. MRtrix3 invents a transform when there is none; here it stays undefined. What MRtrix3 repairs is repaired likewise, and remarked:
// lines without a colon, voxel sizes that are no numbers, an impossible scaling (seen with mrinfo and mrdump 3.0.3).
import { InputError } from "../../errors.js";
import { calculateCommand, convertCommand } from "../conversion-command.js";
import { bytesOfElements, DATA_TYPE_NAMES, type DataType, isIntegerType, parseDataType } from "../data-type.js";
import { type AxisOrder, countElements, type ImageHeader, type Scaling } from "../image-header.js";

export interface MifHeader extends ImageHeader {
  readonly format: "mif";
}

/** Bytes. Real headers hold kilobytes; a file without END must not be searched to its end. */
export const MAX_MIF_HEADER_BYTES = 2 ** 24;
const MAX_AXES = 16;
/** A header of nothing but short lines must not become millions of objects. Real ones hold tens; a long command history hundreds. */
const MAX_LINES = 100_000;
/** Of a line with a meaning: a path may have 4096 bytes. */
const MAX_VALUE_LENGTH = 8192;

interface Line {
  /** From 1. */
  readonly number: number;
  readonly key: string;
  readonly value: string;
}

/** Refuses with the line: expected, got, what to do. */
class HeaderProblem {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  at(line: Line | undefined, expected: string, got: string, remedy = "Correct or make the file again."): InputError {
    const where = line === undefined ? "" : ` (line ${line.number} of the header)`;
    return new InputError(`Cannot read ${this.path}: expected ${expected}, got ${got}${where}. ${remedy}`, {
      path: this.path,
    });
  }
}

/**
 * Where the header ends (the byte after the END line), or undefined when `bytes` holds no END line. The line may end with the zeros before the data, or
 * with the data themselves where `file: .` says that they begin there.
 */
export function findMifHeaderEnd(bytes: Uint8Array): number | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = view.indexOf("\nEND"); at !== -1; at = view.indexOf("\nEND", at + 1)) {
    const behind = at + 4;
    if (dataOffsetBefore(view, at) === behind) return behind;
    let end = behind;
    while (end < view.length && view[end] !== LINE_FEED && view[end] !== 0 && end < at + 64) end++;
    if (view.toString("latin1", at + 1, end).trimEnd() === "END") return view[end] === LINE_FEED ? end + 1 : end;
  }
  return undefined;
}

const LINE_FEED = 10;
/** Bytes before END in which `file: . OFFSET` is looked for: it is written last. */
const LAST_LINES = 4096;

function dataOffsetBefore(view: Buffer, end: number): number | undefined {
  const found = /\nfile:[ \t]*\.[ \t]+(\d{1,15})[ \t\r]*(?:\n|$)/.exec(
    view.toString("latin1", Math.max(0, end - LAST_LINES), end),
  );
  return found === null ? undefined : Number(found[1]);
}

/** `bytes` holds at least the whole header and may go on; `path` ends in .mih for a bare header. Throws InputError naming the line. */
export function parseMifHeader(bytes: Uint8Array, path: string): MifHeader {
  const problem = new HeaderProblem(path);
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString("latin1");
  const firstLine = magic.split("\n", 1)[0]!.trimEnd();
  if (firstLine !== "mrtrix image") {
    const got = bytes.byteLength === 0 ? "an empty file" : JSON.stringify(firstLine.slice(0, 24));
    throw problem.at(undefined, "the first line `mrtrix image`", got, "Is it an image in MRtrix3's format?");
  }
  // A .mih that MRtrix3 writes ends without END.
  const bare = path.toLowerCase().endsWith(".mih") && bytes.byteLength < MAX_MIF_HEADER_BYTES;
  const end = findMifHeaderEnd(bytes) ?? (bare ? bytes.byteLength : undefined);
  if (end === undefined) {
    throw problem.at(
      undefined,
      "a line `END` after the header",
      `none in ${bytes.byteLength} bytes`,
      "The file is truncated or not an image; make it again.",
    );
  }
  const remarks: string[] = [];
  const lines = splitLines(bytes.subarray(0, end), problem, remarks);
  const header = interpretLines(lines, end, problem, remarks);
  return remarks.length === 0 ? header : { ...header, remarks };
}

/** At most this many remarks of one header. */
const MOST_REMARKS = 10;

function remark(remarks: string[], { number }: Pick<Line, "number">, what: string): void {
  if (remarks.length < MOST_REMARKS) remarks.push(`${what} (line ${number} of the header)`);
}

function splitLines(bytes: Uint8Array, problem: HeaderProblem, remarks: string[]): Line[] {
  const lines: Line[] = [];
  const text = new TextDecoder().decode(bytes);
  for (let start = 0, number = 1; start < text.length; number++) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    // `#` starts a comment, also inside values: MRtrix3 cuts them off too.
    const content = text.slice(start, end).split("#", 1)[0]!.trim();
    start = end + 1;
    if (number === 1 || content === "") continue;
    if (content === "END") break;
    const colon = content.indexOf(":");
    if (colon < 1) {
      remark(remarks, { number }, `${quote(content)}, which is no \`key: value\`, is left out`);
      continue;
    }
    const line = { number, key: plainKey(content.slice(0, colon).trim()), value: content.slice(colon + 1).trim() };
    if (EXACT_KEYS.has(line.key.toLowerCase()) && !EXACT_KEYS.has(line.key))
      remark(remarks, line, `\`${line.key}:\` is not \`${line.key.toLowerCase()}:\` and changes nothing`);
    if (RESERVED_KEYS.has(line.key) && line.value.length > MAX_VALUE_LENGTH)
      throw problem.at(line, `at most ${MAX_VALUE_LENGTH} characters after \`${line.key}:\``, `${line.value.length}`);
    if (lines.push(line) > MAX_LINES) throw problem.at(line, `at most ${MAX_LINES} lines`, "more");
  }
  return lines;
}

/** As MRtrix3: letter case matters for these alone. */
const EXACT_KEYS: ReadonlySet<string> = new Set(["file", "scaling"]);

function plainKey(key: string): string {
  const lower = key.toLowerCase();
  return RESERVED_KEYS.has(lower) && !EXACT_KEYS.has(lower) ? lower : key;
}

function interpretLines(
  lines: readonly Line[],
  headerBytes: number,
  problem: HeaderProblem,
  remarks: string[],
): MifHeader {
  const single = (key: string): Line | undefined => {
    const [line, second] = lines.filter((each) => each.key === key);
    if (second !== undefined) throw problem.at(second, `one line \`${key}:\``, "a second one");
    return line;
  };
  const required = (key: string): Line => {
    const line = single(key);
    if (line === undefined) {
      const got = remarks.length === 0 ? "none" : `none: ${remarks.join("; ")}`;
      throw problem.at(undefined, `a header line \`${key}:\``, got);
    }
    return line;
  };
  const dimensions = parseDimensions(required("dim"), problem);
  const dataType = parseType(required("datatype"), problem);
  const bytes = bytesOfElements(dataType, countElements(dimensions));
  if (!Number.isSafeInteger(bytes * 8))
    throw problem.at(single("dim"), "an image of less than 2^50 bytes", dimensions.join(" x "));
  const sizes = parseVoxelSizes(required("vox"), dimensions.length, problem, remarks);
  return {
    format: "mif",
    dimensions,
    layout: parseLayout(required("layout"), dimensions.length, problem),
    dataType,
    scaling: parseScaling(single("scaling"), dataType, problem, remarks),
    ...withUnitDirections(parseTransform(lines, problem), sizes, remarks),
    entries: lines.filter(({ key }) => !RESERVED_KEYS.has(key)).map(({ key, value }) => [key, value] as const),
    ...parseFile(required("file"), headerBytes, problem),
  };
}

/** Keys with a meaning of their own; all others are entries. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  "dim",
  "vox",
  "layout",
  "datatype",
  "scaling",
  "transform",
  "file",
]);

const splitList = (value: string): string[] => value.split(",").map((token) => token.trim());

function parseDimensions(line: Line, problem: HeaderProblem): number[] {
  // MRtrix3 takes blanks between them, and a comma at the end.
  const tokens = splitList(line.value.replace(/\s*,\s*|\s+/g, ",").replace(/,$/, ""));
  const sizes = tokens.map((token) => (/^\d+$/.test(token) ? Number(token) : Number.NaN));
  const good = sizes.length <= MAX_AXES && sizes.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (!good || !Number.isSafeInteger(countElements(sizes))) {
    throw problem.at(line, `1 to ${MAX_AXES} sizes of at least 1, with a product below 2^53`, quote(line.value));
  }
  return sizes;
}

function parseType(line: Line, problem: HeaderProblem): DataType {
  const dataType = parseDataType(line.value);
  if (dataType !== undefined) return dataType;
  const complex = /^cfloat/i.test(line.value);
  const remedy = complex
    ? `Complex images have no place here. Magnitudes: ${calculateCommand(problem.path, "-abs")}. Real parts: ${calculateCommand(problem.path, "-real")}.`
    : "Correct or make the file again.";
  if (parseDataType(`${line.value.trim()}LE`) !== undefined && !/^bit|8$/i.test(line.value)) {
    const [little, big] = ["LE", "BE"].map((order) => line.value + order);
    const remedy = `Nothing says which; nearly all machines write ${little}. Correct the line.`;
    throw problem.at(line, `a datatype with its byte order, ${little} or ${big}`, quote(line.value), remedy);
  }
  throw problem.at(line, `a datatype out of ${DATA_TYPE_NAMES}`, quote(line.value), remedy);
}

/** Axes beyond the third that the line leaves out have no size; of the first three, what is no number becomes the mean of the others, or 1. */
function parseVoxelSizes(line: Line, nAxes: number, problem: HeaderProblem, remarks: string[]): number[] {
  const tokens = line.value === "" ? [] : splitList(line.value);
  const sizes = tokens.map((token) => (token === "" ? Number.NaN : parseNumber(token)));
  if (sizes.includes(undefined)) throw problem.at(line, `up to ${nAxes} voxel sizes`, quote(line.value));
  if (sizes.length < Math.min(3, nAxes))
    throw problem.at(line, `${Math.min(3, nAxes)} voxel sizes or more`, quote(line.value));
  if ((sizes as number[]).slice(0, nAxes).some((size) => size < 0))
    throw problem.at(line, "voxel sizes that are not negative", quote(line.value));
  if (sizes.length > nAxes)
    remark(remarks, line, `of the voxel sizes ${quote(line.value)} ${nAxes} are used, one an axis`);
  const spatial = (sizes as number[]).slice(0, Math.min(3, nAxes));
  const known = spatial.filter(Number.isFinite);
  if (known.length < spatial.length) {
    const given = known.length === 0 ? 1 : known.reduce((sum, size) => sum + size, 0) / known.length;
    for (const [axis, size] of spatial.entries()) if (!Number.isFinite(size)) sizes[axis] = given;
    remark(remarks, line, `${given} stands for what is no number in the voxel sizes ${quote(line.value)}`);
  }
  return Array.from({ length: nAxes }, (_, axis) => sizes[axis] ?? Number.NaN);
}

function parseLayout(line: Line, nAxes: number, problem: HeaderProblem): AxisOrder[] {
  const layout = splitList(line.value).map((token) => {
    const match = /^([+-]?)(\d{1,2})$/.exec(token);
    return { rank: match === null ? -1 : Number(match[2]), reversed: match?.[1] === "-" };
  });
  const ranks = layout.map(({ rank }) => rank).sort((a, b) => a - b);
  if (ranks.length !== nAxes || ranks.some((rank, i) => rank !== i)) {
    const expected = `${nAxes} signed ranks, each of 0 to ${nAxes - 1} once (such as ${layout.length > 0 ? "+0,+1,+2" : ""})`;
    throw problem.at(line, expected, quote(line.value));
  }
  return layout;
}

/** One that no value survives is left out of floating-point values, as MRtrix3 does; of integers MRtrix3 makes zeros or NaN with it. */
function parseScaling(line: Line | undefined, dataType: DataType, problem: HeaderProblem, remarks: string[]): Scaling {
  if (line === undefined) return { offset: 0, scale: 1 };
  const [offset, scale, ...more] = splitList(line.value).map(parseNumber);
  if (offset === undefined || scale === undefined || more.length > 0)
    throw problem.at(line, "`offset,scale`, two numbers", quote(line.value));
  if (Number.isFinite(offset) && Number.isFinite(scale) && scale !== 0) return { offset, scale };
  if (isIntegerType(dataType) && dataType !== "Bit") {
    const expected = "a finite offset and a finite scale other than 0";
    throw problem.at(line, expected, quote(line.value), "Correct the line, or make the file again.");
  }
  remark(remarks, line, `the scaling ${quote(line.value)}, which no value survives, is left out`);
  return { offset: 0, scale: 1 };
}

/** Three rows, or four when the last is 0,0,0,1. Undefined when absent or not finite (MRtrix3 writes nan for "none"). */
function parseTransform(lines: readonly Line[], problem: HeaderProblem): number[][] | undefined {
  const rowLines = lines.filter(({ key }) => key === "transform");
  if (rowLines.length === 0) return undefined;
  const rows = rowLines.map((line) => {
    const row = line.value.split(/[\s,]+/).map(parseNumber);
    if (row.length !== 4 || row.includes(undefined))
      throw problem.at(line, "four numbers in a row of the transform", quote(line.value));
    return row as number[];
  });
  if (rows.length === 4 && rows[3]!.every((value, i) => value === (i === 3 ? 1 : 0))) rows.pop();
  if (rows.length !== 3) throw problem.at(rowLines.at(-1), "3 `transform:` lines", String(rows.length));
  return rows.every((row) => row.every(Number.isFinite)) ? rows : undefined;
}

/** Header lines have fewer digits than float64: shorter differences from 1 are rounding. */
const UNIT_TOLERANCE = 1e-4;

/** Directions that are not of length 1 are made so, and the voxel sizes multiplied by it, as MRtrix3 does. Of length 0: no transform. */
function withUnitDirections(
  transform: number[][] | undefined,
  voxelSizes: readonly number[],
  remarks: string[],
): Pick<MifHeader, "transform" | "voxelSizes"> {
  const lengths = [0, 1, 2].map((axis) => Math.hypot(...(transform ?? []).map((row) => row[axis]!)));
  if (transform === undefined || lengths.every((length) => Math.abs(length - 1) < UNIT_TOLERANCE))
    return { transform, voxelSizes };
  const useless = lengths.includes(0);
  const what = `the directions of the transform have the lengths ${lengths.map((length) => Number(length.toPrecision(6))).join(", ")}`;
  if (remarks.length < MOST_REMARKS)
    remarks.push(useless ? `${what}: it is left out` : `${what}, by which the voxel sizes are multiplied`);
  if (useless) return { transform: undefined, voxelSizes };
  return {
    transform: transform.map((row) => row.map((value, column) => value / (lengths[column] ?? 1))),
    voxelSizes: voxelSizes.map((size, axis) => size * (lengths[axis] ?? 1)),
  };
}

function parseFile(line: Line, headerBytes: number, problem: HeaderProblem): { dataFile: string; dataOffset: number } {
  // `s`: a name may hold a lone carriage return. The value is trimmed and short, so that backtracking stays cheap.
  const match = /^(.*\S)\s+(\d+)$/s.exec(line.value);
  const dataFile = match?.[1] ?? line.value;
  const dataOffset = Number(match?.[2] ?? 0);
  if (dataFile === "" || dataFile.includes("\0") || !Number.isSafeInteger(dataOffset)) {
    throw problem.at(line, "`file: NAME OFFSET`", quote(line.value));
  }
  if (/^\.\s/.test(dataFile))
    throw problem.at(line, "`file: . OFFSET`, an offset in whole bytes from 0", quote(line.value));
  if (/\[[^\]]*\]/.test(dataFile)) {
    throw problem.at(
      line,
      "one data file",
      `${quote(dataFile)}, a numbered series`,
      `Make one file of it: ${convertCommand(problem.path)}.`,
    );
  }
  if (dataFile === "." && dataOffset < headerBytes) {
    throw problem.at(line, `data that start after the header, at byte ${headerBytes} or later`, `byte ${dataOffset}`);
  }
  return { dataFile, dataOffset };
}

function parseNumber(token: string): number | undefined {
  if (/^[+-]?nan$/i.test(token)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(token);
  if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(token) ? Number(token) : undefined;
}

const quote = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}..` : value);
