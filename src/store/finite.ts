// Values that are infinite or not a number: found at the speed of memory where there are none, counted where there are.
import type { ElementType } from "./column-source.js";
import { FINITE_MODULE, SHARED_FINITE_MODULE } from "./finite-module.js";

/** Bits of the exponent; all set: infinite or not a number. Of float64 only the high word is looked at. */
const EXPONENT = { f32: 0x7f800000, f64: 0x7ff00000 } as const;

/** `bytes` begin at a multiple of the value's size. x * 0 is NaN for infinities and NaN, 0 otherwise; four sums keep the adder busy. */
export function allFinite(bytes: Uint8Array, elementType: ElementType): boolean {
  const values =
    elementType === "f32"
      ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
      : new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = values.length - (values.length % 4);
  for (let i = 0; i < end; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (let i = end; i < values.length; i++) a += values[i]! * 0;
  return a + b + c + d === 0;
}

/** float32 in a memory in which they are looked at at 50 GB/s; `allFinite` takes 8, and seven milliseconds until it is compiled well. */
export interface ScannedValues {
  /** From 0 on. */
  readonly bytes: Uint8Array;
  /** Of the first `lengthBytes`, a multiple of 4. */
  allFinite(lengthBytes: number): boolean;
}

const PAGE_BYTES = 65_536;
/** Bytes that the module looks at together. */
const STRIDE = 64;

interface FiniteModule {
  readonly memory: WebAssembly.Memory;
  allFinite(from: number, end: number): 0 | 1;
}

/** Undefined where addresses are limited (ulimit -v): a memory of WebAssembly sets many aside that it never uses. */
function openModule(lengthBytes: number): FiniteModule | undefined {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(FINITE_MODULE, "base64")));
    const opened = exports as unknown as FiniteModule;
    opened.memory.grow(Math.ceil(lengthBytes / PAGE_BYTES));
    return opened;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Room for `lengthBytes`. */
export function createScannedValues(lengthBytes: number): ScannedValues {
  const opened = openModule(lengthBytes);
  if (opened === undefined) {
    const bytes = new Uint8Array(lengthBytes);
    return { bytes, allFinite: (length) => allFinite(bytes.subarray(0, length), "f32") };
  }
  const { memory, allFinite: scan } = opened;
  const bytes = new Uint8Array(memory.buffer, 0, lengthBytes);
  return {
    bytes,
    allFinite(length) {
      const end = length - (length % STRIDE);
      return scan(0, end) === 1 && allFinite(bytes.subarray(end, length), "f32");
    },
  };
}

/** Memory that threads share, in which the same is done at the same speed; undefined where addresses are limited, or so much cannot be had. */
export function createSharedMemory(lengthBytes: number): WebAssembly.Memory | undefined {
  const pages = Math.ceil(lengthBytes / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether float32 in the memory are all finite, `lengthBytes` (a multiple of 64) from byte `from` on. */
export function scannerOf(memory: WebAssembly.Memory): (from: number, lengthBytes: number) => boolean {
  const module = new WebAssembly.Module(Buffer.from(SHARED_FINITE_MODULE, "base64"));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { allFinite: scan } = exports as unknown as Pick<FiniteModule, "allFinite">;
  return (from, lengthBytes) => scan(from, from + lengthBytes) === 1;
}

/** Adds 1 to counts[i] where value i of `bytes` is not finite, for as many as there are counts. */
export function addNonFinite(bytes: Uint8Array, elementType: ElementType, counts: Uint32Array): void {
  const wordsPerValue = elementType === "f32" ? 1 : 2;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const mask = EXPONENT[elementType];
  for (let i = 0, word = wordsPerValue - 1; i < counts.length; i++, word += wordsPerValue)
    if ((words[word]! & mask) === mask) counts[i]! += 1;
}
