// Elements of an image in canonical order, whatever order the file has, in bounded memory.
// A requested range of canonical elements is covered by boxes (index ranges on every axis). A box whose elements lie close together in the
// file is read as one span and scattered into the target, which is memory and may be visited in any order; another box is halved along its
// widest axis. So the file is read in spans of up to 1 MiB, nearly sequentially when whole images are asked for.
//
//   interleaved connectivity index, layout +1,+2,+3,+0:   file  c0 o0 c1 o1 c2 o2 ..      box i0 = 0..3, i3 = 0: span c0 .. c2, every second taken
import { InputError, InternalError } from "../errors.js";
import { type Box, coverRange, halveBox } from "./boxes.js";
import type { ByteSource } from "./byte-source.js";
import { bytesOfElements, dataTypeParts } from "./data-type.js";
import { decodeElements, type NumberArray } from "./decode.js";
import { countElements, type ImageHeader, type Scaling, type ValueTarget } from "./image-header.js";
import { joinAxes, resolveStrides } from "./strides.js";

/** Elements. 128 Ki x 8 B = 1 MiB at most. */
const MAX_SPAN_ELEMENTS = 2 ** 17;
/** A span may hold this many times the elements wanted from it .. */
const MAX_WASTE = 64;
/** .. unless it is so short that a second read would cost more. Bytes. */
const SHORT_SPAN_BYTES = 2 ** 14;

export interface ValueReader {
  copyValuesInto(target: ValueTarget, first: number, count: number): void;
}

/** Reads `header.dataOffset` onwards of `source`, which stays the caller's to close. */
export function createValueReader(header: ImageHeader, source: ByteSource): ValueReader {
  const { offset, strides: fileStrides } = resolveStrides(header.layout, header.dimensions);
  const { dimensions, strides } = joinAxes(header.dimensions, fileStrides);
  const targetStrides = dimensions.map((_, axis) => countElements(dimensions.slice(0, axis)));
  const nElements = countElements(header.dimensions);
  const { bits } = dataTypeParts(header.dataType);
  // of a small image no more than it has: a MiB that is made for each of thousands of images takes longer than to read them
  const mostInSpan = Math.min(MAX_SPAN_ELEMENTS, nElements);
  let scratch: Uint8Array | undefined;
  let scaled: Float64Array | undefined;

  function readSpan(first: number, count: number): NumberArray {
    scratch ??= new Uint8Array(mostInSpan * 8);
    const firstByte = bits === 1 ? Math.floor(first / 8) : first * (bits / 8);
    const firstBit = bits === 1 ? first % 8 : 0;
    const bytes = scratch.subarray(0, bytesOfElements(header.dataType, firstBit + count));
    source.copyInto(bytes, header.dataOffset + firstByte);
    const stored = decodeElements(bytes, header.dataType, count, firstBit, source.path);
    if (isIdentity(header.scaling)) return stored;
    scaled ??= new Float64Array(mostInSpan);
    for (let i = 0; i < count; i++) scaled[i] = header.scaling.offset + header.scaling.scale * stored[i]!;
    return scaled;
  }

  function copyBox(target: ValueTarget, box: Box): void {
    let low = offset;
    let high = offset;
    for (const [axis, stride] of strides.entries()) {
      const from = box.starts[axis]! * stride;
      const to = (box.starts[axis]! + box.counts[axis]! - 1) * stride;
      low += Math.min(from, to);
      high += Math.max(from, to);
    }
    const span = high - low + 1;
    const short = bytesOfElements(header.dataType, span) <= SHORT_SPAN_BYTES;
    if (span > MAX_SPAN_ELEMENTS || (!short && span > MAX_WASTE * countElements(box.counts))) {
      for (const half of halveBox(box, strides, targetStrides)) copyBox(target, half);
      return;
    }
    scatter(readSpan(low, span), low, target, box);
  }

  function scatter(values: NumberArray, low: number, target: ValueTarget, box: Box): void {
    const nOuter = countElements(box.counts.slice(1));
    const [n0, stride] = [box.counts[0]!, strides[0]!];
    const index = new Array<number>(box.counts.length).fill(0);
    for (let outer = 0; outer < nOuter; outer++) {
      let from = offset - low + box.starts[0]! * stride;
      let to = box.targetOffset;
      for (let axis = 1; axis < index.length; axis++) {
        from += (box.starts[axis]! + index[axis]!) * strides[axis]!;
        to += index[axis]! * targetStrides[axis]!;
      }
      if (stride === 1) target.set(values.subarray(from, from + n0), to);
      else for (let i = 0; i < n0; i++) target[to + i] = values[from + i * stride]!;
      for (let axis = 1; axis < index.length; axis++) {
        index[axis]! += 1;
        if (index[axis]! < box.counts[axis]!) break;
        index[axis] = 0;
      }
    }
  }

  function copyRange(target: ValueTarget, first: number, count: number): void {
    for (const box of coverRange(dimensions, first, count)) copyBox(target, box);
  }

  /** Through float64, because a Uint32Array wraps silently. */
  function copyChecked(target: Uint32Array, first: number, count: number): void {
    const chunk = new Float64Array(Math.min(count, MAX_SPAN_ELEMENTS));
    for (let done = 0; done < count; done += chunk.length) {
      const n = Math.min(chunk.length, count - done);
      copyRange(chunk, first + done, n);
      for (let i = 0; i < n; i++) {
        if (chunk[i]! >>> 0 !== chunk[i]!) throw notAnIndex(source.path, chunk[i]!, first + done + i);
      }
      target.set(chunk.subarray(0, n), done);
    }
  }

  const sameBytes = dimensions.length === 1 && strides[0] === 1 ? storesAs(header) : undefined;
  const checked = !fitsUint32(header);
  return {
    copyValuesInto(target, first, count) {
      if (first < 0 || count < 0 || first + count > nElements || count > target.length) {
        const range = `Elements ${first}..${first + count} of ${source.path} were asked for`;
        throw new InternalError(`${range}; it has ${nElements}, the target ${target.length}.`);
      }
      if (count === 0) return;
      if (sameBytes !== undefined && target instanceof sameBytes) {
        const bytes = new Uint8Array(target.buffer, target.byteOffset, count * target.BYTES_PER_ELEMENT);
        source.copyInto(bytes, header.dataOffset + first * target.BYTES_PER_ELEMENT);
      } else if (checked && target instanceof Uint32Array) copyChecked(target, first, count);
      else copyRange(target, first, count);
    },
  };
}

function isIdentity(scaling: Scaling): boolean {
  return scaling.offset === 0 && scaling.scale === 1;
}

function fitsUint32(header: ImageHeader): boolean {
  const { kind, bits } = dataTypeParts(header.dataType);
  return isIdentity(header.scaling) && (kind === "bit" || (kind === "uint" && bits <= 32));
}

function notAnIndex(path: string, value: number, element: number): InputError {
  const message = `Cannot read ${path}: expected integers from 0 to 2^32 - 1, got ${value} (element ${element}, counting from 0). Check that this is the right file.`;
  return new InputError(message, { path });
}

/** The typed array whose bytes are the file's, if any. */
function storesAs(header: ImageHeader): typeof Float32Array | typeof Float64Array | typeof Uint32Array | undefined {
  if (!isIdentity(header.scaling)) return undefined;
  if (header.dataType === "Float32LE") return Float32Array;
  if (header.dataType === "Float64LE") return Float64Array;
  return header.dataType === "UInt32LE" ? Uint32Array : undefined;
}
