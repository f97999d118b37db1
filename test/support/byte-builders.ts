// Images byte by byte, the slow and obvious way and without src/formats: one DataView call an element, BigInt positions for nothing clever.
import { Buffer } from "node:buffer";

export interface BuiltImage {
  dimensions: number[];
  /** As in a header: `+0,+1,-2`. Default ascending. */
  layout?: string;
  dataType: string;
  /** Stored values, canonical order. */
  values: readonly number[];
  scaling?: string;
  transform?: number[][];
  /** Further header lines. */
  lines?: string[];
}

const SETTERS: Record<string, (view: DataView, at: number, value: number, littleEndian: boolean) => void> = {
  int8: (view, at, value) => view.setInt8(at, value),
  uint8: (view, at, value) => view.setUint8(at, value),
  int16: (view, at, value, le) => view.setInt16(at, value, le),
  uint16: (view, at, value, le) => view.setUint16(at, value, le),
  int32: (view, at, value, le) => view.setInt32(at, value, le),
  uint32: (view, at, value, le) => view.setUint32(at, value, le),
  int64: (view, at, value, le) => view.setBigInt64(at, BigInt(value), le),
  uint64: (view, at, value, le) => view.setBigUint64(at, BigInt(value), le),
  float32: (view, at, value, le) => view.setFloat32(at, value, le),
  float64: (view, at, value, le) => view.setFloat64(at, value, le),
};

/** The stored elements, in the order the layout says. Float16 is given as its 16 bits, under UInt16. */
export function buildData({ dimensions, layout, dataType, values }: BuiltImage): Buffer {
  const axes = (layout ?? dimensions.map((_, axis) => `+${axis}`).join(",")).split(",").map((token, axis) => ({
    axis,
    reversed: token.startsWith("-"),
    rank: Number(token.replace(/[+-]/, "")),
  }));
  axes.sort((a, b) => a.rank - b.rank);
  const match = /^([a-z]+\d*?)(le|be)?$/.exec(dataType.toLowerCase())!;
  const type = match[1]!;
  const bits = type === "bit" ? 1 : Number(/\d+/.exec(type)![0]);
  const bytes = Buffer.alloc(Math.ceil((values.length * bits) / 8));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let position = 0; position < values.length; position++) {
    let rest = position;
    let canonical = 0;
    for (const { axis, reversed } of axes) {
      const size = dimensions[axis]!;
      const index = reversed ? size - 1 - (rest % size) : rest % size;
      rest = Math.floor(rest / size);
      canonical += index * dimensions.slice(0, axis).reduce((a, b) => a * b, 1);
    }
    const value = values[canonical]!;
    if (bits === 1) bytes[position >> 3]! |= value ? 0x80 >> (position % 8) : 0;
    else SETTERS[type]!(view, position * (bits / 8), value, match[2] !== "be");
  }
  return bytes;
}

export function buildMifHeader(image: BuiltImage, file = ". 4096"): string {
  const { dimensions, layout, dataType, scaling, transform = [], lines = [] } = image;
  return [
    "mrtrix image",
    `dim: ${dimensions.join(",")}`,
    `vox: ${dimensions.map(() => 1).join(",")}`,
    `layout: ${layout ?? dimensions.map((_, axis) => `+${axis}`).join(",")}`,
    `datatype: ${dataType}`,
    ...(scaling === undefined ? [] : [`scaling: ${scaling}`]),
    ...transform.map((row) => `transform: ${row.join(",")}`),
    ...lines,
    `file: ${file}`,
    "END",
    "",
  ].join("\n");
}

/** Header and data in one, data at byte 4096. */
export function buildMif(image: BuiltImage): Buffer {
  const stored = image.dataType.toLowerCase().startsWith("float16")
    ? image.dataType.replace(/float/i, "UInt")
    : image.dataType;
  const header = Buffer.alloc(4096);
  header.write(buildMifHeader(image));
  return Buffer.concat([header, buildData({ ...image, dataType: stored })]);
}
