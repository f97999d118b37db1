// A piece of WebAssembly memory in which kernels are tried: every region lies between guards, and what was never written is poison.
//
//   ... poison | guard | region | guard | region | guard | poison ...
//
// Poison reads as a huge positive number (f32 3.4e38, f64 1.4e306, u32 2139062143), so a kernel that reduces what it only
// may run over gives itself away; a guard that changed is a write outside the contract.
import { expect } from "vitest";

const POISON = 0x7f;
/** Bytes. A kernel writes at most two vectors at once. */
const GUARD_BYTES = 64;

type Numbers =
  | Float64Array
  | Float32Array
  | Uint32Array
  | Int32Array
  | Uint16Array
  | Uint8Array
  | Int8Array
  | Uint8ClampedArray;

export interface Region<T> {
  /** Byte offset in the memory. */
  readonly at: number;
  readonly view: T;
}

export interface LinearMemory {
  readonly memory: WebAssembly.Memory;
  /** Forgets all regions and poisons `bytes` of the memory again. */
  clear(): void;
  /** A region that holds a copy of `values`; 16-aligned, then `offset` bytes further. */
  place<T extends Numbers>(values: T, offset?: number): Region<T>;
  /** A region of poison as long as `like`. */
  reserve<T extends Numbers>(like: T): Region<T>;
  /** Fails when anything beside the regions was written. */
  expectGuardsIntact(): void;
}

/** `firstByte`: where the regions start; `bytes`: how much is poisoned and used. */
export function createLinearMemory(options: { firstByte: number; bytes: number }): LinearMemory {
  const { firstByte, bytes } = options;
  const pages = Math.ceil((firstByte + bytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const used = new Uint8Array(memory.buffer, firstByte, bytes);
  let end = 0;
  let guards: (readonly [first: number, end: number])[] = [];
  const take = <T extends Numbers>(like: T, offset: number): Region<T> => {
    const start = Math.ceil((end + GUARD_BYTES) / 16) * 16 + offset;
    guards.push([end, start]);
    end = start + like.byteLength;
    if (end + GUARD_BYTES > bytes) throw new Error(`The test memory of ${bytes} bytes is full.`);
    const View = like.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T;
    return { at: firstByte + start, view: new View(memory.buffer, firstByte + start, like.length) };
  };
  return {
    memory,
    clear() {
      used.fill(POISON);
      end = 0;
      guards = [];
    },
    place(values, offset = 0) {
      const region = take(values, offset);
      region.view.set(values);
      return region;
    },
    reserve: (like) => take(like, 0),
    expectGuardsIntact() {
      for (const [first, last] of [...guards, [end, end + GUARD_BYTES] as const]) {
        const written = used.subarray(first, last).findIndex((byte) => byte !== POISON);
        expect(written, `byte written ${first + written} bytes into the test memory, outside every region`).toBe(-1);
      }
    },
  };
}
