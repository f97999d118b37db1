// Names that become files and keys: of scalars and analyses, typed or out of a file.

/** Bytes. File systems take 255, and an ending comes behind. */
const LONGEST = 200;
/** Separators, and what a terminal obeys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[/\\\u0000-\u001f\u007f-\u009f]/;

/** A name inside a directory on every system, hidden nowhere, and a key that JavaScript does not take for something else. */
export function isPlainName(name: string): boolean {
  if (name === "" || name.startsWith(".") || name === "__proto__" || FORBIDDEN.test(name)) return false;
  return Buffer.byteLength(name) <= LONGEST && !/\p{Surrogate}/u.test(name);
}
