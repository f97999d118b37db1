// The bytes of a state of shuffles: FORMAT.md has every one.
import { crc32 } from "node:zlib";
import type { z as Z } from "zod";
import { InternalError } from "../errors.js";
import type { NullState } from "../run/null-state.js";
import { VERSION } from "../version.js";
import { shapeOf } from "../zod.js";

/** The newest, of runs that go on. Other states are written as the version that older releases read. */
export const NULL_STATE_VERSION = 3;
const SOME_COUNTED_VERSION = 2;
export const ALL_COUNTED_VERSION = 1;

/** Which version has what: 1 is a state whose counters count all shuffles, 2 one whose counters count some, 3 one without defaults. */
export function versionOf({ uncorrectedShuffles, defaultsCrc32 }: VersionFacts): number {
  if (defaultsCrc32 !== undefined) return NULL_STATE_VERSION;
  return uncorrectedShuffles === undefined ? ALL_COUNTED_VERSION : SOME_COUNTED_VERSION;
}
type VersionFacts = Pick<NullState, "uncorrectedShuffles" | "defaultsCrc32">;

/** A byte that no text has, the name, and a newline that a transfer as text would change. */
export const NULL_STATE_MAGIC = Uint8Array.from([0x89, 0x46, 0x58, 0x4e, 0x55, 0x4c, 0x4c, 0x0a]);
/** Magic, version, bytes of the header. */
export const START_BYTES = 16;
export const CRC_BYTES = 4;
/** Bytes summed and written together: a signal is heard between two. */
const PIECE_BYTES = 2 ** 22;
/** A header of 10,000 hypotheses has 4 MB; more is damage. */
export const MOST_HEADER_BYTES = 2 ** 26;

export const headerShape = shapeOf((z) => {
  const array = z.object({
    type: z.enum(["f32", "f64", "u32"]),
    count: z.number().int().nonnegative(),
    /** Bytes from the end of the header. */
    offset: z.number().int().nonnegative(),
  });
  const arrays = z.object({ maxima: array, elements: array, counters: array, defaults: array });
  return z.object({
    format: z.literal("fixelstream-null-state"),
    creator: z.string(),
    planHash: z.string(),
    nElements: z.number().int().positive(),
    ranges: z.array(z.object({ first: z.number().int().nonnegative(), end: z.number().int().positive() })),
    uncorrectedShuffles: z.number().int().nonnegative().optional(),
    defaultsCrc32: z.array(z.number().int().nonnegative()).optional(),
    /** What wrote it, and how it is made again: whatever that needs. */
    made: z.record(z.string(), z.unknown()).optional(),
    hypotheses: z.array(arrays),
  });
});
export type Header = Z.infer<ReturnType<typeof headerShape>>;

export const ARRAYS = ["maxima", "elements", "counters", "defaults"] as const;
export const CLASS = { f32: Float32Array, f64: Float64Array, u32: Uint32Array } as const;
export type ElementType = keyof typeof CLASS;

export const sizeOf = ({ type, count }: { type: ElementType; count: number }) => count * CLASS[type].BYTES_PER_ELEMENT;
export const roundUp = (bytes: number) => Math.ceil(bytes / 8) * 8;

export interface Sizes {
  readonly nShuffles: number;
  readonly nElements: number;
  /** They are not there where a run goes on. */
  readonly nDefaults: number;
}

/** Where every array lies, as it follows from the sizes; `defaults`: of each hypothesis. */
export function layOut({ nShuffles, nElements, nDefaults }: Sizes, defaults: readonly ("f32" | "f64")[]) {
  let end = 0;
  const place = (type: ElementType, count: number) => {
    const offset = end;
    end += roundUp(sizeOf({ type, count }));
    return { type, count, offset };
  };
  const hypotheses = defaults.map((type) => ({
    maxima: place("f64", nShuffles),
    elements: place("u32", nShuffles),
    counters: place("u32", nElements),
    defaults: place(type, nDefaults),
  }));
  return { hypotheses, dataBytes: end };
}

/** What a state is kept with, in its header. */
export type Made = Readonly<Record<string, unknown>>;

/** The file, from its first byte to its last. Throws InternalError for a state that disagrees with itself. */
export function* piecesOf(state: NullState, made?: Made): Generator<Uint8Array> {
  const { planHash, nElements, ranges, uncorrectedShuffles, defaultsCrc32 } = state;
  const nShuffles = countShuffles(ranges);
  const { hypotheses } = layOut(
    { nShuffles, nElements, nDefaults: defaultsCrc32 === undefined ? nElements : 0 },
    state.hypotheses.map(({ defaults }) => (defaults instanceof Float32Array ? "f32" : "f64")),
  );
  const creator = `fixelstream ${VERSION}`;
  const header: Header = {
    ...{ format: "fixelstream-null-state", creator, planHash, nElements },
    ranges: ranges.map(({ first, end }) => ({ first, end })),
    ...(uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles }),
    ...(defaultsCrc32 === undefined ? {} : { defaultsCrc32: [...defaultsCrc32] }),
    ...(made === undefined ? {} : { made }),
    hypotheses,
  };
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(START_BYTES + roundUp(text.byteLength), " ");
  start.set(NULL_STATE_MAGIC);
  start.writeUInt32LE(versionOf(state), 8);
  start.writeUInt32LE(start.byteLength - START_BYTES, 12);
  start.set(text, START_BYTES);
  let crc = crc32(start);
  yield start;
  for (const [h, found] of state.hypotheses.entries()) {
    for (const name of ARRAYS) {
      const values = found[name];
      const { count, type } = hypotheses[h]![name];
      if (values.length !== count)
        throw new InternalError(`A state of ${nShuffles} shuffles of ${nElements} has ${values.length} ${name}.`);
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const padding = new Uint8Array(roundUp(bytes.byteLength) - sizeOf({ type, count }));
      for (let first = 0; first < bytes.byteLength; first += PIECE_BYTES) {
        const piece = bytes.subarray(first, first + PIECE_BYTES);
        crc = crc32(piece, crc);
        yield piece;
      }
      if (padding.byteLength === 0) continue; // zlib starts anew when it is given nothing
      crc = crc32(padding, crc);
      yield padding;
    }
  }
  const end = Buffer.alloc(CRC_BYTES);
  end.writeUInt32LE(crc);
  yield end;
}

export const countShuffles = (ranges: NullState["ranges"]) =>
  ranges.reduce((sum, { first, end }) => sum + end - first, 0);
