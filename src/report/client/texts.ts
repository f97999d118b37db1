// Numbers in the pictures' words: as the rest of the page writes them.
export const shortText = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))).replace("-", "−") : "n/a";
export const percentText = (value: number): string =>
  Number.isFinite(value) ? `${value > 0 ? "+" : ""}${shortText(value)} %` : "n/a";
export const pText = (p: number): string => (Number.isFinite(p) ? String(Number(p.toPrecision(2))) : "n/a");
/** mm */
export const placeText = (mm: number): string => mm.toFixed(1).replace("-", "−");
