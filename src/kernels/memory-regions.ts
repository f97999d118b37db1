// Regions of memory as one table: what each holds, in which shape, and when it is needed. Offsets, overlays, the guards of tests and the arithmetic that
// is printed all come from it.
import { roundUp } from "./kernel-set.js";

const BYTES = { f64: 8, f32: 4, i32: 4, u32: 4, u16: 2, u8: 1, i8: 1 } as const;

/** One dimension: a count, with the noun that is printed. */
export type Extent = number | readonly [count: number, noun: string];

export interface Region {
  readonly type: keyof typeof BYTES;
  /** Slowest first. */
  readonly shape: readonly Extent[];
  /** "run": from beginning to end. Regions of two other lifetimes are never needed at once, and share bytes. */
  readonly lifetime: string;
}

export type RegionTable = Region | undefined | readonly RegionTable[] | { readonly [name: string]: RegionTable };

/** The same table with the offset of each region, in bytes. */
export type Offsets<T> = T extends Region
  ? number
  : T extends readonly (infer Item)[]
    ? readonly Offsets<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: Offsets<T[Name]> }
      : T;

export interface PlacedRegion extends Region {
  /** Path in the table: `hypotheses.0.bins`. */
  readonly name: string;
  readonly first: number;
  readonly bytes: number;
}

/** Bytes. A vector is 16, a line of the cache 64. */
const ALIGNMENT = 64;

/** Makers of regions of one lifetime: `of("run").f64([n, "subjects"])`. */
export function regionsOf(lifetime: string) {
  const maker =
    (type: Region["type"]) =>
    (...shape: readonly Extent[]): Region => ({ type, shape, lifetime });
  return {
    f64: maker("f64"),
    f32: maker("f32"),
    i32: maker("i32"),
    u32: maker("u32"),
    u16: maker("u16"),
    u8: maker("u8"),
    i8: maker("i8"),
  };
}

/** Gives every region its place from byte 0: those of the whole run first, then those of each other lifetime, which all begin at the same byte. */
export function layOut<T extends RegionTable>(
  table: T,
): { offsets: Offsets<T>; bytes: number; regions: PlacedRegion[] } {
  const leaves = [...leavesOf(table, "")];
  const places = new Map<string, PlacedRegion>();
  const place = (lifetime: string, from: number): number => {
    let end = from;
    for (const { name, region } of leaves) {
      if (region.lifetime !== lifetime) continue;
      const bytes = bytesOf(region);
      places.set(name, { ...region, name, first: end, bytes });
      end = roundUp(end + bytes, ALIGNMENT);
    }
    return end;
  };
  const lasting = place("run", 0);
  const others = new Set(leaves.map(({ region }) => region.lifetime).filter((lifetime) => lifetime !== "run"));
  const ends = [...others].map((lifetime) => place(lifetime, lasting));
  return {
    offsets: offsetsOf(table, "", places) as Offsets<T>,
    bytes: Math.max(lasting, ...ends),
    regions: leaves.map(({ name }) => places.get(name)!),
  };
}

/** Every kind of region once, the largest first, those that take less than `least` bytes left out: [name, arithmetic]. */
export function describeRegions(
  regions: readonly PlacedRegion[],
  least: number,
): { name: string; text: string; bytes: number }[] {
  const kinds = new Map<string, PlacedRegion[]>();
  for (const region of regions) {
    const kind = region.name.replace(/^.*\./, "");
    kinds.set(kind, [...(kinds.get(kind) ?? []), region]);
  }
  return [...kinds]
    .map(([kind, members]) => ({ kind, members, bytes: members.reduce((sum, { bytes }) => sum + bytes, 0) }))
    .filter(({ bytes }) => bytes >= least && bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ kind, members, bytes }) => ({ name: kind, text: formula(members, bytes), bytes }));
}

function formula(members: readonly PlacedRegion[], bytes: number): string {
  // the largest stands for all where they differ
  const { type, shape } = members.reduce((largest, member) => (member.bytes > largest.bytes ? member : largest));
  const factors = shape.map((extent) => (typeof extent === "number" ? `${extent}` : extent.join(" ")));
  const isSame = members.every((member) => member.bytes * members.length === bytes);
  const times = members.length === 1 ? [] : [isSame ? `${members.length}` : `${members.length} of at most that`];
  return [...factors, `${BYTES[type]} B`, ...times].join(" x ");
}

const bytesOf = ({ type, shape }: Region): number =>
  shape.reduce<number>((product, extent) => product * (typeof extent === "number" ? extent : extent[0]), BYTES[type]);

const isRegion = (table: RegionTable): table is Region =>
  typeof table === "object" && !Array.isArray(table) && typeof (table as Region).type === "string";

function* leavesOf(table: RegionTable, path: string): Generator<{ name: string; region: Region }> {
  if (table === undefined) return;
  if (isRegion(table)) yield { name: path, region: table };
  else for (const [name, part] of Object.entries(table)) yield* leavesOf(part, path === "" ? name : `${path}.${name}`);
}

/** The same regions of a memory that begins at byte `base`. */
export function moveOffsets<T>(offsets: T, base: number): T {
  const move = (part: unknown): unknown => {
    if (typeof part === "number") return base + part;
    if (Array.isArray(part)) return part.map(move);
    return part && Object.fromEntries(Object.entries(part).map(([name, inside]) => [name, move(inside)]));
  };
  return move(offsets) as T;
}

function offsetsOf(table: RegionTable, path: string, places: ReadonlyMap<string, PlacedRegion>): unknown {
  if (table === undefined) return undefined;
  if (isRegion(table)) return places.get(path)!.first;
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  if (Array.isArray(table)) return table.map((part, i) => offsetsOf(part, below(`${i}`), places));
  return Object.fromEntries(Object.entries(table).map(([name, part]) => [name, offsetsOf(part, below(name), places)]));
}
