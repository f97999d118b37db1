// Files that appear with the directory that they are in: a run that has made its output directory shows it empty until all is there. They are moved, one by
// one, into a directory of the same name in a hidden one beside it, and that takes the place of the empty one by one rename. A kill before it leaves
// nothing that is seen, and the next run removes what it left.
import { mkdirSync, renameSync, rmdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../errors.js";
import { systemErrorCode } from "../system-error.js";
import { namesIn } from "./made-files.js";
import {
  createPartial,
  listPartials,
  ownNamesOf,
  type PartialDirectory,
  removeAbandoned,
  sweepUnmarked,
} from "./partial-directory.js";
import { publishFile, syncName, syncPath } from "./publish.js";
import { removeFile, thingAt } from "./remove-ours.js";

const KIND = "new directory";
const prefixOf = (into: string) => join(dirname(resolve(into)), `.${basename(resolve(into))}.publishing-`);
const insideOf = (stage: string, into: string) => join(stage, basename(resolve(into)));

export interface Stage {
  /** Moves the files out of the directory `from`. Throws what the system says. */
  fill(from: string): void;
  /** Gives all of it the name that was asked for; what is left is to be removed. Throws InputError when another was quicker, and what the system says. */
  reveal(purpose: string): void;
  /** Removes what was not revealed. Idempotent. */
  remove(): void;
}

/** For the directory `into`, which this run has made. Undefined: something is seen in it by now, or nothing can be made beside it. */
export function openStage(into: string, names: readonly string[]): Stage | undefined {
  if (namesIn(into).some((name) => !name.startsWith("."))) return undefined;
  let outer: PartialDirectory | undefined;
  try {
    outer = createPartial({ kind: KIND, prefix: prefixOf(into), contents: names });
    mkdirSync(insideOf(outer.path, into));
  } catch (error) {
    outer?.remove();
    if (systemErrorCode(error) === undefined) throw error;
    return undefined; // the files appear one after the other then
  }
  return stageIn(outer, into, names);
}

function stageIn(outer: PartialDirectory, into: string, names: readonly string[]): Stage {
  const inside = insideOf(outer.path, into);
  const remove = () => {
    removeInside(inside, names);
    outer.remove();
  };
  return {
    remove,
    fill(from) {
      for (const name of names) renameSync(join(from, name), join(inside, name));
      syncPath(inside);
    },
    reveal(purpose) {
      outer.assertMine(into);
      try {
        renameSync(inside, resolve(into)); // takes the place of an empty one only
      } catch (error) {
        if (systemErrorCode(error) === undefined) throw error;
        // Another run has begun something there, or the disk replaces no directory: one after the other, the record last.
        for (const name of names) {
          if (publishFile(join(inside, name), join(into, name))) continue;
          throw new InputError(
            `${purpose}: expected no ${name}, got another one, made meanwhile. Move it away and run the command again.`,
            { path: join(into, name) },
          );
        }
      }
      syncName(into);
    },
  };
}

/** Removes what killed runs left of theirs beside `into`. What cannot be removed stays: it is in nobody's way. */
export function sweepStages(into: string): void {
  const prefix = prefixOf(into);
  for (const { path, mark, life } of listPartials(prefix)) {
    if (mark?.kind !== KIND || life !== "dead") continue;
    try {
      const inside = insideOf(path, into);
      removeInside(inside, mark.contents);
      if (thingAt(inside) === undefined) removeAbandoned({ path, prefix, mark });
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
    }
  }
  sweepUnmarked(prefix);
}

/** Only files that are ours by name; the directory goes if nothing else is in it. */
function removeInside(inside: string, names: readonly string[]): void {
  if (thingAt(inside) !== "a directory") return;
  const isOwn = ownNamesOf({ contents: names });
  for (const name of namesIn(inside)) {
    if (isOwn(name) && thingAt(join(inside, name)) === "a file") removeFile(join(inside, name));
  }
  try {
    rmdirSync(inside);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error; // something else is in it
  }
}
