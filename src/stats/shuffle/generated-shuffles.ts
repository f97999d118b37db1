// Shuffles made from a seed. Shuffle i is a pure function of (options, i): no state is carried from one to the next.
// Peer: core/math/stats/shuffle.cpp. Deviation: other random numbers than MRtrix3's, which change with each run unless MRTRIX_RNG_SEED is set.
import { InternalError, UsageError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { boundedInteger, LARGEST_LIMIT } from "./bounded-integer.js";
import { findRedraws, KeyMixer, type UnitShuffle } from "./distinct-shuffles.js";
import { blocksFromLabels } from "./exchangeability-blocks.js";
import { PURPOSE, type Purpose, RandomStream } from "./random-stream.js";
import type { ErrorModel, ShufflePlan } from "./shuffle-plan.js";
import {
  createShuffleSpace,
  drawPermutationInto,
  drawSignsInto,
  drawSignWord,
  expandLabelsInto,
  expandSignsInto,
  firstLimits,
  permutationAtInto,
  type ShuffleBlocks,
  type ShuffleSpace,
  signsAtInto,
} from "./shuffle-space.js";

export interface GeneratedShuffleOptions {
  /** 1..2^21. */
  readonly nSubjects: number;
  /** Wanted; fewer when fewer distinct shuffles exist. 1..2^32 - 1. */
  readonly nShuffles: number;
  readonly errors: ErrorModel;
  /** A whole number, 0..2^53 - 1. */
  readonly seed: number;
  /** Labels from 0 or 1, i32 [nSubjects], or a tree of all subjects; one of them at most. */
  readonly blocks?: ShuffleBlocks;
  /** Others of the same seed, for the empirical statistic of -nonstationarity. */
  readonly forEmpirical?: boolean;
  /** Only their number and kind are asked for: none is drawn to find repeats, and repeats may be among them. */
  readonly countOnly?: boolean;
}

/**
 * Shuffle 0 is the identity; no two shuffles are the same. All distinct shuffles where there are no more than `nShuffles`, in MRtrix3's order:
 * permutations lexicographic, signs counting in binary, signs fastest.
 * Throws UsageError (numbers out of range, both kinds of blocks) and DesignError (unusable blocks). 5000 shuffles of 1000: some 30 ms.
 */
export function planShuffles(options: GeneratedShuffleOptions): ShufflePlan {
  const work = planShufflesInSteps(options);
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}

/** The same in steps of a shuffle: a million of 1000 subjects take 0.6 s. */
export function* planShufflesInSteps(options: GeneratedShuffleOptions): Generator<undefined, ShufflePlan> {
  const { nSubjects, nShuffles, errors, seed } = options;
  checkNumber("the number of subjects", nSubjects, 1, LARGEST_LIMIT);
  checkNumber("-nshuffles", nShuffles, 1, 2 ** 32 - 1);
  checkNumber("--seed", seed, 0, Number.MAX_SAFE_INTEGER);
  const space = createShuffleSpace(nSubjects, errors, resolveBlocks(nSubjects, options.blocks));
  const nDistinct = space.nPermutations * space.nSigns;
  if (nDistinct <= nShuffles) return new EnumeratedShuffles(space, errors);
  const drawn = new DrawnShuffles(space, errors, nShuffles, options);
  if (!options.countOnly) yield* drawn.avoidRepeats();
  return drawn;
}

/** Of a draw, that tell it from others: a million shuffles have a pair with one key by a chance of 1e-4 (keys have 53 bits), and it is drawn in full. */
const KEY_BITS = 64;

abstract class GeneratedShuffles implements ShufflePlan {
  readonly nSubjects: number;
  readonly startsWithIdentity = true;
  abstract readonly exhaustive: boolean;
  readonly count: number;
  readonly errors: ErrorModel;
  protected readonly space: ShuffleSpace;
  readonly #units: UnitShuffle;

  constructor(space: ShuffleSpace, errors: ErrorModel, count: number) {
    this.space = space;
    this.nSubjects = space.nSubjects;
    this.errors = errors;
    this.count = count;
    this.#units = createUnits(space);
  }

  protected abstract sourcesInto(index: number, out: Int32Array): void;
  protected abstract unitSignsInto(index: number, out: Int8Array): void;

  labelsInto(index: number, out: Int32Array): void {
    assertIndex(this, index, out.length);
    this.sourcesInto(index, this.#units.sources);
    expandLabelsInto(this.space, this.#units.sources, out);
  }

  signsInto(index: number, out: Int8Array): void {
    assertIndex(this, index, out.length);
    if (this.errors === "ee") {
      out.fill(1);
      return;
    }
    this.unitSignsInto(index, this.#units.signs);
    expandSignsInto(this.space, this.#units.signs, out);
  }
}

class EnumeratedShuffles extends GeneratedShuffles {
  readonly exhaustive = true;

  constructor(space: ShuffleSpace, errors: ErrorModel) {
    super(space, errors, space.nPermutations * space.nSigns);
  }

  protected sourcesInto(index: number, out: Int32Array): void {
    permutationAtInto(this.space, Math.floor(index / this.space.nSigns), out);
  }

  protected unitSignsInto(index: number, out: Int8Array): void {
    signsAtInto(this.space, index % this.space.nSigns, out);
  }
}

class DrawnShuffles extends GeneratedShuffles {
  readonly exhaustive = false;
  readonly #stream: RandomStream;
  readonly #purposes: { readonly permutation: Purpose; readonly signs: Purpose };
  /** Sparse: shuffles whose first draw was a repeat. */
  #redraws: ReadonlyMap<number, number> = new Map();

  constructor(
    space: ShuffleSpace,
    errors: ErrorModel,
    count: number,
    { seed, forEmpirical }: Pick<GeneratedShuffleOptions, "seed" | "forEmpirical">,
  ) {
    super(space, errors, count);
    this.#stream = new RandomStream(seed);
    this.#purposes = forEmpirical
      ? { permutation: PURPOSE.empiricalPermutation, signs: PURPOSE.empiricalSigns }
      : PURPOSE;
  }

  /** Before anything is drawn for use. */
  *avoidRepeats(): Generator<undefined, void> {
    this.#redraws = yield* findRedraws(this.count, () => createUnits(this.space), {
      draw: (index, attempt, into) => {
        this.#drawSources(index, attempt, into.sources);
        this.#drawSigns(index, attempt, into.signs);
      },
      keyOf: this.#keys(),
    });
  }

  /**
   * Of the first numbers and signs of a draw: a permutation comes from one sequence of numbers only (shuffle-space.ts), so that two shuffles are equal only
   * where those are. 5000 shuffles of 1000 subjects are told apart by 8 numbers each instead of 999.
   */
  #keys(): (index: number, attempt: number) => number {
    const limits = this.errors === "ise" ? [] : firstLimits(this.space, KEY_BITS);
    const nSigns = this.errors === "ee" ? 0 : Math.min(KEY_BITS, this.space.flips.length);
    return (index, attempt) => {
      const mixer = new KeyMixer();
      if (limits.length > 0) this.#stream.start(this.#purposes.permutation, index, attempt);
      // the identity moves nothing: the last of all choices
      for (const limit of limits) mixer.add(index === 0 ? limit - 1 : boundedInteger(this.#stream, limit));
      if (nSigns > 0) this.#stream.start(this.#purposes.signs, index, attempt);
      for (let first = 0; first < nSigns; first += 32)
        mixer.add(index === 0 ? 0 : drawSignWord(this.#stream, nSigns - first));
      return mixer.key;
    };
  }

  #drawSources(index: number, attempt: number, out: Int32Array): void {
    if (index === 0 || this.errors === "ise") {
      for (let u = 0; u < out.length; u++) out[u] = u;
      return;
    }
    this.#stream.start(this.#purposes.permutation, index, attempt);
    drawPermutationInto(this.space, this.#stream, out);
  }

  #drawSigns(index: number, attempt: number, out: Int8Array): void {
    if (index === 0 || this.errors === "ee") {
      out.fill(1);
      return;
    }
    this.#stream.start(this.#purposes.signs, index, attempt);
    drawSignsInto(out.length, this.#stream, out);
  }

  protected sourcesInto(index: number, out: Int32Array): void {
    this.#drawSources(index, this.#redraws.get(index) ?? 0, out);
  }

  protected unitSignsInto(index: number, out: Int8Array): void {
    this.#drawSigns(index, this.#redraws.get(index) ?? 0, out);
  }
}

const createUnits = ({ nSubjects, flips }: ShuffleSpace): UnitShuffle => ({
  sources: new Int32Array(nSubjects),
  signs: new Int8Array(flips.length),
});

function resolveBlocks(nSubjects: number, blocks: ShuffleBlocks = {}): ShuffleBlocks {
  const { within, whole, tree } = blocks;
  if (tree !== undefined) return { tree };
  if (within !== undefined && whole !== undefined) {
    throw new UsageError(
      "Cannot use -exchange_within together with -exchange_whole: expected one kind of blocks, got both. Leave one out.",
    );
  }
  if (within !== undefined) return { within: blocksFromLabels(within, { nSubjects, kind: "within" }) };
  if (whole !== undefined) return { whole: blocksFromLabels(whole, { nSubjects, kind: "whole" }) };
  return {};
}

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new UsageError(
    `Cannot plan the shuffles: expected ${name} to be a whole number from ${least} to ${most}, got ${value}. Give one in that range.`,
  );
}

/** Throws InternalError: an index or an array that no caller should come with. */
export function assertIndex(plan: ShufflePlan, index: number, outLength: number): void {
  if (Number.isInteger(index) && index >= 0 && index < plan.count && outLength === plan.nSubjects) return;
  throw new InternalError(
    `Cannot give shuffle ${index} in an array of ${outLength}: expected 0..${plan.count - 1} and ${formatCount(plan.nSubjects, "values")}.`,
  );
}
