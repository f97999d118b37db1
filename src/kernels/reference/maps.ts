// Reference of what is kept of one enhanced map. Contract: ../CONTRACTS.md.

export interface ReduceMapInputs {
  readonly enhanced: Float32Array;
  readonly defaults: Float32Array;
  readonly eligible: Uint8Array | undefined;
}

export function reduceMap(
  { enhanced, defaults, eligible }: ReduceMapInputs,
  counters: Uint32Array,
  maximum: Float32Array,
  maximumElement: Uint32Array,
): void {
  for (let e = 0; e < enhanced.length; e++) {
    const value = enhanced[e]!;
    if (value < defaults[e]!) counters[e]!++;
    if (!(value > 0) || eligible?.[e] === 0) continue;
    if (value > maximum[0]! || (value === maximum[0]! && e < maximumElement[0]!)) {
      maximum[0] = value;
      maximumElement[0] = e;
    }
  }
}
