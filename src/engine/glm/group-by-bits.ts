// Which elements of a block have the same observations: bits of those that they lack, as the kernels mark them.
import { missingWords } from "../plan/regions.js";

export interface KeptRows {
  /** u8 [n]: 1 where an observation counts. */
  readonly keep: Uint8Array;
  /** Those that do not; ascending. */
  readonly missing: Int32Array;
  readonly isComplete: boolean;
}

/** Elements with the same observations, and which those lack: bits, in place until the next block is loaded. */
export interface Members {
  /** Ascending. */
  readonly members: readonly number[];
  readonly bits: Uint32Array;
  /** Of the bits; 0 where all observations are there. */
  readonly hash: number;
}

/**
 * Elements with the same bits, in the order of the first of them. `slots`: of each element; `members`: what it is called, absent: its place among them. `lacking`
 * u32 [slots][words of n bits]; undefined: none is set.
 */
export function groupByBits(
  lacking: Uint32Array | undefined,
  slots: ArrayLike<number>,
  { n, members: named }: { readonly n: number; readonly members?: ArrayLike<number> },
): Members[] {
  const words = missingWords(n);
  const groups: { readonly members: number[]; readonly slot: number; readonly hash: number }[] = [];
  const ofHash = new Map<number, number[]>();
  const isSame = (a: number, b: number) => {
    for (let word = 0; word < words; word++)
      if (lacking![a * words + word] !== lacking![b * words + word]) return false;
    return true;
  };
  // neighbours have the same more often than not
  let last: (typeof groups)[number] | undefined;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    const member = named === undefined ? i : named[i]!;
    if (last !== undefined && (lacking === undefined || isSame(last.slot, slot))) {
      last.members.push(member);
      continue;
    }
    let hash = 0;
    if (lacking !== undefined) {
      for (let at = slot * words; at < (slot + 1) * words; at++)
        hash = Math.imul((hash ^ lacking[at]!) >>> 0, 0x9e3779b1) ^ (hash >>> 15);
    }
    const known = ofHash.get(hash) ?? [];
    const found = known.find((g) => isSame(groups[g]!.slot, slot));
    last = found === undefined ? { members: [], slot, hash } : groups[found]!;
    last.members.push(member);
    if (found !== undefined) continue;
    known.push(groups.length);
    ofHash.set(hash, known);
    groups.push(last);
  }
  const none = new Uint32Array(words);
  return groups.map(({ members, slot, hash }) => {
    const bits = lacking?.subarray(slot * words, (slot + 1) * words) ?? none;
    return { members, bits, hash };
  });
}

/** The bits as text, 16 a character; empty where none is set. */
export function keyOf(bits: Uint32Array): string {
  if (!bits.some((word) => word !== 0)) return "";
  const characters: number[] = [];
  for (const word of bits) characters.push(word & 0xffff, word >>> 16);
  // at once: piece by piece it would be a tree of thousands of texts
  return String.fromCharCode(...characters);
}

export function keptRows(bits: Uint32Array, n: number): KeptRows {
  const keep = new Uint8Array(n).fill(1);
  const missing: number[] = [];
  for (const [word, all] of bits.entries()) {
    let i = word * 32;
    for (let rest = all; rest !== 0; rest >>>= 1, i++) {
      if ((rest & 1) === 0) continue;
      keep[i] = 0;
      missing.push(i);
    }
  }
  return { keep, missing: Int32Array.from(missing), isComplete: missing.length === 0 };
}
