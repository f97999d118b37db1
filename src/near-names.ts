// Which of the names that exist was meant by one that does not.

/** Of `names` the closest, at most three: a letter in three may be wrong, missing, too many or in its neighbour's place. */
export function nearest(typed: string, names: readonly string[]): string[] {
  const most = Math.max(1, Math.floor(typed.length / 3));
  const near = names
    .map((name) => ({ name, distance: distanceOf(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return near
    .filter(({ distance }) => distance === near[0]!.distance)
    .map(({ name }) => name)
    .slice(0, 3);
}

/** As nearest; else those that contain `typed`: `patient` of `grouppatient`. */
export function meant(typed: string, names: readonly string[]): string[] {
  const near = nearest(typed, names);
  if (near.length > 0 || typed.length < LEAST_PART) return near;
  return names.filter((name) => name.toLowerCase().includes(typed.toLowerCase())).slice(0, 3);
}

/** Characters that are enough of a name to find it by. */
const LEAST_PART = 3;

/** Damerau and Levenshtein's, of adjacent letters: V. I. Levenshtein, Soviet Physics Doklady 1966, 10:707. */
function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + other);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** ` Did you mean -mask or -force?`, with a blank in front; nothing where nothing is near. */
export const didYouMean = (names: readonly string[]): string =>
  names.length === 0 ? "" : ` Did you mean ${names.join(" or ")}?`;
