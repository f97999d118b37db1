// A store of filtered values: subjects, scalar and template are those of the store that they were made of. A killed run is continued by the same command.
import { basename, resolve } from "node:path";
import { planRuns } from "../../../converters/plan-groups.js";
import { describeInput } from "../../../converters/subject-files.js";
import { UsageError } from "../../errors.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { imageKindOf } from "../../formats/image.js";
import { blockWidthFor } from "../../store/block-width.js";
import { beginStoreBuild, type StoreBuild, type StoreBuildPlan } from "../../store/build-store.js";
import { assertOutputFree, claimStore } from "../../store/claim-store.js";
import { cutRow } from "../../store/cut-row.js";
import { type RowGroup, rowGroupBytes } from "../../store/row-group.js";
import type { CohortSource, FilterTarget } from "./source.js";

export interface StoreTargetInputs {
  /** As typed. */
  readonly output: string;
  readonly source: CohortSource;
  /** All that the values depend on beside the source: only a run of the same is continued. */
  readonly recipe: string;
  readonly command: string;
  readonly force: boolean;
}

/** Bytes of rows that are written together. */
const ROWS_BYTES = 8 * 2 ** 20;
const STAGING_BYTES = 2 ** 20;

/** Throws UsageError, InputError: output is the input, exists, or is being written by another. */
export function openStoreTarget({ output, source, recipe, command, force }: StoreTargetInputs): FilterTarget {
  const { scalar, nSubjects, nFixels, template } = source;
  if (imageKindOf(output) !== undefined || isHdf5Path(output)) {
    throw new UsageError(
      `Cannot write ${output}: expected the name of a store such as smooth.fxs, as the input is ${isHdf5Path(source.path) ? "a cohort in an .h5" : "a store"}, got that of a file. Correct the name.`,
    );
  }
  if (resolve(output) === resolve(source.path))
    throw new UsageError(`Cannot write ${output}: it is the input. Give the output another name.`);
  assertOutputFree(output, force);
  const claim = {
    ...claimStore(output),
    assertUnchanged: async () => source.assertUnchanged(),
  };
  const shape = { nSubjects, nElements: nFixels, blockWidth: blockWidthFor(nSubjects), elementType: "f32" as const };
  const data = describeInput(scalar, source.dataPath);
  const plan: StoreBuildPlan = {
    ...{ output, replace: force, kind: "fixel", scalar, shape, command, recipe, claim },
    sources: source.subjectNames.map((name) => ({ ...data, name })),
    template: {
      index: describeInput(basename(template.indexPath), template.indexPath),
      directions: describeInput(basename(template.directionsPath), template.directionsPath),
    },
  };
  const placedBytes = rowGroupBytes(shape, 1);
  const together = Math.max(1, Math.min(nSubjects, Math.floor(ROWS_BYTES / placedBytes)));
  let build: StoreBuild | undefined;
  let group: RowGroup | undefined;
  let runs: { first: number; count: number }[] = [];
  let crcs: number[] = [];

  /** Rows are placed in the order of the runs; those of one run that fit are written together. */
  const begin = (subject: number) => {
    const run = runs.find(({ first, count }) => subject >= first && subject < first + count)!;
    group!.begin(subject, Math.min(together, run.first + run.count - subject));
    crcs = [];
  };
  return {
    rowBytes: Math.ceil((together * placedBytes) / nFixels),
    otherBytes: STAGING_BYTES,
    async open(groupSize) {
      build = beginStoreBuild(plan, STAGING_BYTES);
      await build.checkResumed();
      group = build.createGroup(new Uint8Array(new ArrayBuffer(rowGroupBytes(shape, together))));
      runs = planRuns(build.written, groupSize);
      return runs;
    },
    async write(subject, row, sourceCrc32) {
      if (crcs.length === 0) begin(subject);
      group!.place(subject, cutRow(shape, new Uint8Array(row.buffer, row.byteOffset, row.byteLength)));
      crcs.push(sourceCrc32);
      if (crcs.length < group!.count) return;
      await build!.writeGroup(group!, crcs);
      crcs = [];
    },
    async publish() {
      await build!.finish();
    },
    async close() {
      await build?.close();
      claim.lock.release();
    },
  };
}
