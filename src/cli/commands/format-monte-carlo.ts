// How far the shuffles know what a summary says, in one line.
import type { InferenceSummary } from "../../app/analyse/analyse.js";

type MonteCarlo = NonNullable<InferenceSummary["hypotheses"][number]["monteCarlo"]>;

export function formatMonteCarlo(
  { isExact, smallestP: [low, high], statistic, threshold, shufflesToSettle }: MonteCarlo,
  nShuffles: number,
): string {
  const { at, interval } = threshold;
  const above =
    at === null
      ? "no p can be below 0.05"
      : `p = 0.05 at ${statistic} ${short(at)}${isExact ? "" : ` (${interval.map((end) => (end === null ? "?" : short(end))).join(" to ")})`}`;
  if (isExact) return `p are exact: all shuffles were done; ${above}`;
  const settled =
    at === null
      ? ""
      : shufflesToSettle === null
        ? "more than 10000000 shuffles would be needed to say on which side of 0.05 it is"
        : shufflesToSettle <= nShuffles
          ? ""
          : `about ${twoDigits(shufflesToSettle)} shuffles would say on which side of 0.05 it is`;
  return [`smallest p within ${short(low)} to ${short(high)} (95 %)`, above, settled]
    .filter((part) => part !== "")
    .join("; ");
}

const short = (value: number): string => `${Number(value.toPrecision(3))}`;

/** Upwards: it is a number to ask for. */
function twoDigits(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.ceil(count / unit) * unit;
}
