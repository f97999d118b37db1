// From a path to an opened image, for every format: find the header, check that the file holds what the header promises, read elements.
import type { BigIntStats } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { InputError } from "../errors.js";
import type { ByteSource } from "./byte-source.js";
import { checkScaling } from "./check-scaling.js";
import { bytesOfElements, fitsFloat32 } from "./data-type.js";
import { countElements, type Image, type ImageHeader } from "./image-header.js";
import { checkCompressedSize, inflate, inflateAsync, inflateStart, isGzipPath, isGzipped } from "./inflate.js";
import {
  type AsyncBytes,
  bytesInMemory,
  openAsyncBytes,
  openPositionalBytes,
  openRegularFile,
  positionalBytesOf,
} from "./positional-bytes.js";
import { realignToScanner } from "./realign.js";
import { createValueReader } from "./strided-values.js";

/** What differs between formats. */
export interface ImageFormat {
  /** False while `start`, the first bytes of a file, may not hold the whole header yet. */
  headerIsComplete(start: Uint8Array): boolean;
  /** Bytes; a longer header is refused. */
  readonly maxHeaderBytes: number;
  /** `start` holds the whole header, or the whole file, or maxHeaderBytes. Throws InputError. */
  parseHeader(start: Uint8Array, path: string): ImageHeader;
}

export type OpenBytes = (path: string) => ByteSource;

/** Bytes read before the header is looked at. Deflate makes at most 8 MiB of the compressed ones. */
const FIRST_BYTES = { plain: 2 ** 13, compressed: 2 ** 13 } as const;

/** Throws InputError: unreadable, not this format, truncated, too large when decompressed. */
export function openImageFile(path: string, format: ImageFormat, openBytes: OpenBytes = openPositionalBytes): Image {
  const bytes = openBytes(path);
  let source = bytes;
  try {
    const { header, isPacked } = readHeader(bytes, format, path);
    if (isPacked) {
      const neededBytes = bytesNeeded(header);
      checkCompressedSize(bytes.sizeBytes, neededBytes, path);
      const compressed = new Uint8Array(bytes.sizeBytes);
      bytes.copyInto(compressed, 0);
      bytes.close();
      source = bytesInMemory(path, inflate(compressed, neededBytes, path));
    } else if (header.dataFile !== ".") {
      bytes.close();
      source = openData(path, header, openBytes);
    }
    checkSize(source, header, path);
    return imageOf(path, header, source);
  } catch (error) {
    source.close();
    bytes.close();
    throw error;
  }
}

/** The header alone, as MRtrix3 presents the image; sizes of uncompressed files are checked too. Throws InputError. */
export function readHeaderOfFile(path: string, format: ImageFormat): ImageHeader {
  return lookAtFile(path, format).header;
}

/** What is to be known of a file whose data are not read. */
export interface FileLook {
  /** As MRtrix3 presents the image. */
  readonly header: ImageHeader;
  /** Compressed, whatever the name says. */
  readonly isPacked: boolean;
  /** Of the file that the header was read from. */
  readonly stat: BigIntStats;
}

/** As readHeaderOfFile, with what the system says of the very file. */
export function lookAtFile(path: string, format: ImageFormat): FileLook {
  const opened = openRegularFile(path);
  const bytes = positionalBytesOf(path, opened);
  try {
    const { header, isPacked } = readHeader(bytes, format, path);
    assertData(bytes, header, { isPacked, path });
    return { header: realigned(header), isPacked, stat: opened.stat };
  } finally {
    bytes.close();
  }
}

/** The same with the axes as they are stored. */
export function readStoredHeaderOfFile(path: string, format: ImageFormat): ImageHeader {
  const bytes = openPositionalBytes(path);
  try {
    const { header, isPacked } = readHeader(bytes, format, path);
    assertData(bytes, header, { isPacked, path });
    return header;
  } finally {
    bytes.close();
  }
}

