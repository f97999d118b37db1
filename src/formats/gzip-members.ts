// Where the members of a gzip file end: gzip(1) and zlib's gzread leave out what follows them, zlib in Node refuses it.
// RFC 1952, section 2.3.
//
//   1f 8b  method  flags  time (4)  level  system  [extra]  [name 00]  [comment 00]  [crc16]  deflated ..  crc32 (4)  size (4)
import { inflateRawSync } from "node:zlib";

const FLAGS = { headerChecksum: 2, extra: 4, name: 8, comment: 16 } as const;
const FIXED_BYTES = 10;
const TRAILER_BYTES = 8;

/**
 * The members without what follows them, where that is what `cause` is about; undefined: it is not, or there is no whole member. Members are compared with
 * their checksums by whoever inflates them.
 */
export function withoutTail(
  bytes: Uint8Array,
  cause: unknown,
  maxOutputLength = Number.MAX_SAFE_INTEGER,
): Uint8Array | undefined {
  if (
    !(
      cause instanceof Error &&
      /incorrect header check|unknown compression method|unexpected end of file/.test(cause.message)
    )
  )
    return undefined;
  let end = 0;
  for (let left = maxOutputLength; isMember(bytes, end) && left > 0; ) {
    const member = measureMember(bytes, end, left);
    if (member === undefined) break;
    end = member.end;
    left -= member.unpackedBytes;
  }
  return end === 0 || end === bytes.byteLength ? undefined : bytes.subarray(0, end);
}

const isMember = (bytes: Uint8Array, at: number): boolean => bytes[at] === 0x1f && bytes[at + 1] === 0x8b;

function measureMember(bytes: Uint8Array, start: number, maxOutputLength: number) {
  const flags = bytes[start + 3] ?? 0;
  let at = start + FIXED_BYTES;
  if (flags & FLAGS.extra) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const text of [FLAGS.name, FLAGS.comment]) if (flags & text) at = bytes.indexOf(0, at) + 1 || bytes.byteLength;
  if (flags & FLAGS.headerChecksum) at += 2;
  try {
    const limit = Math.min(maxOutputLength, 2 ** 31 - 1);
    // `info`: how many bytes went in
    const found = inflateRawSync(bytes.subarray(at), { info: true, maxOutputLength: limit }) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    const end = at + found.engine.bytesWritten + TRAILER_BYTES;
    return end > bytes.byteLength ? undefined : { end, unpackedBytes: found.buffer.byteLength };
  } catch {
    return undefined;
  }
}
