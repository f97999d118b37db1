// The results of a run: what of the observed data and of the shuffles becomes which file. Takes plain data and never an engine, so that a run, its
// parts put together and a state read back from disk give the same files.
import { countCountedShuffles, type HypothesisNull, NO_ELEMENT, type NullState } from "../run/null-state.js";
import type { Observed } from "../run/observed.js";
import { combineHypotheses, familyWise, sortNull } from "../stats/inference/family-wise.js";
import { type MonteCarloError, monteCarloError } from "../stats/inference/monte-carlo.js";
import { negativeBinomialP } from "../stats/inference/negative-binomial.js";
import { isBelowFivePercent, type NullFacts, type PValue, pValueOf } from "../stats/inference/p-values.js";
import { createTurns, inTurns, type Turns } from "../turns.js";
import { type MoreFound, type MoreWriter, writeAdjusted, writeFitted, writeParametric } from "./more-p-values.js";
import {
  inferenceResults,
  observedResults,
  postfixOf,
  type Result,
  type ResultSpec,
  type ResultValues,
  valuesLike,
} from "./result-list.js";

export interface Significance extends MoreFound {
  /** Tested elements with family-wise p below 0.05, as p-values.ts defines p; undefined with -notest. */
  readonly significant: number | undefined;
  /** Which those are; undefined where they have no names. */
  readonly significantElements?: readonly number[];
  /** Of the tested elements; 1 where there is none. */
  readonly smallestP: number | undefined;
  readonly largestFwe: number | undefined;
  /** How far the shuffles know `smallestP`, and the value of `statistic` (the name of an image) that 0.05 stands at. Absent with -notest. */
  readonly monteCarlo?: MonteCarloError & { readonly statistic: string };
}

/** Where results go: images of a fixel directory, tables, .. Everything is written aside, and moved in place at the end. */
export interface ResultWriter {
  /** `images` of `result.count` elements each. Rejects with InputError, or the reason of `signal`; the event loop has its turns. */
  write(result: Result, images: readonly ResultValues[], signal: AbortSignal | undefined): Promise<void>;
}

/** The largest Z of a hypothesis, and the first element that has it. */
export interface LargestZ {
  readonly value: number;
  readonly element: number;
  /** Of the p-values that need no shuffles. */
  readonly more: MoreFound;
}

/** Of each hypothesis. */
export async function writeObserved(
  writer: ResultWriter,
  spec: ResultSpec,
  { image, index }: Observed,
  signal?: AbortSignal,
): Promise<LargestZ[]> {
  const results = observedResults(spec);
  const imagesOf = (result: Result, at: (i: number) => number) =>
    Array.from({ length: result.count }, (_, i) => image(at(i)));
  await writer.write(results.factors, imagesOf(results.factors, index.beta), signal);
  await writer.write(results.deviations, imagesOf(results.deviations, index.deviation), signal);
  if (index.condition !== undefined) await writer.write(results.condition, [image(index.condition)], signal);
  const largestZ: LargestZ[] = [];
  const turns = createTurns(signal);
  for (const [h, { statistic, z, effect, standardisedEffect }] of results.hypotheses.entries()) {
    if (statistic !== undefined) await writer.write(statistic, [image(index.statistic(h))], signal);
    if (z !== undefined) await writer.write(z, [image(index.z(h))], signal);
    if (effect !== undefined) await writer.write(effect, [image(index.effect(h))], signal);
    if (standardisedEffect !== undefined)
      await writer.write(standardisedEffect, [image(index.standardisedEffect(h))], signal);
    const test = {
      ...{ kind: spec.hypotheses[h]!.kind, statistic: image(index.statistic(h)), z: image(index.z(h)) },
      deviations: imagesOf(results.deviations, index.deviation),
      eligible: spec.eligible,
    };
    const like = spec.inDouble === true ? new Float64Array(0) : test.z;
    const more = await writeParametric(
      test,
      spec.more ?? {},
      moreWriter(writer, { spec, h, like, turns, signal }, test.z.length),
    );
    largestZ.push({ ...largestOf(test.z), more });
  }
  return largestZ;
}

interface OfHypothesis {
  readonly spec: ResultSpec;
  readonly h: number;
  /** [any] of the class of the images. */
  readonly like: Float32Array | Float64Array;
  readonly turns: Turns;
  readonly signal: AbortSignal | undefined;
}