/** Throws InputError when there are less than the header promises, as far as that can be seen without unpacking. */
function assertData(bytes: ByteSource, header: ImageHeader, { isPacked, path }: { isPacked: boolean; path: string }) {
  if (header.dataFile !== ".") {
    const data = openData(path, header, openPositionalBytes);
    data.close();
    checkSize(data, header, path);
  } else if (!isPacked) checkSize(bytes, header, path);
}

export interface ImageVector {
  readonly header: ImageHeader;
  /** Every element, canonical order. Float32Array when the stored type loses nothing in it and has no scaling. */
  readonly values: Float32Array | Float64Array;
}

/** Looks at a header before any data are read, and throws if it is not the one wanted. */
export type CheckHeader = (header: ImageHeader, path: string) => void;

/** All values, without blocking on the disk or on zlib: several can be in flight. Memory: the values and the stored bytes. */
export async function readVectorOfFile(path: string, format: ImageFormat, check?: CheckHeader): Promise<ImageVector> {
  const bytes = await openAsyncBytes(path);
  try {
    const { header, isPacked } = await readHeaderAsync(bytes, format, path);
    check?.(realignToScanner(header), path);
    if (isPacked) {
      const neededBytes = bytesNeeded(header);
      checkCompressedSize(bytes.sizeBytes, neededBytes, path);
      const compressed = new Uint8Array(bytes.sizeBytes);
      await bytes.copyInto(compressed, 0);
      return vectorOf(path, header, await inflateAsync(compressed, neededBytes, path), header.dataOffset);
    }
    if (header.dataFile === ".") return await readPlainVector(path, header, bytes);
    const data = await openAsyncBytes(dataPath(path, header)).catch((cause) =>
      Promise.reject(noData(path, header, cause)),
    );
    return await readPlainVector(path, header, data).finally(() => data.close());
  } finally {
    await bytes.close();
  }
}

async function readPlainVector(path: string, header: ImageHeader, data: AsyncBytes): Promise<ImageVector> {
  checkSize(data, header, path);
  const stored = new Uint8Array(bytesNeeded(header) - header.dataOffset);
  await data.copyInto(stored, header.dataOffset);
  return vectorOf(path, header, stored, 0);
}

function vectorOf(path: string, rawHeader: ImageHeader, bytes: Uint8Array, dataOffset: number): ImageVector {
  const { header, nElements, copyValuesInto } = imageOf(path, { ...rawHeader, dataOffset }, bytesInMemory(path, bytes));
  const unscaled = header.scaling.offset === 0 && header.scaling.scale === 1;
  const values = unscaled && fitsFloat32(header.dataType) ? new Float32Array(nElements) : new Float64Array(nElements);
  copyValuesInto(values, 0, nElements);
  return { header: { ...header, dataOffset: rawHeader.dataOffset }, values };
}

function imageOf(path: string, rawHeader: ImageHeader, source: ByteSource): Image {
  const header = realignToScanner(rawHeader);
  const { copyValuesInto } = createValueReader(header, source);
  return { path, header, nElements: countElements(header.dimensions), copyValuesInto, close: () => source.close() };
}

interface FoundHeader {
  readonly header: ImageHeader;
  /** Compressed, whatever the name says. */
  readonly isPacked: boolean;
}

/** For the start of one file after the other: memory of its own for each costs more than reading it. Nothing of a header lies in it. */
const startBytes = new Uint8Array(Math.max(...Object.values(FIRST_BYTES)));

function readHeader(bytes: ByteSource, format: ImageFormat, path: string): FoundHeader {
  for (let nBytes = firstBytes(path); ; nBytes *= 2) {
    const length = Math.min(nBytes, bytes.sizeBytes);
    const start = length <= startBytes.byteLength ? startBytes.subarray(0, length) : new Uint8Array(length);
    bytes.copyInto(start, 0);
    const known = sameAsLast(start, format, path);
    if (known !== undefined) return { header: known, isPacked: false };
    const found = parseStart(start, bytes.sizeBytes, format, path);
    if (found === undefined) continue;
    if (!found.isPacked) remember(start, found.header, format);
    return found;
  }
}

