// P-values beside those of every run: images of 1 - p and what is said of them. Out of plain arrays, so that a run and the results of one read back from
// disk give the same.
import { type Adjustment, adjustP } from "../stats/inference/adjust.js";
import { fitNull, fittedP, NULL_FITS, type NullFit, type NullFitKind } from "../stats/inference/null-fit.js";
import { isBelowFivePercent, type NullFacts, pValueOf } from "../stats/inference/p-values.js";
import { type ObservedTest, parametricP } from "../stats/inference/parametric.js";

/** Asked for. */
export interface MorePValues {
  /** Of the distribution of the statistic. */
  readonly parametric?: boolean | undefined;
  /** Of the parametric ones and of the uncorrected ones of the shuffles, whichever there are. */
  readonly adjust?: Adjustment | undefined;
  /** Family-wise ones from a distribution fitted to the null. */
  readonly tail?: boolean | undefined;
  readonly gamma?: boolean | undefined;
}

/** Of p-values of single elements. */
export interface CountedP {
  /** Elements that have one: tested, and with a variance. */
  readonly nTests: number;
  /** p < 0.05. */
  readonly nBelow: number;
  /** 1 where there is none. */
  readonly smallestP: number;
}

export interface AdjustedP extends CountedP {
  readonly of: AdjustedOf;
  readonly method: Adjustment;
}

export type AdjustedOf = "parametric" | "uncorrected";

export interface FittedP extends NullFit {
  /** Tested elements with p < 0.05 by the fit, or, where it says nothing, by the shuffles. */
  readonly nBelow: number;
  readonly smallestP: number;
}

/** Of one hypothesis; each key where it was asked for. */
export interface MoreFound {
  readonly parametric?: CountedP;
  readonly adjusted?: readonly AdjustedP[];
  readonly tail?: FittedP;
  readonly gamma?: FittedP;
}

export const PARAMETRIC_NAME = "parametric_1mpvalue";
/** parametric_bh_1mpvalue, uncorrected_holm_1mpvalue, .. */
export const adjustedName = (of: AdjustedOf, method: Adjustment): string => `${of}_${method}_1mpvalue`;
export const fittedName = (kind: NullFitKind): string => `fwe_${kind}_1mpvalue`;

export const fitsOf = (more: MorePValues): readonly NullFitKind[] => NULL_FITS.filter((kind) => more[kind] === true);

/** Elements together: some tens of milliseconds. */
const STEP_ELEMENTS = 2 ** 16;

type Image = Float32Array | Float64Array;

/** `p` f64 [m], NaN where nothing is tested; `into` [m] gets 1 - p. */
export function* countP(p: Float64Array, into: Image): Generator<undefined, CountedP> {
  let [nTests, nBelow, smallestP] = [0, 0, 1];
  for (let i = 0; i < p.length; i++) {
    if (i % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
    into[i] = 1 - p[i]!;
    if (Number.isNaN(p[i]!)) continue;
    nTests++;
    if (p[i]! < 0.05) nBelow++;
    smallestP = Math.min(smallestP, p[i]!);
  }
  return { nTests, nBelow, smallestP };
}

/** Calls `write` with the images in the order of their names. */
export async function writeParametric(
  test: ObservedTest,
  more: MorePValues,
  { inTurns, imageOf, write }: MoreWriter,
): Promise<MoreFound> {
  if (more.parametric !== true) return {};
  const p = await inTurns(parametricP(test));
  const image = imageOf();
  const parametric = await inTurns(countP(p, image));
  await write(PARAMETRIC_NAME, image);
  if (more.adjust === undefined) return { parametric };
  return { parametric, adjusted: [await writeAdjusted(p, "parametric", more.adjust, { inTurns, imageOf, write })] };
}

/** `p` f64 [m]: NaN where nothing is tested. */
export async function writeAdjusted(
  p: Float64Array,
  of: AdjustedOf,
  method: Adjustment,
  { inTurns, imageOf, write }: MoreWriter,
): Promise<AdjustedP> {
  const image = imageOf();
  const counted = await inTurns(countP(await inTurns(adjustP(p, method)), image));
  await write(adjustedName(of, method), image);
  return { of, method, ...counted };
}

export interface MoreWriter {
  inTurns<T>(steps: Generator<undefined, T>): Promise<T>;
  /** [m] of the class that p-values are written as. */
  imageOf(): Image;
  /** `name`: without the postfix of the hypothesis. */
  write(name: string, image: Image): Promise<void>;
}

export interface FamilyWiseOf {
  /** [m] (enhanced) statistics of the unshuffled data. */
  readonly statistics: ArrayLike<number>;
  /** [m] 1 - p by the shuffles. */
  readonly fwe: ArrayLike<number>;
  /** u8 [m]; undefined: all are tested. */
  readonly eligible: Uint8Array | undefined;
  /** f64 [S] ascending: of the hypothesis, or of all of them with -strong. */
  readonly sorted: Float64Array;
  readonly facts: NullFacts;
  readonly isExhaustive: boolean;
  /** Largest statistic of the unshuffled data: of the hypothesis, or of all of them with -strong. */
  readonly unshuffled: number;
}

/** Where the fit says nothing the image is that of the shuffles. */
export async function writeFitted(
  found: FamilyWiseOf,
  more: MorePValues,
  { inTurns, imageOf, write }: MoreWriter,
): Promise<MoreFound> {
  const fitted: Partial<Record<NullFitKind, FittedP>> = {};
  for (const kind of fitsOf(more)) {
    const fit = fitNull(kind, found.sorted, found);
    const image = imageOf();
    fitted[kind] = { ...fit, ...(await inTurns(applyFit(fit, found, image))) };
    await write(fittedName(kind), image);
  }
  return fitted;
}

function* applyFit(
  fit: NullFit,
  { statistics, fwe, eligible, sorted, facts }: FamilyWiseOf,
  image: Image,
): Generator<undefined, Pick<FittedP, "nBelow" | "smallestP">> {
  let [nBelow, smallestP] = [0, 1];
  for (let i = 0; i < image.length; i++) {
    if (i % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
    const p = eligible?.[i] === 0 ? undefined : fittedP(fit, statistics[i]!, sorted, facts);
    image[i] = p === undefined ? fwe[i]! : 1 - p;
    if (eligible?.[i] === 0 || !(statistics[i]! > 0)) continue;
    const plain = p === undefined ? pValueOf(statistics[i]!, sorted, facts) : undefined;
    if (plain === undefined ? p! < 0.05 : isBelowFivePercent(plain)) nBelow++;
    smallestP = Math.min(smallestP, p ?? plain!.count / plain!.of);
  }
  return { nBelow, smallestP };
}

/** What was found before the shuffles and of them. */
export function joinMore(before: MoreFound, after: MoreFound): MoreFound {
  const adjusted = [...(before.adjusted ?? []), ...(after.adjusted ?? [])];
  return { ...before, ...after, ...(adjusted.length > 0 && { adjusted }) };
}

/** Why fits were rejected, hypothesis by hypothesis. */
export function fitWarnings(hypotheses: readonly (MoreFound & { readonly name: string })[]) {
  return hypotheses.flatMap(({ name, ...found }) =>
    NULL_FITS.flatMap((kind) => {
      const { rejected } = found[kind] ?? {};
      if (rejected === undefined) return [];
      const message = `The null distribution of ${name} is not fitted (--${kind}): ${rejected}. ${fittedName(kind)} has the p-values of fwe_1mpvalue there.`;
      return [{ tag: "null-not-fitted" as const, message }];
    }),
  );
}
