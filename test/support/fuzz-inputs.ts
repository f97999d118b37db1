// Hostile bytes: raw ones, and valid ones with a few mutations, so that the deeper checks are reached too.
import fc from "fast-check";

/** Numbers that parsers stumble over, as text. */
const EVIL_NUMBERS = [
  ...["0", "-0", "1", "-1", "+1", "2", "3", "7", "16", "255", "256", "32768", "65535", "65536", "1000000"],
  ...["2147483647", "2147483648", "4294967295", "4294967296", "2000000000", "9007199254740991", "9007199254740992"],
  ...["99999999999999999999999999", "1e308", "1e400", "-1e400", "1e-400", "1.5", ".5", "5.", "0x10", "1_000", "1e"],
  ...["nan", "NaN", "inf", "-inf", "Infinity", "١٢", "", " ", "--1", "1,2", "true", "null", "[]", "{}"],
];
/** Bit patterns that mean something to somebody. */
const EVIL_BYTES = [
  ...[[0], [255], [127], [128], [10], [13], [0, 0, 0, 0], [255, 255, 255, 255], [255, 255, 255, 127], [0, 0, 0, 128]],
  ...[
    [0, 0, 192, 127],
    [0, 0, 128, 127],
    [0, 0, 0, 0, 0, 0, 240, 127],
    [255, 255, 255, 255, 255, 255, 255, 127],
  ],
  ...[
    [0, 1],
    [1, 0],
    [255, 127],
    [0, 128],
    [0xef, 0xbb, 0xbf],
    [0x1f, 0x8b],
    [0xed, 0xa0, 0x80],
    [92, 117],
  ],
].map((bytes) => Uint8Array.from(bytes));

/** A place as a share, so that an edit means something whatever the length. */
// Not fc.double: half of its values are below 1e-150, the first byte of everything; and fast-check likes small numbers.
const place = fc.noBias(fc.nat(2 ** 20 - 1)).map((at) => at / 2 ** 20);

type ByteEdit =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "truncate"; readonly at: number }
  | { readonly kind: "overwrite" | "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "remove" | "repeat"; readonly at: number; readonly count: number };

const someBytes = fc.oneof(fc.constantFrom(...EVIL_BYTES), fc.uint8Array({ minLength: 1, maxLength: 8 }));
/** Nothing moves: for headers whose fields have fixed places. */
const byteEditInPlace: fc.Arbitrary<ByteEdit> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("overwrite" as const), at: place, bytes: someBytes }),
);
const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("overwrite" as const, "insert" as const),
      at: place,
      bytes: someBytes,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("remove" as const, "repeat" as const), at: place, count: fc.nat(64) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("truncate" as const), at: place }) },
);

function editBytes(bytes: Uint8Array, edit: ByteEdit): Uint8Array {
  const at = Math.min(Math.floor(edit.at * bytes.length), Math.max(0, bytes.length - 1));
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (edit.kind) {
    case "flip": {
      const copy = Uint8Array.from(bytes); // not slice(): that of a Buffer is a view
      if (copy.length > 0) copy[at]! ^= 1 << edit.bit;
      return copy;
    }
    case "truncate":
      return head;
    case "overwrite":
      return Buffer.concat([head, edit.bytes, tail.subarray(edit.bytes.length)]);
    case "insert":
      return Buffer.concat([head, edit.bytes, tail]);
    case "remove":
      return Buffer.concat([head, tail.subarray(edit.count)]);
    case "repeat":
      return Buffer.concat([head, tail.subarray(0, edit.count), tail]);
  }
}

