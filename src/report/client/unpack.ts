// The arrays of a payload, out of the page's text.
import type { ArrayPlace } from "../payload-format.js";

export type Numbers = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array;

const TYPES = { u8: Uint8Array, i8: Int8Array, u16: Uint16Array, i16: Int16Array, u32: Uint32Array } as const;

/** Undefined: the page has no such script. */
export function readJson<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}

export async function unpack(id: string): Promise<(place: ArrayPlace | undefined) => Numbers | undefined> {
  const text = atob(document.getElementById(id)?.textContent?.trim() ?? "");
  const packed = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const buffer = await new Response(stream).arrayBuffer();
  return (place) => place && new TYPES[place.type](buffer, place.offset, place.length);
}

/** Out of differences. */
export function summed(values: Numbers): Uint32Array {
  const out = new Uint32Array(values.length);
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    sum += values[i]!;
    out[i] = sum;
  }
  return out;
}
