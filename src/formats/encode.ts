// Numbers in canonical order to stored bytes in the order of the layout, little pieces at a time.
import { InternalError } from "../errors.js";
import { formatCount } from "../units.js";
import { bytesOfElements, type DataType, dataTypeParts } from "./data-type.js";
import { type AxisOrder, countElements, type ImageData } from "./image-header.js";
import { axesByRank, joinAxes, resolveStrides } from "./strides.js";

/** Elements encoded together: a multiple of 8, so that Bit pieces end on a byte. */
const PIECE_ELEMENTS = 2 ** 17;

export interface StoredShape {
  readonly dimensions: readonly number[];
  readonly layout: readonly AxisOrder[];
  readonly dataType: DataType;
}

/** Yields the data of an image, front to back. A piece is valid until the next one is asked for. */
export function* encodeElements(data: ImageData, shape: StoredShape): Generator<Uint8Array> {
  const nElements = countElements(shape.dimensions);
  if (data.length !== nElements) {
    throw new InternalError(
      `An image of ${shape.dimensions.join(" x ")} needs ${formatCount(nElements, "values")}, got ${data.length}.`,
    );
  }
  const sourceOf = createStorageOrder(shape);
  if (sourceOf === undefined && storedAlready(data, shape.dataType)) {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return;
  }
  const values = new Float64Array(Math.min(PIECE_ELEMENTS, nElements));
  const piece = new Uint8Array(bytesOfElements(shape.dataType, values.length));
  for (let first = 0; first < nElements; first += values.length) {
    const count = Math.min(values.length, nElements - first);
    for (let i = 0; i < count; i++) values[i] = data[sourceOf === undefined ? first + i : sourceOf()]!;
    const bytes = piece.subarray(0, bytesOfElements(shape.dataType, count));
    encodeInto(bytes, values.subarray(0, count), shape.dataType);
    yield bytes;
  }
}

/** True when the bytes in memory are those of the file. */
function storedAlready(data: ImageData, dataType: DataType): data is Float32Array | Float64Array | Uint32Array {
  if (dataType === "Float32LE") return data instanceof Float32Array;
  return dataType === "Float64LE"
    ? data instanceof Float64Array
    : dataType === "UInt32LE" && data instanceof Uint32Array;
}

/** Canonical index of the next element in the file, call by call. Undefined when the file is canonical. */
function createStorageOrder({ dimensions, layout }: StoredShape): (() => number) | undefined {
  const { strides } = resolveStrides(layout, dimensions);
  if (joinAxes(dimensions, strides).strides.join() === "1") return undefined;
  const axes = axesByRank(layout);
  const index = axes.map(() => 0);
  const sizes = axes.map((axis) => dimensions[axis]!);
  const steps = axes.map((axis) => countElements(dimensions.slice(0, axis)) * (layout[axis]!.reversed ? -1 : 1));
  let at = axes.reduce((sum, _, i) => sum + (steps[i]! < 0 ? -steps[i]! * (sizes[i]! - 1) : 0), 0);
  return () => {
    const current = at;
    for (let i = 0; i < index.length; i++) {
      index[i]! += 1;
      at += steps[i]!;
      if (index[i]! < sizes[i]!) break;
      at -= steps[i]! * sizes[i]!;
      index[i] = 0;
    }
    return current;
  };
}

function encodeInto(bytes: Uint8Array, values: Float64Array, dataType: DataType): void {
  const { kind, bits, littleEndian } = dataTypeParts(dataType);
  if (kind !== "float") checkIntegers(values, kind === "int", bits, dataType);
  if (bits === 1) {
    packBits(bytes, values);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const put = setters(view, littleEndian)[`${kind}${bits}`]!;
  const step = bits / 8;
  for (let i = 0; i < values.length; i++) put(i * step, values[i]!);
}

function setters(view: DataView, littleEndian: boolean): Record<string, (at: number, value: number) => void> {
  return {
    int8: (at, value) => view.setInt8(at, value),
    uint8: (at, value) => view.setUint8(at, value),
    int16: (at, value) => view.setInt16(at, value, littleEndian),
    uint16: (at, value) => view.setUint16(at, value, littleEndian),
    int32: (at, value) => view.setInt32(at, value, littleEndian),
    uint32: (at, value) => view.setUint32(at, value, littleEndian),
    int64: (at, value) => view.setBigInt64(at, BigInt(value), littleEndian),
    uint64: (at, value) => view.setBigUint64(at, BigInt(value), littleEndian),
    float16: (at, value) => view.setUint16(at, numberToHalf(value), littleEndian),
    float32: (at, value) => view.setFloat32(at, value, littleEndian),
    float64: (at, value) => view.setFloat64(at, value, littleEndian),
  };
}

/** Most significant bit first. */
function packBits(bytes: Uint8Array, values: Float64Array): void {
  bytes.fill(0);
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) bytes[i >> 3]! |= 128 >> (i & 7);
}

function checkIntegers(values: Float64Array, signed: boolean, bits: number, dataType: DataType): void {
  const max = Math.min(2 ** (signed ? bits - 1 : bits) - 1, Number.MAX_SAFE_INTEGER);
  const min = signed ? Math.max(-(2 ** (bits - 1)), Number.MIN_SAFE_INTEGER) : 0;
  for (const value of values) {
    if (!(Number.isInteger(value) && value >= min && value <= max))
      throw new InternalError(`${value} cannot be stored as ${dataType}.`);
  }
}

/** IEEE 754 binary16, rounded to nearest, ties to even. */
export function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -14)));
  // log2 can round up to the next integer just below a power of two; the fraction then comes out below 1, which the sum below absorbs.
  const units = roundToEven(magnitude / 2 ** (exponent - 10));
  if (magnitude < 2 ** -14) return sign | units;
  return sign | ((exponent + 15) * 1024 + units - 1024);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
