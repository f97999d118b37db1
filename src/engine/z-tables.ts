// Tables of thresholds, by which statistics become bins: made once, in the main thread, and read by all. Where all elements share a design there is one a
// hypothesis. Where degrees of freedom differ between elements a table costs milliseconds, and a statistic without one some ten nanoseconds more (t) or
// about a microsecond (F): only degrees of freedom that enough statistics have get one. Which do changes no bin: stats/glm/fast-z.ts gives the same.
import { largestBinOf } from "../stats/glm/bin-scale.js";
import { MAX_CELLS } from "../stats/glm/bin-table.js";
import { zThresholdSteps } from "../stats/glm/z-thresholds.js";
import { inTurns, type Turns } from "../turns.js";
import type { EngineJob, ZTable } from "./plan/job.js";

/** Statistics (elements x shuffles) that pay for a table of about 2000 thresholds at 5 us. */
const WORTH_A_TABLE = { t: 2 ** 18, F: 2 ** 14 } as const;

/** `dofs` [n + 1]: testable elements by degrees of freedom, where they differ. Fills zThresholds and zCells as far as the plan has room. */
export async function fillZTables(
  { buffer, job, turns }: { buffer: ArrayBufferLike; job: EngineJob; turns: Turns },
  dofs: readonly number[],
  nShuffles: number,
): Promise<ZTable[]> {
  const { sink, shared, size, layout } = job;
  if (sink.kind !== "bins") return [];
  const { dh, scale, nBinsWide } = sink;
  const tests = size.hypotheses.map(
    ({ contrastRank: rank, signed }) => ({ rank, kind: signed === 1 ? "t" : "F" }) as const,
  );
  const worth = Math.min(...tests.map(({ kind }) => WORTH_A_TABLE[kind]));
  const worthwhile = [...dofs.entries()]
    .filter(([dof, nElements]) => dof >= 1 && nElements * nShuffles >= worth)
    .sort(([dofA, a], [dofB, b]) => b - a || dofA - dofB)
    .map(([dof]) => dof);
  const chosen = job.model === undefined ? [size.dof] : worthwhile.slice(0, layout.nZTables);
  const tables: ZTable[] = [];
  for (const [slot, dof] of chosen.entries()) {
    const lookups: ZTable["lookups"][number][] = [];
    for (const [h, { kind, rank }] of tests.entries()) {
      const steps = zThresholdSteps({ dof, rank, kind, dh, scale, maxBin: largestBinOf(scale, dof) });
      const table = await inTurns(steps, turns);
      const place = slot * tests.length + h;
      const thresholds = shared.zThresholds + place * nBinsWide * 8;
      const cells = shared.zCells + place * MAX_CELLS * 2;
      new Float64Array(buffer, thresholds, nBinsWide).set(table.squares);
      new Uint16Array(buffer, cells, MAX_CELLS).set(table.cells);
      lookups.push([table.nCells, table.firstCell, table.shift, cells, thresholds]);
    }
    tables.push({ dof, lookups });
  }
  return tables;
}