function moreWriter(writer: ResultWriter, { spec, h, like, turns, signal }: OfHypothesis, length: number): MoreWriter {
  return {
    inTurns: (steps) => inTurns(steps, turns),
    imageOf: () => (like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)),
    async write(name, image) {
      const result = { role: "tested", name: `${name}${postfixOf(spec, h)}`, count: 1, grouped: false } as const;
      await writer.write(result, [image], signal);
    },
  };
}

function largestOf(values: ArrayLike<number>): Omit<LargestZ, "more"> {
  let value = Number.NEGATIVE_INFINITY;
  let element = 0;
  for (let i = 0; i < values.length; i++) {
    if (!(values[i]! > value)) continue;
    value = values[i]!;
    element = i;
  }
  return { value, element };
}

/** What enhanced statistics were divided by: one image a hypothesis, or none. */
export async function writeEmpirical(
  writer: ResultWriter,
  spec: ResultSpec,
  images: readonly Float64Array[],
  signal?: AbortSignal,
): Promise<void> {
  for (const [h, { empirical }] of inferenceResults(spec).hypotheses.entries())
    if (empirical !== undefined) await writer.write(empirical, [images[h]!], signal);
}

const ONLY_ITSELF: NullFacts = { nSame: 1, hasUnshuffled: true };

/** The state must hold every shuffle of the plan. `facts` of each hypothesis; none: the shuffles are all that is known of. */
export async function writeInference(
  writer: ResultWriter,
  spec: ResultSpec,
  state: NullState,
  signal?: AbortSignal,
  facts: readonly NullFacts[] = [],
): Promise<Significance[]> {
  const results = inferenceResults(spec);
  const { nElements } = state;
  const families = spec.notest ? [] : results.families.map((members) => familyNull(state, members));
  const familyOf = (h: number) => families.find(({ members }) => members.includes(h))!;
  if (results.strong !== undefined) await writer.write(results.strong, [families[0]!.maxima], signal);
  const turns = createTurns(signal);
  const found: Significance[] = [];
  for (const [h, names] of results.hypotheses.entries()) {
    const own = state.hypotheses[h]!;
    if (names.enhanced !== undefined) await writer.write(names.enhanced, [own.defaults], signal);
    const like = valuesLike(spec, own ?? NOTHING, 0);
    const into = moreWriter(writer, { spec, h, like, turns, signal }, nElements);
    const uncorrected = own && (await writeUncorrected(writer, { spec, h, state, names, into, signal }));
    if (names.familyWise === undefined) {
      found.push({ significant: undefined, smallestP: undefined, largestFwe: undefined, ...uncorrected });
      continue;
    }
    const shared = familyOf(h);
    if (names.null !== undefined) await writer.write(names.null, [shared.maxima], signal);
    const sorted = await inTurns(sortNull(shared.maxima), turns);
    const fwe = await inTurns(familyWiseOf(spec, own, sorted), turns);
    await writer.write(names.familyWise, [fwe], signal);
    await writer.write(names.contributions!, [contributions(state, h, shared.winners)], signal);
    const pOf = (statistic: number) => pValueOf(statistic, sorted, facts[h] ?? ONLY_ITSELF);
    const { peak, ...significance } = await inTurns(
      significanceOf(own.defaults, fwe, { eligible: spec.eligible, pOf, lists: spec.listsSignificant === true }),
      turns,
    );
    const isExhaustive = spec.isExhaustive === true;
    const largest = Math.max(...shared.members.map((member) => largestTested(spec, state.hypotheses[member]!)));
    const error = monteCarloError(peak, sorted, facts[h] ?? ONLY_ITSELF, { isExhaustive, unshuffled: largest });
    const family = { statistics: own.defaults, fwe, eligible: spec.eligible, sorted, isExhaustive };
    const fitted = await writeFitted(
      { ...family, unshuffled: largest, facts: facts[h] ?? ONLY_ITSELF },
      spec.more ?? {},
      into,
    );
    const monteCarlo = { ...error, statistic: spec.enhanced ?? "Zstat" };
    found.push({ ...significance, monteCarlo, ...uncorrected, ...fitted });
  }
  return found;
}

function largestTested({ eligible }: ResultSpec, { defaults }: HypothesisNull): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < defaults.length; i++) if (eligible?.[i] !== 0) largest = Math.max(largest, defaults[i]!);
  return largest;
}

const NOTHING = { defaults: new Float64Array(0) } as const;

interface Uncorrected {
  readonly spec: ResultSpec;
  readonly h: number;
  readonly state: NullState;
  readonly names: ReturnType<typeof inferenceResults>["hypotheses"][number];
  readonly into: MoreWriter;
  readonly signal: AbortSignal | undefined;
}

