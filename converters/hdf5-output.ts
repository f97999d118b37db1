// A ModelArray file as an output: made in a partial directory beside it, one writer at a time, and given its name when it is whole. What has the name
// already is replaced only if it is a file of ours.
import fs from "node:fs";
import path from "node:path";
import { InputError, isFixelstreamError } from "../src/errors.js";
import { COMPLETE_MARKER } from "../src/formats/hdf5/modelarray-layout.js";
import { openHdf5 } from "../src/formats/hdf5/open.js";
import { identityOf } from "../src/publish/file-identity.js";
import { sweepLock } from "../src/publish/lock.js";
import { createPartial, type PartialDirectory, sweepAbandoned } from "../src/publish/partial-directory.js";
import { publishFile, syncPath } from "../src/publish/publish.js";
import { thingAt } from "../src/publish/remove-ours.js";
import { asRefusal, assertPlaceFor, claimStore, reportingWrites } from "../src/store/claim-store.js";

export interface Hdf5Target {
  /** Where the file is made. */
  readonly partialPath: string;
  /** For a file needed meanwhile. */
  readonly scratchPath: string;
}

interface Hdf5Output extends Hdf5Target {
  /** Throws InputError when something else has the name by now. */
  publish(): void;
  /** Idempotent. */
  discard(): void;
}

/** `new`: nothing has the name. `replace`: a file of ours may have it. `add`: a file has it, and what is published is that and more. */
export type Hdf5OutputMode = "new" | "replace" | "add";

const KIND = "hdf5";
const partialPrefixOf = (output: string) => `${path.resolve(output)}.partial-`;
const CONTENTS = ["values.h5", "values.h5.values", "chunk"] as const;

/** Throws InputError: the output cannot be made, or is not ours to replace. To be called before long work. */
export async function assertHdf5Free(output: string, mode: Hdf5OutputMode): Promise<void> {
  assertPlaceFor(output);
  sweepAbandoned(KIND, partialPrefixOf(output));
  sweepLock(output);
  const thing = reportingWrites(output, () => thingAt(output));
  if (thing === undefined) return;
  if (thing !== "a file") {
    throw new InputError(
      `Cannot write ${output}: expected a new name or a file, got ${thing}. Give another name${thing === "a symbolic link" ? ", or that of the file it leads to" : ""}.`,
      { path: output },
    );
  }
  if (mode === "new") throw existsAlready(output);
  const got = mode === "replace" ? await whatStandsInTheWay(output) : undefined;
  if (got === undefined) return;
  throw new InputError(
    `Cannot replace ${output}: expected a file that fixelstream made, got ${got}. Give another name, or move it away.`,
    { path: output },
  );
}

/** Publishes what `work` makes; nothing is left when it throws. Throws InputError as assertHdf5Free, or when another process writes the output. */
export async function withHdf5Output<T>(
  output: string,
  mode: Hdf5OutputMode,
  work: (target: Hdf5Target) => Promise<T>,
): Promise<T> {
  const target = await openHdf5Output(output, mode);
  try {
    const result = await work(target);
    target.publish();
    return result;
  } catch (cause) {
    throw asRefusal(output, cause);
  } finally {
    target.discard();
  }
}

async function openHdf5Output(output: string, mode: Hdf5OutputMode): Promise<Hdf5Output> {
  const { lock } = claimStore(output);
  let partial: PartialDirectory;
  let before: ReturnType<typeof identityOf>;
  try {
    await assertHdf5Free(output, mode);
    before = reportingWrites(output, () => identityOf(output));
    partial = reportingWrites(output, () =>
      createPartial({ kind: KIND, prefix: partialPrefixOf(output), contents: CONTENTS }),
    );
  } catch (error) {
    lock.release();
    throw error;
  }
  const partialPath = path.join(partial.path, "values.h5");
  const discard = () => {
    partial.remove();
    lock.release();
  };
  return {
    partialPath,
    scratchPath: path.join(partial.path, "chunk"),
    publish() {
      reportingWrites(output, () => {
        syncPath(partialPath);
        partial.assertMine(output);
        lock.assertMine(output);
        if (before === undefined) {
          if (!publishFile(partialPath, output)) throw existsAlready(output);
        } else {
          if (JSON.stringify(identityOf(output)) !== JSON.stringify(before)) throw changedMeanwhile(output);
          fs.renameSync(partialPath, output);
          syncPath(path.dirname(path.resolve(output)));
        }
      });
      discard();
    },
    discard,
  };
}

function existsAlready(output: string): InputError {
  return new InputError(`Cannot write ${output}: it exists. Give another name, or --force to replace it.`, {
    path: output,
  });
}

function changedMeanwhile(output: string): InputError {
  return new InputError(
    `Cannot write ${output}: expected the file as it was when the work began, got another one, changed meanwhile. Run the command again.`,
    { path: output },
  );
}

/** Why it must not be replaced; undefined: a file of ours without results of analyses. */
async function whatStandsInTheWay(output: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof openHdf5>>;
  try {
    file = await openHdf5(output);
  } catch (error) {
    if (!isFixelstreamError(error)) throw error;
    return "one that it did not";
  }
  try {
    if ((await file.readAttribute("/", COMPLETE_MARKER)) === undefined) return "one that it did not";
    const analyses = (await file.kindOf("/results")) === "group" ? await file.namesIn("/results") : [];
    return analyses.length === 0
      ? undefined
      : `one with results of analyses in it (${analyses.slice(0, 3).join(", ")})`;
  } finally {
    await file.close();
  }
}
