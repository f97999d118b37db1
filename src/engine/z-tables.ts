// Tables of thresholds for degrees of freedom that differ between elements, made once in the main thread and read by all. A table costs milliseconds, and
// a statistic without one some ten nanoseconds more (t) or about a microsecond (F): only degrees of freedom that enough statistics have get one.
// Which do changes no bin: stats/glm/fast-z.ts gives the same as a table.

import { largestBin } from "../stats/glm/largest-bin.js";
import type { GlmModel } from "../stats/glm/model.js";
import { createZThresholds, MAX_CELLS } from "../stats/glm/z-thresholds.js";
import type { EngineJob, ZTable } from "./plan/job.js";
import type { Turns } from "./threads/turns.js";

/** Statistics (elements x shuffles) that pay for a table of about 2000 thresholds at 5 us. */
const WORTH_A_TABLE = { t: 2 ** 18, F: 2 ** 14 } as const;

/** `dofs` [n + 1]: testable elements by degrees of freedom. Fills zThresholds and zCells as far as the plan has room. */
export async function fillZTables(
  { buffer, job, model, turns }: { buffer: ArrayBufferLike; job: EngineJob; model: GlmModel; turns: Turns },
  dofs: readonly number[],
  nShuffles: number,
): Promise<ZTable[]> {
  const { sink, shared } = job;
  if (sink.kind !== "bins") return [];
  const { dh, nBinsWide } = sink;
  const { hypotheses } = model;
  const worth = Math.min(...hypotheses.map(({ kind }) => WORTH_A_TABLE[kind]));
  const chosen = [...dofs.entries()]
    .filter(([dof, nElements]) => dof >= 1 && nElements * nShuffles >= worth)
    .sort(([dofA, a], [dofB, b]) => b - a || dofA - dofB)
    .slice(0, job.layout.nZTables);
  const tables: ZTable[] = [];
  for (const [slot, [dof]] of chosen.entries()) {
    const [nCells, cellsPerUnit]: [number[], number[]] = [[], []];
    for (const [h, { kind, rank }] of hypotheses.entries()) {
      if (turns.isDue()) await turns.take();
      const table = createZThresholds({ dof, rank, kind, dh, maxBin: largestBin(dh, dof) });
      const place = slot * hypotheses.length + h;
      new Float64Array(buffer, shared.zThresholds + place * nBinsWide * 8, nBinsWide).set(table.thresholds);
      new Uint16Array(buffer, shared.zCells + place * MAX_CELLS * 2, MAX_CELLS).set(table.cells);
      nCells.push(table.cells.length);
      cellsPerUnit.push(table.cellsPerUnit);
    }
    tables.push({ dof, nCells, cellsPerUnit });
  }
  return tables;
}
