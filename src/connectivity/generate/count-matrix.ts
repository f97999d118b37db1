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

/** Visits of one piece at most: some milliseconds of work. */
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
  const pieces: PieceSize = { visits: PIECE_VISITS };
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
      await countBlock(gathered, { team, scales, outputs, totals, onRows, turns, pieces });
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

/** Of pieces that fill their outputs, and do not fill them before they are done: known from those before. */
interface PieceSize {
  visits: number;
}

interface Block {
  readonly team: Team;
  readonly scales: Float32Array;
  readonly outputs: readonly RowOutput[];
  readonly totals: FixelTotals;
  readonly onRows: TakeRows;
  readonly turns: Turns;
  readonly pieces: PieceSize;
}

interface Piece {
  /** Rows of the block, half-open. */
  readonly from: number;
  readonly to: number;
}

/**
 * Results are taken in order: one that is early waits in its output. A piece that does not fit is taken up again from where it stopped, while the others
 * wait: so those that come after it are made smaller.
 */
async function countBlock(gathered: Gathered, block: Block): Promise<void> {
  const { team, scales, totals, onRows, turns, pieces } = block;
  const { words, rowStartsAt, entriesAt, first } = gathered;
  const nRowsOfBlock = gathered.end - first;
  const visitsOf = (from: number, to: number) => {
    let sum = 0;
    for (let row = first + from; row < first + to; row++) sum += totals.visits[row]!;
    return sum;
  };
  /** Not more than a thread's share of the block. */
  const share = Math.max(1, visitsOf(0, nRowsOfBlock) / (4 * team.size));
  const free = [...block.outputs];
  const underWay: { readonly piece: Piece; readonly output: RowOutput; readonly result: Promise<CountResult> }[] = [];
  const start = (piece: Piece, output: RowOutput) => {
    const task = { type: "count" as const, words, rowStartsAt, entriesAt, ...piece, scales, output };
    const result = team.run(task);
    result.catch(() => {}); // told when its turn comes
    return { piece, output, result };
  };
  const pieceFrom = (from: number): Piece => {
    const most = Math.min(pieces.visits, share);
    let to = from;
    let sum = 0;
    do sum += totals.visits[first + to++]!;
    while (to < nRowsOfBlock && to - from < MOST_ROWS && sum < most);
    return { from, to };
  };
  for (let next = 0; ; ) {
    while (next < nRowsOfBlock && free.length > 0) {
      const piece = pieceFrom(next);
      underWay.push(start(piece, free.pop()!));
      next = piece.to;
    }
    const oldest = underWay.shift();
    if (oldest === undefined) return;
    const { nRows, nConnections } = await oldest.result;
    const { from, to } = oldest.piece;
    onRows(first + from, nRows, oldest.output, nConnections);
    // before all later pieces, whose outputs are full until this one is done
    if (from + nRows < to) {
      pieces.visits = Math.max(1, Math.min(pieces.visits, 0.8 * visitsOf(from, from + nRows)));
      underWay.unshift(start({ from: from + nRows, to }, oldest.output));
    } else {
      pieces.visits = Math.min(PIECE_VISITS, 1.02 * pieces.visits);
      free.push(oldest.output);
    }
    if (turns.isDue()) await turns.take();
  }
}
