// What the values of a numpy array are, by the `descr` of its header: every number that a float64 may hold, in either byte order.
import type { DataType } from "../data-type.js";

export interface NpyType {
  /** As numpy calls it, such as int16; with its order where that is not the machine's. */
  readonly name: string;
  /** As stored. Booleans are bytes of 0 and 1. */
  readonly dataType: DataType;
  readonly isBoolean: boolean;
  readonly valueBytes: number;
}

const KINDS: Readonly<
  Record<string, { readonly name: string; readonly dataType: string; readonly bytes: readonly number[] }>
> = {
  f: { name: "float", dataType: "Float", bytes: [2, 4, 8] },
  i: { name: "int", dataType: "Int", bytes: [1, 2, 4, 8] },
  u: { name: "uint", dataType: "UInt", bytes: [1, 2, 4, 8] },
};

/** Undefined: not a type whose values are numbers here (what then: refused-dtypes.ts). */
export function parseDtype(descr: string): NpyType | undefined {
  const found = /^([<>|])([a-z])(\d+)$/.exec(descr);
  if (found === null) return undefined;
  const [, order, letter] = found as unknown as [string, string, string];
  const valueBytes = Number(found[3]);
  if (letter === "b") {
    const isBoolean = order === "|" && valueBytes === 1;
    return isBoolean ? { name: "bool", dataType: "UInt8", isBoolean, valueBytes } : undefined;
  }
  const kind = KINDS[letter];
  if (kind === undefined || !kind.bytes.includes(valueBytes)) return undefined;
  // one byte has no order, which numpy writes as |
  if ((order === "|") !== (valueBytes === 1)) return undefined;
  const isBig = order === ">";
  const bits = 8 * valueBytes;
  return {
    name: `${kind.name}${bits}${isBig ? " in big-endian order" : ""}`,
    dataType: `${kind.dataType}${bits}${valueBytes === 1 ? "" : isBig ? "BE" : "LE"}` as DataType,
    isBoolean: false,
    valueBytes,
  };
}
