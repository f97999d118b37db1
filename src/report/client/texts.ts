// Numbers in the pictures' words: as the rest of the page writes them.
export const shortText = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))).replace("-", "−") : "n/a";
export const percentText = (value: number): string =>
  Number.isFinite(value) ? `${value > 0 ? "+" : ""}${shortText(value)} %` : "n/a";
export const pText = (p: number): string => (Number.isFinite(p) ? String(Number(p.toPrecision(2))) : "n/a");
/** The slider of p, in hundredths of -log10. Where it stands at first it asks for what is significant: below 0.05, not 0.05 itself. */
const AT_FIRST = 130;
export const pLimit = (slider: number): number => (slider === AT_FIRST ? 0.05 * (1 - 1e-9) : 10 ** (-slider / 100));
export const limitText = (slider: number): string =>
  slider === AT_FIRST ? "p < 0.05" : `p ≤ ${pText(10 ** (-slider / 100))}`;
/** `Orange, an effect above 0: FD is lower where patient is 1.`; empty: not known. */
export const meaningText = (meaning: string | undefined): string =>
  meaning === undefined ? "" : `Orange, an effect above 0: ${meaning}. Blue, below 0: the other way.`;
/** mm */
export const placeText = (mm: number): string => mm.toFixed(1).replace("-", "−");
