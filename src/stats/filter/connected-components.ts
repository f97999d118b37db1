// Clusters of fixels: grown from seeds in the order of their numbers, along the rows of their members. Rows are directed (i may know j and j not i), so the
// order of the seeds matters. Peer: fixel/filter/connect.cpp.

export interface ClusterInputs {
  /** f32 [nFixels]; NaN never takes part. */
  readonly values: Float32Array;
  /** float32: fixels of at least that take part. */
  readonly least: number;
  /** Calls `visit` with each fixel that the row of `fixel` connects it to strongly enough. */
  readonly forEachNeighbour: (fixel: number, visit: (other: number) => void) => void;
}

/**
 * Fills labels f32 [nFixels]: 1 for the largest cluster, and so on; of clusters of one size the one of the lower seed first; 0: in none. Returns the sizes in
 * that order. A step a seed or member.
 */
export function* labelClusters(inputs: ClusterInputs, labels: Float32Array): Generator<void, number[]> {
  const { values, least, forEachNeighbour } = inputs;
  labels.fill(0);
  const sizes: number[] = [];
  // every fixel is put on it once at most
  const stack = new Uint32Array(values.length);
  for (let seed = 0; seed < values.length; seed++) {
    if (labels[seed] !== 0 || !(values[seed]! >= least)) continue;
    const label = sizes.length + 1;
    labels[seed] = label;
    stack[0] = seed;
    let waiting = 1;
    let size = 1;
    const visit = (other: number) => {
      if (labels[other] !== 0 || !(values[other]! >= least)) return;
      labels[other] = label;
      stack[waiting++] = other;
      size++;
    };
    while (waiting > 0) {
      forEachNeighbour(stack[--waiting]!, visit);
      yield;
    }
    sizes.push(size);
  }
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const renamed = new Float32Array(sizes.length + 1);
  for (const [rank, i] of order.entries()) renamed[i + 1] = rank + 1;
  for (let fixel = 0; fixel < labels.length; fixel++) labels[fixel] = renamed[labels[fixel]!]!;
  return order.map((i) => sizes[i]!);
}
