// Phase "bin" of models whose design varies or whose variance is grouped: statistics of any group of elements -> bins at their places.
import { LANES } from "../kernels/kernel-set.js";
import { binOfF, binOfT } from "../stats/glm/fast-z.js";
import { createZThresholds, type ZThresholds } from "../stats/glm/z-thresholds.js";
import type { BinOrder } from "./bin-fixed.js";
import { createGroupTester } from "./group-tester.js";
import type { EngineJob, ModelJob } from "./job.js";
import { largestBin } from "./largest-bin.js";
import type { ModelLoader } from "./model-block.js";
import type { RunnerContext } from "./runner-context.js";
import type { StatisticSink } from "./shared-design-tester.js";

export function createModelBinner(
  context: RunnerContext<EngineJob>,
  modelJob: ModelJob,
  loader: ModelLoader,
): (iBlock: number, order: BinOrder) => void {
  const { job, at, u32, report } = context;
  const { size, shared } = job;
  const { regions } = modelJob;
  const testGroup = createGroupTester(context, modelJob, loader);
  const binByTable = createTableBinner(context, modelJob);
  const binByDofs = createDofBinner(context, modelJob);

  return (iBlock, { lanes, binBytes }) => {
    const block = loader.load(iBlock);
    const sink: StatisticSink = ({ members }, { h, first, count, stride, dof }) => {
      u32(at(regions.members), members.length).set(members);
      const group = Math.floor(first / LANES);
      const lane = (group * size.nElements + block.place.firstElement) * LANES + (first % LANES);
      const target = { h, count, stride, binBytes, bins: shared.hypotheses[h]!.bins + lane * binBytes, members };
      const largest = dof === undefined ? binByDofs(target) : binByTable(target, dof);
      report.largestBin = Math.max(report.largestBin, largest);
    };
    for (const group of block.groups) testGroup(block, group, lanes, sink);
  };
}

interface BinTarget {
  readonly h: number;
  readonly count: number;
  readonly stride: number;
  readonly binBytes: 1 | 2;
  readonly bins: number;
  readonly members: readonly number[];
}

/** One number of degrees of freedom for all: by the table of thresholds, which is put in place when it changes. */
function createTableBinner(
  { job, kernels: k, at, f64, buffer }: RunnerContext<EngineJob>,
  { regions, model }: ModelJob,
) {
  const tables = new Map<string, ZThresholds>();
  const placed: { dof: number; table: ZThresholds }[] = [];
  const tableOf = (h: number, dof: number): ZThresholds => {
    const { kind, rank } = model.hypotheses[h]!;
    const key = `${kind}${rank}:${dof}`;
    let table = tables.get(key);
    if (table === undefined) {
      const { dh } = job.enhancement;
      table = createZThresholds({ dof, rank, kind, dh, maxBin: largestBin(dh, dof) });
      tables.set(key, table);
    }
    return table;
  };
  return ({ h, count, stride, binBytes, bins, members }: BinTarget, dof: number): number => {
    // without a degree of freedom there is no statistic either, and NaN needs no table
    if (dof >= 1 && placed[h]?.dof !== dof) {
      const table = tableOf(h, dof);
      f64(at(regions.thresholds[h]!), table.thresholds.length).set(table.thresholds);
      new Uint16Array(buffer, at(regions.cells[h]!), table.cells.length).set(table.cells);
      placed[h] = { dof, table };
    }
    const { cells, cellsPerUnit } = placed[h]?.table ?? { cells: [], cellsPerUnit: 1 };
    return k.f64BinScores(
      count,
      members.length,
      at(regions.statistics),
      stride,
      at(regions.members),
      cells.length,
      cellsPerUnit,
      at(regions.cells[h]!),
      at(regions.thresholds[h]!),
      binBytes,
      bins,
    );
  };
}

/** Degrees of freedom of each statistic's own. */
function createDofBinner({ job, at, f64, buffer }: RunnerContext<EngineJob>, { regions, model }: ModelJob) {
  const { dh } = job.enhancement;
  return ({ h, count, stride, binBytes, bins, members }: BinTarget): number => {
    const { kind, rank } = model.hypotheses[h]!;
    const statistics = f64(at(regions.statistics), count * stride);
    const dofs = f64(at(regions.dofs), count * stride);
    const span = members.at(-1)! * LANES + count;
    const out = binBytes === 1 ? new Uint8Array(buffer, bins, span) : new Uint16Array(buffer, bins, span);
    let largest = 0;
    for (let b = 0; b < count; b++) {
      for (let i = 0; i < members.length; i++) {
        const x = statistics[b * stride + i]!;
        const dof = dofs[b * stride + i]!;
        const bin = kind === "t" ? binOfT(x, dof, dh) : binOfF(x * x, rank, dof, dh);
        if (bin > largest) largest = bin;
        out[members[i]! * LANES + b] = bin;
      }
    }
    return largest;
  };
}
