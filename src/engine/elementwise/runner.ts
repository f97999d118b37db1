// One thread's part of a model of all elements: a piece is read, turned to one element after the other, and fitted.

import type { Fallback } from "../../mapping/file-bytes.js";
import { createElementModel } from "../../stats/elementwise/element-model.js";
import type { ColumnSource } from "../../store/column-source.js";
import { openColumnSource } from "../../store/open-column-source.js";
import type { Runner } from "../seams.js";
import type { ElementwiseOrder, ElementwiseReport, ElementwiseSetup } from "./job.js";
import { rangeOfPiece } from "./plan.js";

/** Elements turned together: their values lie side by side in what is read. */
const TILE = 16;

export function createElementwiseRunner(
  setup: ElementwiseSetup,
  onFallback: (fallback: Fallback) => void,
): Runner<ElementwiseOrder, ElementwiseReport> {
  const { sources: specs, chosen, pieceElements } = setup;
  const model = createElementModel(setup.model);
  const nSubjects = setup.model.table.nRows;
  const { nElements } = specs[0]!;
  const nStatistics = model.statistics.length;
  const results = new Float64Array(setup.results);
  const out = new Float64Array(nStatistics);
  const sources: (ColumnSource | undefined)[] = specs.map(() => undefined);
  const raw = specs.map(({ elementType }) => {
    const n = nSubjects * pieceElements;
    return elementType === "f32" ? new Float32Array(n) : new Float64Array(n);
  });
  const tiles = specs.map(() => Array.from({ length: TILE }, () => new Float64Array(nSubjects)));
  const given = Array.from({ length: TILE }, (_, t) => tiles.map((tile) => tile[t]!));
  const report: ElementwiseReport = {
    ...{ nFitted: 0, nTooFew: 0, nUnusable: 0, nPerfect: 0, bytesRead: 0 },
    firstReason: undefined,
  };

  function read(first: number, count: number): void {
    for (const [s, spec] of specs.entries()) {
      sources[s] ??= openColumnSource(spec, onFallback);
      const source = sources[s]!;
      const values = raw[s]!;
      const bytes = new Uint8Array(values.buffer, 0, nSubjects * count * values.BYTES_PER_ELEMENT);
      source.copyColumnsInto(bytes, first, count);
      report.bytesRead += bytes.byteLength;
      if (spec.layout !== "blocked") continue;
      // a block is compared with the piece that its first element is in
      const width = spec.blockWidth;
      source.checkBlocks(Math.ceil(first / width), Math.ceil((first + count) / width), bytes, first);
    }
  }

  return {
    report,
    begin() {
      Object.assign(report, {
        nFitted: 0,
        nTooFew: 0,
        nUnusable: 0,
        nPerfect: 0,
        bytesRead: 0,
        firstReason: undefined,
      });
    },
    *run({ firstPiece, firstChosen, nChosen }, piece) {
      const range = rangeOfPiece(firstPiece + piece, pieceElements, nElements, chosen);
      const { first, count } = range;
      if (range.nChosen === 0) return;
      read(first, count);
      for (let start = 0; start < range.nChosen; start += TILE) {
        const together = Math.min(TILE, range.nChosen - start);
        for (let t = 0; t < together; t++) {
          const at = range.firstChosen + start + t;
          const column = (chosen === undefined ? at : chosen[at]!) - first;
          for (let s = 0; s < raw.length; s++) {
            const values = raw[s]!;
            const target = tiles[s]![t]!;
            for (let i = 0; i < nSubjects; i++) target[i] = values[i * count + column]!;
          }
        }
        for (let t = 0; t < together; t++) {
          const outcome = model.fit(given[t]!, out);
          if (outcome === "tooFew") report.nTooFew++;
          else if (outcome === "unusable") report.nUnusable++;
          else report.nFitted++;
          if (outcome === "perfect") report.nPerfect++;
          const at = range.firstChosen + start + t - firstChosen;
          for (let k = 0; k < nStatistics; k++) results[k * nChosen + at] = out[k]!;
        }
        yield;
      }
      report.firstReason = model.firstReason;
    },
    close() {
      for (const source of sources) source?.close();
    },
  };
}
