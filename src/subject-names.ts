// Which names mean the same subject: a list, a table, a store and a folder name subjects each in their own way. Pure.

/** Endings of files that hold a subject's values. */
const ENDING = /\.(mif|mih|nii|txt|csv|tsv|npy)(\.gz)?$/i;
/** Names searched as parts of others; beyond it takes too long. */
const MOST_SEARCHED = 5000;

const cleaned = (name: string) => name.trim().replace(/^"(.*)"$/, "$1");
const partsOf = (name: string) => cleaned(name).split(/[/\\]+/);
const baseOf = (name: string) => partsOf(name).at(-1)!;
const stemOf = (name: string) => baseOf(name).replace(ENDING, "");

/** Ways to write a name, the closest first. */
const KEYS: readonly ((name: string) => string)[] = [
  (name) => name,
  cleaned,
  (name) => partsOf(name).slice(-2).join("/"),
  baseOf,
  stemOf,
];

/** Place in `names`; `none`: no name is meant; `several`: more than one may be. */
export type NameMatch = number | "none" | "several";

/**
 * For each of `wanted` the one of `names` that it means: the same text, else the same base name, with its ending or without. Of several that fit equally
 * none is chosen.
 */
export function matchNames(wanted: readonly string[], names: readonly string[]): NameMatch[] {
  const placesBy = KEYS.map((key) => placesOf(names.map((name) => [key(name)])));
  return wanted.map((name) => firstUnique(KEYS.map((key, i) => placesBy[i]!.get(key(name)))));
}

/**
 * As matchNames; also a folder of the path, a part of it that ends where a word ends (`sub-01` means `ses-1/sub-01_fd.mif`), or a number that the base name
 * has, with zeros in front or without (`1` means `sub-01.mif`).
 */
export function matchSubjects(wanted: readonly string[], names: readonly string[]): NameMatch[] {
  const close = matchNames(wanted, names);
  const byPart = placesOf(names.map((name) => [...new Set(partsOf(name).map((part) => part.replace(ENDING, "")))]));
  const byNumber = placesOf(
    names.map((name) => [...new Set((stemOf(name).match(/\d+/g) ?? []).map(Number).map(String))]),
  );
  const isSearchable = names.length <= MOST_SEARCHED;
  return close.map((found, i) => {
    if (typeof found === "number") return found;
    const name = cleaned(wanted[i]!);
    const containing = isSearchable ? names.flatMap((other, place) => (containsWord(other, name) ? [place] : [])) : [];
    const loose = firstUnique([
      byPart.get(name),
      containing.length === 0 ? undefined : containing,
      /^\d+$/.test(name) ? byNumber.get(String(Number(name))) : undefined,
    ]);
    return loose === "none" ? found : loose;
  });
}

/** Places by key, in the order of the keys' first; a name may have several. */
export function placesOf(keysOfNames: readonly (readonly string[])[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [place, keys] of keysOfNames.entries()) {
    for (const key of keys) {
      const known = places.get(key);
      if (known === undefined) places.set(key, [place]);
      else known.push(place);
    }
  }
  return places;
}

function firstUnique(candidates: readonly (readonly number[] | undefined)[]): NameMatch {
  for (const places of candidates) if (places?.length === 1) return places[0]!;
  return candidates.some((places) => places !== undefined) ? "several" : "none";
}

const isWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}]/u.test(char);

function containsWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!isWord(text[at - 1]) && !isWord(text[at + word.length])) return true;
  return false;
}

/**
 * A key for each name, by which the lists (one a scalar) have the same subjects: what tells the names of a list apart, or BIDS' sub- and ses-. Undefined:
 * in no way do all lists have the same keys, each once.
 */
export function keysInCommon(lists: readonly NamedList[]): string[][] | undefined {
  for (const keysOf of KEY_FORMS) {
    const keys = lists.map(keysOf);
    if (keys.every((list) => isSameSet(keys[0]!, list))) return keys;
  }
  return undefined;
}

export interface NamedList {
  /** What the list is for, which paths may contain. */
  readonly scalar: string;
  readonly names: readonly string[];
}

const KEY_FORMS: readonly ((list: NamedList) => string[])[] = [
  ({ names }) => names.map(cleaned),
  ({ names }) => names.map(baseOf),
  ({ names }) => whatDiffers(names.map(stemOf)),
  ({ names }) => whatDiffers(names.map(cleaned)),
  ({ names }) => names.map(bidsKey),
  ({ names, scalar }) => whatDiffers(names.map((name) => cleaned(name).replaceAll(scalar, ""))),
];

function bidsKey(name: string): string {
  const entity = (label: string) => new RegExp(`${label}-([A-Za-z0-9]+)`).exec(name)?.[1] ?? "";
  return JSON.stringify(["sub", "ses", "run"].map(entity));
}

/** Names without what all of them begin with, and then without what all of those end with. */
function whatDiffers(names: readonly string[]): string[] {
  const shared = (texts: readonly string[], at: (text: string, i: number) => string | undefined): number => {
    const [first = "", ...others] = texts;
    let length = first.length;
    for (const text of others) {
      let same = 0;
      while (same < length && same < text.length && at(text, same) === at(first, same)) same++;
      length = same;
    }
    return length;
  };
  const start = shared(names, (text, i) => text[i]);
  const rests = names.map((name) => name.slice(start));
  const end = shared(rests, (text, i) => text.at(-1 - i));
  return rests.map((rest) => rest.slice(0, rest.length - end));
}

function isSameSet(expected: readonly string[], keys: readonly string[]): boolean {
  const known = new Set(expected);
  return known.size === expected.length && keys.length === expected.length && new Set(keys).size === keys.length
    ? keys.every((key) => known.has(key))
    : false;
}

/** The first place at which two orders of the same keys differ; -1: nowhere. */
export const firstDifference = (expected: readonly string[], keys: readonly string[]): number =>
  keys.findIndex((key, i) => key !== expected[i]);

/** At most `most` of them, for messages. */
export function listNames(names: readonly string[], most = 5): string {
  const rest = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${rest}`;
}

/** `t1`, `t1 and t2`, `t1, t2 and F1`. */
export function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
