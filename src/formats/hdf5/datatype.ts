// What the values of a dataset are, by the datatype message of its header: libhdf5 as we have it tells class and size only, and a float of 2 bytes is not
// always IEEE's, an integer of 4 bytes not always of 32 bits.
// HDF5 file format specification 3.0, section IV.A.2.d.

export interface Datatype {
  /** As numpy calls it; of what is not read, in words. */
  readonly name: string;
  readonly kind: "float" | "integer" | "string" | "other";
  readonly valueBytes: number;
  readonly littleEndian: boolean;
  readonly signed: boolean;
  /** What stands for a missing value: R's NA among integers, which is its least one (also with bit64, and pandas' NaT), or among names of an enumeration. */
  readonly missing: number | bigint | undefined;
  /** Every value is a number that we can convert. */
  readonly isReadable: boolean;
}

const CLASS = { integer: 0, float: 1, string: 3, enumeration: 8, variableLength: 9 } as const;
const OTHER_CLASSES: Readonly<Record<number, string>> = {
  2: "times",
  4: "bit fields",
  5: "opaque bytes",
  6: "records (a compound type)",
  7: "references",
  9: "lists of variable length",
  10: "arrays",
  11: "complex numbers",
};
/** [precision, place of the exponent, its bits, place of the mantissa, its bits, bias, place of the sign]; first bit 0, IEEE's normalisation. */
const FLOATS: Readonly<Record<number, readonly number[]>> = {
  2: [16, 10, 5, 0, 10, 15, 15],
  4: [32, 23, 8, 0, 23, 127, 31],
  8: [64, 52, 11, 0, 52, 1023, 63],
};
const BFLOAT16 = [16, 7, 8, 0, 7, 127, 15];
/** The first bit of a mantissa is 1 and is not stored. */
const IMPLIED_BIT = 2;
const HEAD_BYTES = 8;
/** Of an integer's type, behind its head. */
const INTEGER_BYTES = 4;

/** `body`: of a datatype message that is not shared. Undefined: too short to be one. */
export function parseDatatype(body: Buffer): Datatype | undefined {
  if (body.length < HEAD_BYTES) return undefined;
  const kind = body[0]! & 15;
  const valueBytes = body.readUInt32LE(4);
  const other = (name: string, as: Datatype["kind"] = "other"): Datatype => ({
    ...{ name, kind: as, valueBytes, littleEndian: true, signed: false, missing: undefined, isReadable: false },
  });
  switch (kind) {
    case CLASS.integer:
      return body.length < HEAD_BYTES + 4 ? undefined : parseInteger(body, valueBytes);
    case CLASS.float:
      return body.length < HEAD_BYTES + 12 ? undefined : parseFloating(body, valueBytes);
    case CLASS.string:
      return other("text", "string");
    case CLASS.variableLength:
      return (body[1]! & 15) === 1 ? other("text", "string") : other(OTHER_CLASSES[kind]!);
    case CLASS.enumeration: {
      const base = parseDatatype(body.subarray(HEAD_BYTES));
      if (base === undefined) return undefined;
      // libhdf5 does not turn the bytes of an enumeration round
      const isReadable = base.isReadable && base.kind === "integer" && (base.littleEndian || base.valueBytes === 1);
      const missing = isReadable ? memberCalled("NA", body, base) : undefined;
      return { ...base, name: `an enumeration of ${base.name}${orderOf(base)}`, missing, isReadable };
    }
  }
  return other(OTHER_CLASSES[kind] ?? `values of an unknown class (${kind})`);
}

const orderOf = ({ littleEndian, valueBytes }: Datatype) =>
  littleEndian || valueBytes === 1 ? "" : " in big-endian order";

function parseInteger(body: Buffer, valueBytes: number): Datatype {
  const [littleEndian, signed] = [(body[1]! & 1) === 0, (body[1]! & 8) !== 0];
  const [offset, precision] = [body.readUInt16LE(8), body.readUInt16LE(10)];
  const isReadable = [1, 2, 4, 8].includes(valueBytes) && offset === 0 && precision === 8 * valueBytes;
  const standard = `${signed ? "" : "u"}int${precision}`;
  const name = isReadable ? standard : `${standard} in ${valueBytes} bytes, from bit ${offset} on`;
  const missing = !signed || !isReadable || valueBytes < 4 ? undefined : valueBytes === 4 ? -(2 ** 31) : -(2n ** 63n);
  return { name, kind: "integer", valueBytes, littleEndian, signed, missing, isReadable };
}

/**
 * Of an enumeration: its base type, the names, the values. hdf5r writes R's TRUE, FALSE and NA as 1, 0 and 2 of an enumeration. Undefined: no such name, or
 * a message that breaks off.
 */
function memberCalled(wanted: string, body: Buffer, { valueBytes, signed }: Datatype): number | bigint | undefined {
  const [nMembers, version] = [body.readUInt16LE(1), body[0]! >> 4];
  let at = HEAD_BYTES + HEAD_BYTES + INTEGER_BYTES;
  let found = -1;
  for (let i = 0; i < nMembers; i++) {
    const end = body.indexOf(0, at);
    if (end < 0) return undefined;
    if (body.toString("utf8", at, end) === wanted) found = i;
    // up to version 2 names are padded
    at = version < 3 ? at + Math.ceil((end + 1 - at) / 8) * 8 : end + 1;
  }
  const place = at + found * valueBytes;
  if (found < 0 || place + valueBytes > body.length) return undefined;
  if (valueBytes === 8) return signed ? body.readBigInt64LE(place) : body.readBigUInt64LE(place);
  return signed ? body.readIntLE(place, valueBytes) : body.readUIntLE(place, valueBytes);
}

function parseFloating(body: Buffer, valueBytes: number): Datatype {
  const bits = body[1]!;
  const isVax = (bits & 0x40) !== 0;
  const fields = [body.readUInt16LE(10), ...body.subarray(12, 16), body.readUInt32LE(16), body[2]!];
  const isPlain = !isVax && body.readUInt16LE(8) === 0 && ((bits >> 4) & 3) === IMPLIED_BIT;
  const isLike = (expected: readonly number[] | undefined) =>
    isPlain && expected?.every((value, i) => value === fields[i]) === true;
  const isReadable = isLike(FLOATS[valueBytes]);
  const name = isReadable
    ? `float${8 * valueBytes}`
    : isLike(BFLOAT16)
      ? "bfloat16"
      : valueBytes > 8
        ? `long double (${fields[0]} bits in ${valueBytes} bytes)`
        : `a float of ${fields[0]} bits in ${valueBytes} bytes that is not IEEE's`;
  return {
    name,
    kind: "float",
    valueBytes,
    littleEndian: (bits & 1) === 0,
    signed: true,
    missing: undefined,
    isReadable,
  };
}
