// What of the names in a cache is an entry of ours, what it was made from, and who uses it. An entry is a directory with a name that only we give, marked
// as ours, and nothing in it but files of ours.
import fs from "node:fs";
import path from "node:path";
import { MANIFEST_FILE as CONNECTIVITY_MANIFEST, connectivityManifest } from "../../connectivity/manifest.js";
import { isPreparedConnectivity } from "../../connectivity/publish-connectivity.js";
import { diskClock } from "../../publish/disk-clock.js";
import { usersOf } from "../../publish/in-use.js";
import { holderOf } from "../../publish/lock.js";
import { lifeOf, parseId } from "../../publish/maker.js";
import { listPartials, ownNamesOf } from "../../publish/partial-directory.js";
import { findForeign } from "../../publish/remove-ours.js";
import { describeCheckpoint, isCheckpoint } from "../../results/checkpoint.js";
import { JOURNAL_FILE, readJournal } from "../../store/journal.js";
import { readManifest } from "../../store/open-store.js";
import { isStore } from "../../store/publish-store.js";
import { formatCount } from "../../units.js";

export interface CacheEntry {
  readonly kind: "store" | "connectivity" | "checkpoint" | "unfinished store" | "unfinished connectivity";
  /** In the cache directory. */
  readonly name: string;
  readonly bytes: number;
  /** For people: `FD of 40 subjects in /data/fd`. */
  readonly madeFrom: string;
  readonly lastUsed: Date;
  /** The process that is writing it now. */
  readonly writer: CacheUser | undefined;
  /** Processes that use it now. */
  readonly users: readonly CacheUser[];
}

export interface CacheUser {
  readonly host: string;
  readonly pid: number;
}

/** 24 hexadecimal digits of a hash: inputs/cached-input.ts, connectivity/prepare-connectivity.ts and results/checkpoint.ts. */
const NAME = /^([0-9a-f]{24}\.(fxs|fxc|fxr))(?:\.(partial|replaced)-(.*))?$/;
/** Locks and marks of use, which belong to entries. */
const BESIDE = /^([0-9a-f]{24}\.fx[scr])\.(?:lock(?:\.next)*(?:\.draft-.*)?|used-.*)$/;
const WHAT = { fxs: "store", fxc: "connectivity", fxr: "checkpoint" } as const;
const IS_OURS = { store: isStore, connectivity: isPreparedConnectivity, checkpoint: isCheckpoint } as const;

/** `KEY.fxs` of everything that is named after it. */
export function targetOf(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}

/** `KEY.fxs` of a lock or a mark of use. */
export function targetOfBeside(cache: string, name: string): string | undefined {
  const target = BESIDE.exec(name)?.[1];
  const stat = fs.lstatSync(path.join(cache, name), { throwIfNoEntry: false });
  return stat === undefined || stat.isFile() ? target : undefined; // gone by now, or a file
}

/** Undefined: not ours. */
export function recogniseEntry(cache: string, name: string): CacheEntry | undefined {
  const [, target, ending, suffix, id] = NAME.exec(name) ?? [];
  if (target === undefined) return undefined;
  const what = WHAT[ending as keyof typeof WHAT];
  const entry = path.join(cache, name);
  if (suffix === "partial")
    return what === "checkpoint"
      ? undefined
      : recognisePartial(entry, `${path.join(cache, target)}.partial-`, name, what);
  const maker = id === undefined ? undefined : parseId(id);
  if (suffix !== undefined && maker === undefined) return undefined;
  if (!IS_OURS[what](entry)) return undefined;
  const size = measure(entry);
  if (size === undefined) return undefined;
  const isBeingReplaced = maker !== undefined && lifeOf(maker, size.lastUsed.getTime(), diskClock(cache)) !== "dead";
  return {
    ...{ kind: what, name, ...size },
    madeFrom: DESCRIBE[what](entry) ?? "unknown",
    writer: maker === undefined ? holderOf(path.join(cache, target)) : isBeingReplaced ? maker : undefined,
    users: usersOf(path.join(cache, target)),
  };
}

function recognisePartial(
  entry: string,
  prefix: string,
  name: string,
  what: "store" | "connectivity",
): CacheEntry | undefined {
  const found = listPartials(prefix).find((partial) => partial.path === path.resolve(entry));
  if (found?.mark?.kind !== what || findForeign(entry, ownNamesOf(found.mark)) !== undefined) return undefined;
  const size = measure(entry);
  if (size === undefined) return undefined;
  return {
    ...{ kind: `unfinished ${what}`, name, ...size },
    madeFrom: (what === "store" ? describeJournal(entry) : undefined) ?? "unknown",
    writer: found.life === "dead" ? undefined : found.maker,
    users: [],
  };
}

/** Undefined: it is gone. */
function measure(entry: string): { bytes: number; lastUsed: Date } | undefined {
  const stat = fs.lstatSync(entry, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  let bytes = 0;
  for (const file of fs.readdirSync(entry))
    bytes += fs.lstatSync(path.join(entry, file), { throwIfNoEntry: false })?.size ?? 0;
  return { bytes, lastUsed: stat.mtime };
}

function describeJournal(entry: string): string | undefined {
  const plan = readJournal(path.join(entry, JOURNAL_FILE))?.plan;
  const first = plan?.inputs[0]?.path;
  return first === undefined
    ? undefined
    : `${plan?.scalar} of ${formatCount(plan!.nSubjects, "subjects")} in ${path.dirname(first)}`;
}

function describeStore(entry: string): string | undefined {
  try {
    const { scalars, nSubjects, nElements } = readManifest(entry);
    const [[scalar, { sources }]] = Object.entries(scalars) as [[string, (typeof scalars)[string]]];
    return `${scalar} of ${formatCount(nSubjects, "subjects")} x ${formatCount(nElements, "fixels")} in ${path.dirname(sources[0]!.path)}`;
  } catch {
    return undefined; // of another version, or damaged
  }
}

function describeConnectivity(entry: string): string | undefined {
  try {
    const json = JSON.parse(fs.readFileSync(path.join(entry, CONNECTIVITY_MANIFEST), "utf8"));
    const { nElements, nFixels, exponent, sources } = connectivityManifest().parse(json);
    const masked = nElements < nFixels ? `${nElements} of ${nFixels} fixels (-mask)` : formatCount(nFixels, "fixels");
    return `matrix of ${masked}, -cfe_c ${exponent}, from ${path.dirname(sources.fixels.path)}`;
  } catch {
    return undefined;
  }
}

function describeRun(entry: string): string | undefined {
  const found = describeCheckpoint(entry);
  if (found === undefined) return undefined;
  const { mark, end } = found;
  const part = mark.first === 0 ? "" : ` (a part, from ${mark.first})`;
  return `shuffle ${end} of ${mark.end}${part} of: ${mark.command}`;
}

const DESCRIBE = { store: describeStore, connectivity: describeConnectivity, checkpoint: describeRun } as const;