/** The header that was parsed last and the bytes before its data: what most files of a cohort begin with too. */
let last:
  | { readonly bytes: Uint8Array; readonly format: ImageFormat; readonly header: ImageHeader; realigned?: ImageHeader }
  | undefined;

/** Where the bytes before the data end as headers do, nothing behind them, and no path, decides what a header says. */
function remember(start: Uint8Array, header: ImageHeader, format: ImageFormat): void {
  const { dataFile, dataOffset } = header;
  last = undefined;
  if (dataFile !== "." || dataOffset === 0 || dataOffset > start.byteLength) return;
  const bytes = start.slice(0, dataOffset);
  const isEnded = bytes.at(-1) === 0 || bytes.at(-1) === LINE_FEED; // else a line that ends a .mif's header might go on in the data
  if (isEnded && format.headerIsComplete(bytes)) last = { bytes, format, header };
}

const LINE_FEED = 10;

function sameAsLast(start: Uint8Array, format: ImageFormat, path: string): ImageHeader | undefined {
  if (last === undefined || last.format !== format || isGzipPath(path)) return undefined;
  const isSame = Buffer.compare(start.subarray(0, last.bytes.byteLength), last.bytes) === 0;
  return isSame ? last.header : undefined;
}

function realigned(header: ImageHeader): ImageHeader {
  if (last?.header !== header) return realignToScanner(header);
  last.realigned ??= realignToScanner(header);
  return last.realigned;
}

async function readHeaderAsync(bytes: AsyncBytes, format: ImageFormat, path: string): Promise<FoundHeader> {
  for (let nBytes = firstBytes(path); ; nBytes *= 2) {
    const start = new Uint8Array(Math.min(nBytes, bytes.sizeBytes));
    await bytes.copyInto(start, 0);
    const found = parseStart(start, bytes.sizeBytes, format, path);
    if (found !== undefined) return found;
  }
}

function firstBytes(path: string): number {
  return isGzipPath(path) ? FIRST_BYTES.compressed : FIRST_BYTES.plain;
}

/** Undefined: more bytes are needed. */
function parseStart(start: Uint8Array, sizeBytes: number, format: ImageFormat, path: string): FoundHeader | undefined {
  const isPacked = isGzipped(start, path);
  const unpacked = isPacked ? inflateStart(start, path) : start;
  const whole = start.byteLength === sizeBytes;
  if (!whole && unpacked.byteLength < format.maxHeaderBytes && !format.headerIsComplete(unpacked)) return undefined;
  const header = format.parseHeader(unpacked.subarray(0, format.maxHeaderBytes), path);
  checkScaling(header, path);
  return { header, isPacked };
}

function bytesNeeded(header: ImageHeader): number {
  return header.dataOffset + bytesOfElements(header.dataType, countElements(header.dimensions));
}

function dataPath(path: string, header: ImageHeader): string {
  return isAbsolute(header.dataFile) ? header.dataFile : join(dirname(path), header.dataFile);
}

function openData(path: string, header: ImageHeader, openBytes: OpenBytes): ByteSource {
  try {
    return openBytes(dataPath(path, header));
  } catch (cause) {
    throw noData(path, header, cause);
  }
}

/** The user gave the header file: it is named beside the data file. */
function noData(path: string, header: ImageHeader, cause: unknown): unknown {
  if (!(cause instanceof InputError)) return cause;
  const message = `Cannot read ${path}: its header names the data file ${header.dataFile}. ${cause.message}`;
  return new InputError(message, { path, cause });
}

function checkSize(data: { sizeBytes: number }, header: ImageHeader, path: string): void {
  const neededBytes = bytesNeeded(header);
  if (data.sizeBytes >= neededBytes) return;
  const promise = `${header.dimensions.join(" x ")} elements of ${header.dataType} from byte ${header.dataOffset}`;
  const where = header.dataFile === "." ? "" : ` in ${header.dataFile}`;
  const message = `Cannot read ${path}: expected ${neededBytes} bytes${where} (${promise}), got ${data.sizeBytes}. The file is truncated; copy or make it again.`;
  throw new InputError(message, { path });
}
