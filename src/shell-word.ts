// A name as one word of a command line that a user may copy into a POSIX shell.

/** `my file.h5`: `'my file.h5'`. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
