// What a dataset is and where its bytes are: walks the object header (version 1 or 2, with its continuation blocks) at the address that an object
// reference gives, to the messages of type and layout. libhdf5 has resolved the path; groups are never walked here.
// HDF5 file format specification 3.0, sections II (superblock), IV.A.1 (object headers), IV.A.2.i (layout message).
import { type ChunkIndex, parseChunkIndex } from "./chunk-index.js";
import { type Datatype, parseDatatype } from "./datatype.js";
import { damaged, integerAt, type ReadBytes, type Superblock, withHeaderBytes } from "./header-bytes.js";

export interface DatasetLayout {
  readonly storage: "compact" | "contiguous" | "chunked" | "virtual";
  /** Of the first value in the file; undefined: other storage, or never written. */
  readonly byteOffset: number | undefined;
  /** Contiguous: bytes of the values. */
  readonly sizeBytes: number | undefined;
  readonly filtered: boolean;
  /** Chunked: where the chunks are listed; undefined: in a way that is not read here. */
  readonly chunkIndex: ChunkIndex | undefined;
  /** The values are in other files. */
  readonly external: boolean;
  readonly datatype: Datatype;
}

const STORAGE = ["compact", "contiguous", "chunked", "virtual"] as const;
const MESSAGE = { datatype: 0x03, externalFiles: 0x07, layout: 0x08, filters: 0x0b, continuation: 0x10 } as const;
/** Bit 1 of a message's flags: the body is a pointer to where the message is. */
const SHARED = 2;
/** Continuation blocks; a damaged header may go in circles. */
const MOST_BLOCKS = 10_000;

type Found = { -readonly [K in Exclude<keyof DatasetLayout, "datatype">]: DatasetLayout[K] } & {
  seen: boolean;
  datatype: Datatype | undefined;
};

/** `headerAddress`: out of an object reference. The file must not be open for writing. Throws InputError: damaged, or of an unknown version. */
export function readDatasetLayout(path: string, headerAddress: number): DatasetLayout {
  return withHeaderBytes(path, ({ read, superblock, fileBytes }) => {
    const found: Found = {
      storage: "compact",
      byteOffset: undefined,
      sizeBytes: undefined,
      filtered: false,
      chunkIndex: undefined,
      external: false,
      seen: false,
      datatype: undefined,
    };
    walkHeader(read, superblock, headerAddress + superblock.base, path, (type, body, isShared) => {
      if (type === MESSAGE.datatype && isShared) found.datatype = readSharedDatatype(read, superblock, body, path);
      else readMessage(found, superblock, type, body, path);
    });
    const { seen, datatype, ...layout } = found;
    if (!seen) throw damaged(path, "a dataset without a layout");
    if (datatype === undefined) throw damaged(path, "a dataset without a type");
    if (layout.byteOffset !== undefined && layout.byteOffset + layout.sizeBytes! > fileBytes) {
      throw damaged(path, `values up to byte ${layout.byteOffset + layout.sizeBytes!} in a file of ${fileBytes}`);
    }
    return { ...layout, datatype };
  });
}

function walkHeader(
  read: ReadBytes,
  superblock: Superblock,
  start: number,
  path: string,
  onMessage: (type: number, body: Buffer, isShared: boolean) => void,
): void {
  const first = read(start, 16);
  const version = first.toString("latin1", 0, 4) === "OHDR" ? 2 : first[0] === 1 ? 1 : 0;
  if (version === 0) throw damaged(path, `no object header at byte ${start}`);
  const flags = first[5]!;
  const blocks: { at: number; length: number }[] = [];
  if (version === 1) blocks.push({ at: start + 16, length: first.readUInt32LE(8) });
  else {
    const at = start + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    blocks.push({ at: at + width, length: integerAt(read(at, width), 0, width)! });
  }
  const headBytes = version === 1 ? 8 : flags & 4 ? 6 : 4;
  for (let i = 0; i < blocks.length; i++) {
    if (i > MOST_BLOCKS) throw damaged(path, "an object header without an end");
    const block = read(blocks[i]!.at, blocks[i]!.length);
    for (let at = 0; at + headBytes <= block.length; ) {
      const [type, size, messageFlags] =
        version === 1
          ? [block.readUInt16LE(at), block.readUInt16LE(at + 2), block[at + 4]!]
          : [block[at]!, block.readUInt16LE(at + 1), block[at + 3]!];
      const body = block.subarray(at + headBytes, at + headBytes + size);
      if (type === MESSAGE.continuation) {
        const next = integerAt(body, 0, superblock.offsetBytes);
        const length = integerAt(body, superblock.offsetBytes, superblock.lengthBytes);
        if (next === undefined || length === undefined) throw damaged(path, "an object header that breaks off");
        // Version 2: signature in front of the messages, checksum behind.
        const [skip, drop] = version === 1 ? [0, 0] : [4, 8];
        blocks.push({ at: next + superblock.base + skip, length: length - drop });
      } else if (messageFlags & SHARED && (type === MESSAGE.layout || type === MESSAGE.filters)) {
        throw damaged(path, "a layout that is shared between objects");
      } else onMessage(type, body, (messageFlags & SHARED) !== 0);
      at += headBytes + size;
    }
  }
}

/** A committed type, which stands in a header of its own. */
function readSharedDatatype(read: ReadBytes, superblock: Superblock, body: Buffer, path: string): Datatype | undefined {
  const [version, where] = [body[0]!, body[1]!];
  const isCommitted = version === 1 || version === 2 || (version === 3 && where === COMMITTED);
  const address = isCommitted ? integerAt(body, version === 1 ? 8 : 2, superblock.offsetBytes) : undefined;
  if (address === undefined)
    throw damaged(path, "a type that is shared between objects in another way than by its name");
  let found: Datatype | undefined;
  walkHeader(read, superblock, address + superblock.base, path, (type, message, isShared) => {
    if (type === MESSAGE.datatype && !isShared) found = parseDatatype(message);
  });
  return found;
}

/** Of a shared message of version 3: the address of another object's header. */
const COMMITTED = 2;

function readMessage(found: Found, superblock: Superblock, type: number, body: Buffer, path: string): void {
  if (type === MESSAGE.datatype) found.datatype = parseDatatype(body);
  if (type === MESSAGE.externalFiles) found.external = true;
  if (type === MESSAGE.filters) found.filtered = body[1]! > 0;
  if (type !== MESSAGE.layout) return;
  const { offsetBytes, lengthBytes, base } = superblock;
  const version = body[0]!;
  const old = version === 1 || version === 2;
  if (!old && !(version >= 3 && version <= 5)) throw damaged(path, `a layout message of version ${version}`);
  const storage = STORAGE[body[old ? 2 : 1]!];
  if (storage === undefined) throw damaged(path, "an unknown kind of storage");
  found.seen = true;
  found.storage = storage;
  if (storage === "chunked") found.chunkIndex = parseChunkIndex(body, superblock);
  if (storage !== "contiguous") return;
  const addressAt = old ? 8 : 2;
  const address = integerAt(body, addressAt, offsetBytes);
  if (address === undefined) return;
  found.byteOffset = address + base;
  // Versions 1 and 2 list the dimensions, the size of a value last; later ones the size in bytes.
  found.sizeBytes = old
    ? Array.from({ length: body[1]! }, (_, i) => body.readUInt32LE(addressAt + offsetBytes + 4 * i)).reduce(
        (product, size) => product * size,
        1,
      )
    : integerAt(body, addressAt + offsetBytes, lengthBytes);
}
