// Names come out of files, and files from anywhere: what a terminal would obey is shown instead.

/** Everything but newline and tab: C0, DEL, C1, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** `\u001b` in place of an escape: as JSON writes it, so that JSON stays what it is. */
export function showControls(text: string): string {
  return text.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