/** The image of single elements by the shuffles, where there is one, and what is adjusted of it. */
async function writeUncorrected(
  writer: ResultWriter,
  { spec, h, state, names, into, signal }: Uncorrected,
): Promise<MoreFound> {
  if (names.uncorrected === undefined) return {};
  const { counters } = state.hypotheses[h]!;
  const n = countCountedShuffles(state);
  const { negativeBinomial: least } = spec;
  const image = into.imageOf();
  for (let i = 0; i < image.length; i++)
    image[i] = least === undefined ? counters[i]! / n : 1 - negativeBinomialP(counters[i]!, least, n);
  await writer.write(names.uncorrected, [image], signal);
  const { adjust } = spec.more ?? {};
  if (adjust === undefined) return {};
  return { adjusted: [await writeAdjusted(uncorrectedP(spec, state, h), "uncorrected", adjust, into)] };
}

/** f64 [nElements]: the share of shuffles with no smaller statistic, or the p of those that stopped; NaN where nothing is tested. */
function uncorrectedP({ eligible, negativeBinomial: least }: ResultSpec, state: NullState, h: number): Float64Array {
  const { counters } = state.hypotheses[h]!;
  const n = countCountedShuffles(state);
  if (least !== undefined)
    return Float64Array.from(counters, (of, i) => (eligible?.[i] === 0 ? Number.NaN : negativeBinomialP(of, least, n)));
  return Float64Array.from(counters, (smaller, i) => (eligible?.[i] === 0 ? Number.NaN : (n - smaller) / n));
}

/** The null that some hypotheses share, and which of them each of its values is of; of one alone its own. */
function familyNull(
  { hypotheses }: NullState,
  members: readonly number[],
): { readonly members: readonly number[]; readonly maxima: Float64Array; readonly winners: Uint32Array | undefined } {
  if (members.length === 1) return { members, maxima: hypotheses[members[0]!]!.maxima, winners: undefined };
  const combined = combineHypotheses(members.map((h) => hypotheses[h]!.maxima));
  return { members, maxima: combined.maxima, winners: combined.hypotheses.map((place) => members[place]!) };
}

/** Elements looked up together: some tens of milliseconds. */
const STEP_ELEMENTS = 2 ** 17;

function* familyWiseOf(
  spec: ResultSpec,
  own: HypothesisNull,
  sorted: Float64Array,
): Generator<undefined, Float32Array | Float64Array> {
  const { defaults } = own;
  const fwe = valuesLike(spec, own, defaults.length);
  for (let i = 0; i < fwe.length; i++) {
    fwe[i] = familyWise(defaults[i]!, sorted);
    if (i % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
  }
  return fwe;
}

interface Counting {
  readonly eligible: Uint8Array | undefined;
  readonly pOf: (statistic: number) => PValue;
  readonly lists: boolean;
}

function* significanceOf(
  statistics: ArrayLike<number>,
  fwe: ArrayLike<number>,
  { eligible, pOf, lists }: Counting,
): Generator<undefined, Omit<Significance, "monteCarlo"> & { readonly peak: PValue }> {
  const listed: number[] = [];
  let significant = 0;
  let largest = 0;
  let largestFwe = 0;
  for (let i = 0; i < fwe.length; i++) {
    if (i % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
    if (eligible !== undefined && eligible[i] === 0) continue;
    largest = Math.max(largest, statistics[i]!);
    largestFwe = Math.max(largestFwe, fwe[i]!);
    // p is 1 - fwe at least: what is far from the threshold need not be looked up
    if (!(fwe[i]! > 0.9 && isBelowFivePercent(pOf(statistics[i]!)))) continue;
    significant++;
    if (lists) listed.push(i);
  }
  const peak = pOf(largest);
  const smallestP = peak.count / peak.of;
  return { peak, significant, smallestP, largestFwe, ...(lists && { significantElements: listed }) };
}

/** How often each element was the maximum; where several share a null only where its hypothesis had the largest of all. */
function contributions({ hypotheses, nElements }: NullState, h: number, winners: Uint32Array | undefined): Uint32Array {
  const counts = new Uint32Array(nElements);
  const { elements } = hypotheses[h]!;
  for (let shuffle = 0; shuffle < elements.length; shuffle++) {
    const element = elements[shuffle]!;
    if (element === NO_ELEMENT || (winners !== undefined && winners[shuffle] !== h)) continue;
    counts[element]!++;
  }
  return counts;
}
