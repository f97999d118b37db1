// NIfTI files byte by byte, without src/formats: offsets of https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h and nifti2.h.

export interface BuiltNifti {
  readonly version?: 1 | 2;
  readonly littleEndian?: boolean;
  /** Code of `datatype`; default 4, int16. */
  readonly type?: number;
  /** dim[0] and further; default 3, 2, 2, 2. */
  readonly dim?: readonly number[];
  readonly pixdim?: readonly number[];
  readonly bitpix?: number;
  /** Default: right behind header and extensions. */
  readonly offset?: number;
  readonly slope?: number;
  readonly intercept?: number;
  readonly qform?: number;
  readonly sform?: number;
  /** b, c, d, x, y, z */
  readonly quaternion?: readonly number[];
  readonly rows?: readonly number[];
  readonly mark?: string;
  readonly intent?: number;
  /** From the mark of extensions on. */
  readonly extensions?: Uint8Array;
  /** Stored numbers; default a pattern that the type holds. */
  readonly values?: readonly (number | bigint)[];
}

type Put = (view: DataView, at: number, value: number, le: boolean) => void;
interface StoredType {
  readonly bits: number;
  readonly signed: boolean;
  readonly put?: Put;
}
const big =
  (put: (view: DataView, at: number, value: bigint, le: boolean) => void): Put =>
  (view, at, value, le) =>
    put(view, at, BigInt(value), le);

/** By code. */
export const STORED_TYPES: Readonly<Record<number, StoredType>> = {
  1: { bits: 1, signed: false },
  2: { bits: 8, signed: false, put: (v, at, x) => v.setUint8(at, x) },
  4: { bits: 16, signed: true, put: (v, at, x, le) => v.setInt16(at, x, le) },
  8: { bits: 32, signed: true, put: (v, at, x, le) => v.setInt32(at, x, le) },
  16: { bits: 32, signed: true, put: (v, at, x, le) => v.setFloat32(at, x, le) },
  32: { bits: 64, signed: true },
  64: { bits: 64, signed: true, put: (v, at, x, le) => v.setFloat64(at, x, le) },
  128: { bits: 24, signed: false },
  256: { bits: 8, signed: true, put: (v, at, x) => v.setInt8(at, x) },
  512: { bits: 16, signed: false, put: (v, at, x, le) => v.setUint16(at, x, le) },
  768: { bits: 32, signed: false, put: (v, at, x, le) => v.setUint32(at, x, le) },
  1024: { bits: 64, signed: true, put: big((v, at, x, le) => v.setBigInt64(at, x, le)) },
  1280: { bits: 64, signed: false, put: big((v, at, x, le) => v.setBigUint64(at, x, le)) },
  1536: { bits: 128, signed: true },
  1792: { bits: 128, signed: true },
  2048: { bits: 256, signed: true },
  2304: { bits: 32, signed: false },
};

/** What buildNifti stores of a type where it is not told: 0, 37, .. and negative where the type has a sign. */
export function storedPattern(type: number, n: number): number[] {
  const { signed } = STORED_TYPES[type]!;
  return Array.from({ length: n }, (_, i) => (type === 1 ? ((i * 7) % 3) & 1 : ((i * 37) % 120) - (signed ? 60 : 0)));
}

export interface NiftiParts {
  readonly header: Buffer;
  /** Behind `extensions` and padding. */
  readonly data: Buffer;
}

export function buildNifti(spec: BuiltNifti = {}): Buffer {
  const { header, data } = niftiParts(spec);
  const extensions = spec.extensions ?? Buffer.alloc(4);
  const start = spec.offset ?? header.length + extensions.length;
  const gap =
    Number.isFinite(start) && start < 1e6 ? Math.max(0, Math.floor(start) - header.length - extensions.length) : 0;
  return Buffer.concat([header, extensions, Buffer.alloc(gap), data]);
}

/** For a pair of files, too. */
export function niftiParts(spec: BuiltNifti = {}): NiftiParts {
  const { version = 1, littleEndian: le = true, type = 4, dim = [4, 3, 2, 2, 2] } = spec;
  const first = version === 1;
  const header = Buffer.alloc(first ? 348 : 540);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const i16 = (at: number, value: number) => view.setInt16(at, value, le);
  const size = (at: number, value: number) => (first ? i16(at, value) : view.setBigInt64(at, BigInt(value), le));
  const real = (at: number, value: number) => (first ? view.setFloat32(at, value, le) : view.setFloat64(at, value, le));
  const each = (at: number, step: number, values: readonly number[], put: (at: number, value: number) => void) => {
    for (const [i, value] of values.entries()) put(at + i * step, value);
  };
  const code = (at: number, value: number) => (first ? i16(at, value) : view.setInt32(at, value, le));
  const step = first ? 4 : 8;
  const behind = header.length + (spec.extensions?.length ?? 4);
  view.setInt32(0, header.length, le);
  header.write(spec.mark ?? (first ? "n+1\0" : "n+2\0\r\n\x1a\n"), first ? 344 : 4, "latin1");
  each(
    first ? 40 : 16,
    first ? 2 : 8,
    Array.from({ length: 8 }, (_, i) => dim[i] ?? 1),
    size,
  );
  i16(first ? 70 : 12, type);
  i16(first ? 72 : 14, spec.bitpix ?? STORED_TYPES[type]?.bits ?? 8);
  each(first ? 76 : 104, step, spec.pixdim ?? [1, 2, 2.5, 3, 1, 1, 1, 1], real);
  if (first) real(108, spec.offset ?? behind);
  else size(168, spec.offset ?? behind);
  each(first ? 112 : 176, step, [spec.slope ?? 0, spec.intercept ?? 0], real);
  each(first ? 252 : 344, first ? 2 : 4, [spec.qform ?? 0, spec.sform ?? 0], code);
  each(first ? 256 : 352, step, spec.quaternion ?? [], real);
  each(first ? 280 : 400, step, spec.rows ?? [], real);
  code(first ? 68 : 504, spec.intent ?? 0);
  return { header, data: dataOf(spec, type, le, dim) };
}

function dataOf(spec: BuiltNifti, type: number, le: boolean, dim: readonly number[]): Buffer {
  const n = dim.slice(1, 8).reduce((product, length) => product * Math.max(1, Math.abs(length)), 1);
  const { bits, put } = STORED_TYPES[type] ?? { bits: 8 };
  const data = Buffer.alloc(Math.ceil((n * bits) / 8));
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = spec.values ?? (STORED_TYPES[type] === undefined ? [] : storedPattern(type, n));
  for (const [i, value] of values.entries()) {
    if (type === 1) data[i >> 3]! |= value ? 0x80 >> (i & 7) : 0;
    else put?.(view, i * (bits / 8), Number(value), le);
  }
  return data;
}
