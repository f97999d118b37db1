// The second pass, or passes: block after block of rows is gathered, counted by the team, and written in the order of the fixels.
import type { Turns } from "../../turns.js";
import { createCountMemory, MOST_ROWS } from "./count-memory.js";
import { createRowCounter, extentOf, type RowCounterOptions, type RowOutput } from "./count-rows.js";
import type { FixelTotals } from "./fixel-totals.js";
import { createGatherer, type Gathered } from "./gather-rows.js";
import type { CountResult } from "./tasks.js";
import type { Team } from "./team.js";
import type { VisitsReader } from "./visits.js";

/** Takes rows in order; arrays are valid during the call. */
export type TakeRows = (firstRow: number, nRows: number, output: RowOutput, nConnections: number) => void;

export interface CountMatrixInputs extends RowCounterOptions {
  readonly reader: VisitsReader;
  readonly totals: FixelTotals;
  readonly nVisits: number;
  readonly team: Team;
  /** Bytes for gathered streamlines. */
  readonly gatherBytes: number;
  /** Connections of one piece of output; at least a row's most. */
  readonly outputConnections: number;
  readonly take: TakeRows;
  readonly turns: Turns;
  /** Visits whose rows are done, of all. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/** Visits of one piece: some milliseconds of work, and not more than a thread's share of the block. */
const PIECE_VISITS = 2 ** 14;
/** Passes over the visits that were needed. Throws what `take` throws. */
export async function countMatrix(inputs: CountMatrixInputs): Promise<{ readonly nPasses: number }> {
  const { nFixels, totals, team, turns } = inputs;
  const { gatherBytes, outputConnections } = inputs;
  const size = { nFixels, size: team.size, gatherBytes, outputConnections };
  const { words, scales, outputs, roleOf } = createCountMemory(size, rowOptions(inputs));
  await team.begin((thread) => ({ type: "count", ...roleOf(thread) }));
  const gatherer = createGatherer({
    reader: inputs.reader,
    isWeighted: inputs.isWeighted,
    visits: totals.visits,
    words,
    turns,
  });
  let streamed: ReturnType<typeof createRowCounter> | undefined;
  let doneVisits = 0;
  let nPasses = 0;
  const onRows = (first: number, nRows: number, output: RowOutput, nConnections: number) => {
    inputs.take(first, nRows, output, nConnections);
    for (let row = first; row < first + nRows; row++) doneVisits += totals.visits[row]!;
    inputs.onProgress?.(doneVisits, inputs.nVisits);
  };
  let nRows = nFixels;
  for (let first = 0; first < nFixels; ) {
    const gathered = await gatherer.gather(first, Math.min(nFixels, first + nRows), (from, at) => {
      streamed ??= createRowCounter(rowOptions(inputs));
      streamed.add(from, at);
    });
    nPasses++;
    const { end, isStreamed } = gathered;
    if (isStreamed) {
      const output = outputs[0]!;
      const n = streamed!.finish(totals.scaleOf(first), output, 0);
      output.counts[0] = n;
      if (inputs.hasExtents) output.extents[0] = extentOf(output.values, 0, n);
      onRows(first, 1, output, n);
    } else {
      for (let row = first; row < end; row++) scales[row - first] = totals.scaleOf(row);
      await countBlock(gathered, { team, scales, outputs, totals, onRows, turns });
    }
    // what fitted once may fit again, and a little more
    nRows = Math.ceil((end - first) * 1.5);
    first = end;
  }
  return { nPasses };
}

const rowOptions = ({ nFixels, isWeighted, threshold, hasExtents }: RowCounterOptions): RowCounterOptions => ({
  nFixels,
  isWeighted,
  threshold,
  hasExtents,
});

interface Block {
  readonly team: Team;
  readonly scales: Float32Array;
  readonly outputs: readonly RowOutput[];
  readonly totals: FixelTotals;
  readonly onRows: TakeRows;
  readonly turns: Turns;
}

interface Piece {
  /** Rows of the block, half-open. */
  readonly from: number;
  readonly to: number;
}

/** Results are taken in order: one that is early waits in its output. A piece that does not fit is taken up again from where it stopped. */
async function countBlock(gathered: Gathered, block: Block): Promise<void> {
  const { team, scales, totals, onRows, turns } = block;
  const { words, rowStartsAt, entriesAt, first } = gathered;
  const pieces = piecesOf(gathered, totals, team.size);
  const free = [...block.outputs];
  const underWay: { readonly piece: Piece; readonly output: RowOutput; readonly result: Promise<CountResult> }[] = [];
  const start = (piece: Piece, output: RowOutput) => {
    const task = { type: "count" as const, words, rowStartsAt, entriesAt, ...piece, scales, output };
    const result = team.run(task);
    result.catch(() => {}); // told when its turn comes
    return { piece, output, result };
  };
  for (let next = 0; ; ) {
    while (next < pieces.length && free.length > 0) underWay.push(start(pieces[next++]!, free.pop()!));
    const oldest = underWay.shift();
    if (oldest === undefined) return;
    const { nRows, nConnections } = await oldest.result;
    const { from, to } = oldest.piece;
    onRows(first + from, nRows, oldest.output, nConnections);
    // before all later pieces, whose outputs are full until this one is done
    if (from + nRows < to) underWay.unshift(start({ from: from + nRows, to }, oldest.output));
    else free.push(oldest.output);
    if (turns.isDue()) await turns.take();
  }
}

function piecesOf({ first, end }: Gathered, { visits }: FixelTotals, nThreads: number): Piece[] {
  let all = 0;
  for (let row = first; row < end; row++) all += visits[row]!;
  const most = Math.max(1, Math.min(PIECE_VISITS, all / (4 * nThreads)));
  const pieces: Piece[] = [];
  let from = 0;
  let sum = 0;
  for (let row = 0; row < end - first; row++) {
    sum += visits[first + row]!;
    if (sum < most && row + 1 - from < MOST_ROWS) continue;
    pieces.push({ from, to: row + 1 });
    from = row + 1;
    sum = 0;
  }
  if (from < end - first) pieces.push({ from, to: end - first });
  return pieces;
}