/** One of `valid` with up to four mutations; or, now and then, nothing but noise. Mutations fall into the first `within` bytes (default: anywhere). */
export function mutatedBytes(
  valid: readonly Uint8Array[],
  within = Number.POSITIVE_INFINITY,
): fc.Arbitrary<Uint8Array> {
  const mutatedBy = (edit: fc.Arbitrary<ByteEdit>) =>
    fc.tuple(fc.constantFrom(...valid), fc.array(edit, { maxLength: 4 })).map(([bytes, edits]) => {
      const head = bytes.subarray(0, within);
      return Buffer.concat([edits.reduce(editBytes, head), bytes.subarray(head.length)]);
    });
  return fc.oneof(
    { weight: 8, arbitrary: mutatedBy(byteEditInPlace) },
    { weight: 4, arbitrary: mutatedBy(byteEdit) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
  );
}

type TextEdit =
  | { readonly kind: "number"; readonly at: number; readonly text: string }
  | { readonly kind: "drop" | "double"; readonly at: number }
  | { readonly kind: "swap"; readonly at: number; readonly with: number }
  | { readonly kind: "line" | "paste"; readonly at: number; readonly text: string };

function textEdit(lines: readonly string[]): fc.Arbitrary<TextEdit> {
  const text = fc.oneof(
    fc.constantFrom(...EVIL_NUMBERS),
    fc.string({ maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.constantFrom("\r", "\t", "\0", "\ufeff", ",", ";", "#", ":", "\\", '"', "../", "/", "__proto__", "[1-3]"),
  );
  // Long enough that a parser which looks at every pair of characters does not answer in time.
  const run = fc
    .constantFrom(" ", "1", ",", "[", ".", "\t", "-", "a", "\\")
    .map((character) => character.repeat(50_000));
  return fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("paste" as const), at: place, text: run }) },
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant("number" as const), at: place, text: fc.constantFrom(...EVIL_NUMBERS) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("drop" as const, "double" as const), at: place }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("swap" as const), at: place, with: place }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("line" as const), at: place, text: fc.constantFrom(...lines, "") }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("paste" as const), at: place, text }) },
  );
}

function editText(text: string, edit: TextEdit): string {
  const lines = text.split("\n");
  const line = Math.min(Math.floor(edit.at * lines.length), lines.length - 1);
  switch (edit.kind) {
    case "number": {
      const numbers = [...text.matchAll(/[+-]?\d+(\.\d+)?/g)];
      const found = numbers[Math.min(Math.floor(edit.at * numbers.length), numbers.length - 1)];
      if (found === undefined) return text + edit.text;
      return text.slice(0, found.index) + edit.text + text.slice(found.index + found[0].length);
    }
    case "drop":
      return lines.toSpliced(line, 1).join("\n");
    case "double":
      return lines.toSpliced(line, 0, lines[line]!).join("\n");
    case "swap": {
      const other = Math.min(Math.floor(edit.with * lines.length), lines.length - 1);
      return lines.with(line, lines[other]!).with(other, lines[line]!).join("\n");
    }
    case "line":
      return lines.toSpliced(line, 0, edit.text).join("\n");
    case "paste": {
      const at = Math.floor(edit.at * text.length);
      return text.slice(0, at) + edit.text + text.slice(at);
    }
  }
}

/** One of `valid` with up to five mutations of numbers and lines; or any text. `lines` may be put in anywhere. */
export function mutatedText(valid: readonly string[], lines: readonly string[] = []): fc.Arbitrary<string> {
  const mutated = fc
    .tuple(fc.constantFrom(...valid), fc.array(textEdit(lines), { maxLength: 5 }))
    .map(([text, edits]) => edits.reduce(editText, text));
  const noise = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: "binary", maxLength: 60 }));
  return fc.oneof({ weight: 12, arbitrary: mutated }, { weight: 1, arbitrary: noise });
}

/** Text mutations, byte mutations or both. */
export function mutatedFile(valid: readonly string[], lines: readonly string[] = []): fc.Arbitrary<Uint8Array> {
  const bytes = mutatedText(valid, lines).map((text) => Buffer.from(text));
  return fc.oneof(
    { weight: 3, arbitrary: bytes },
    { weight: 1, arbitrary: mutatedBytes(valid.map((text) => Buffer.from(text))) },
  );
}
