// What p-values are family-wise over: a test, both of its directions (--two-tailed), or all (-strong).

interface Named {
  readonly name: string;
  /** Of which this is a direction. */
  readonly test?: string;
  readonly direction?: "positive" | "negative";
}

/** `t1` of either of its directions. */
export const testName = ({ name, test }: Named): string => test ?? name;

/** Whether hypothesis h is the negative of the one in front of it. */
export const isMirrored = (hypotheses: readonly Pick<Named, "direction">[], h: number): boolean =>
  hypotheses[h]?.direction === "negative";

/** Places of the hypotheses that share a null distribution: the directions of a test, or all (-strong). In order. */
export function familiesOf(hypotheses: readonly Named[], strong: boolean): number[][] {
  const families = new Map<string, number[]>();
  for (const [h, hypothesis] of hypotheses.entries()) {
    const key = strong ? "" : testName(hypothesis);
    const family = families.get(key);
    if (family === undefined) families.set(key, [h]);
    else family.push(h);
  }
  return [...families.values()];
}
