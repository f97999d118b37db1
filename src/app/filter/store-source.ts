// A store as the source of a filter: blocks of columns of a group of its subjects.
import { crc32 } from "node:zlib";
import { InputError, UsageError } from "../../errors.js";
import { placeWarnings } from "../../formats/place-warnings.js";
import { type UseMark, useEntry } from "../../publish/in-use.js";
import { countBlocks } from "../../store/block-width.js";
import { openColumnSource } from "../../store/open-column-source.js";
import { openStore, type Store } from "../../store/open-store.js";
import { createTurns } from "../../turns.js";
import type { Warning } from "../../warnings.js";
import { uncheckedWarnings } from "../inputs/input-source.js";
import type { CohortSource } from "./source.js";

const DEFAULT_SCALAR = "FD";

/** Throws UsageError (no such scalar), InputError (not a store of fixels, damaged). */
export function openStoreSource(
  path: string,
  wanted: string | undefined,
  {
    onWarning,
    signal,
  }: { readonly onWarning?: ((warning: Warning) => void) | undefined; readonly signal?: AbortSignal | undefined },
): CohortSource {
  const use: UseMark = useEntry(path); // whoever replaces it meanwhile keeps this one until then
  try {
    const store = openStore(path, { io: "read" });
    const scalar = scalarOf(store, wanted);
    const { template, nSubjects, nElements: nFixels, blockWidth } = store;
    if (template === undefined) {
      throw new InputError(
        `Cannot filter ${path}: expected a store of fixels, got one of kind ${store.manifest.kind}. Connections are of fixels.`,
        { path },
      );
    }
    store.checkTemplate();
    for (const warning of [...uncheckedWarnings(store), ...placeWarnings(path, template)]) onWarning?.(warning);
    const turns = createTurns(signal);
    const spec = store.spec(scalar);
    const valueBytes = spec.elementType === "f32" ? 4 : 8;
    /** Blocks whose checksum was compared. */
    const checked = new Uint8Array(countBlocks(nFixels, blockWidth));
    return {
      ...{ nSubjects, nFixels, template, path, dataPath: spec.path, scalar },
      subjectNames: store.subjectNames(scalar),
      assertUnchanged: () => store.assertSame(),
      rowBytes: 0,
      otherBytes: nSubjects * Math.min(blockWidth, nFixels) * valueBytes + 2 ** 18,
      async read(first, count, take) {
        const rows = Array.from({ length: count }, (_, i) => first + i);
        const source = openColumnSource({ ...spec, rows });
        const Values = valueBytes === 4 ? Float32Array : Float64Array;
        const crcs = new Array<number>(count).fill(0);
        try {
          const buffer = new ArrayBuffer(count * Math.min(blockWidth, nFixels) * valueBytes);
          for (let start = 0, iBlock = 0; start < nFixels; start += blockWidth, iBlock++) {
            if (turns.isDue()) await turns.take();
            const n = Math.min(blockWidth, nFixels - start);
            const bytes = new Uint8Array(buffer, 0, count * n * valueBytes);
            source.copyColumnsInto(bytes, start, n);
            if (checked[iBlock] === 0) source.checkBlocks(iBlock, iBlock + 1, bytes, start);
            checked[iBlock] = 1;
            for (let i = 0; i < count; i++)
              crcs[i] = crc32(bytes.subarray(i * n * valueBytes, (i + 1) * n * valueBytes), crcs[i]);
            const values = new Values(buffer, 0, count * n);
            take({ firstRow: 0, nRows: count, firstFixel: start, nFixels: n, values });
          }
        } finally {
          source.close();
        }
        return crcs;
      },
      close: () => use.release(),
    };
  } catch (error) {
    use.release();
    throw error;
  }
}

function scalarOf(store: Store, wanted: string | undefined): string {
  if (wanted === undefined && store.scalarNames.length === 1) return store.scalarNames[0]!;
  const name = wanted ?? DEFAULT_SCALAR;
  if (store.scalarNames.includes(name)) return name;
  throw new UsageError(
    `Cannot use scalar ${name}: ${store.path} holds ${store.scalarNames.join(", ")}. Choose one with --scalar.`,
  );
}
