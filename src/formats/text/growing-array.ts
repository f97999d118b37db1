// Numbers of a text, of which nobody knows how many there are.

/** Doubles as it fills. A million columns must not pass through an argument list. */
export function createGrowingArray() {
  let values = new Float64Array(1024);
  let used = 0;
  return {
    push(value: number): void {
      if (used === values.length) {
        const larger = new Float64Array(2 * used);
        larger.set(values);
        values = larger;
      }
      values[used++] = value;
    },
    length: () => used,
    take: () => values.slice(0, used),
  };
}
