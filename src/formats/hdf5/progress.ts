// What the main thread sees of a worker that is busy: how many times it has read or written, and whether it waits for the disk now.

const [COUNT, WAITING] = [0, 1] as const;

/** The worker's; undefined where libhdf5 runs without one, in tests. */
let shared: Int32Array | undefined;

/** Memory for two numbers. */
export function createProgress(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

export function reportProgressTo(buffer: SharedArrayBuffer): void {
  shared = new Int32Array(buffer);
}

export function beginCall(): void {
  if (shared !== undefined) Atomics.store(shared, WAITING, 1);
}

export function endCall(): void {
  if (shared === undefined) return;
  Atomics.add(shared, COUNT, 1);
  Atomics.store(shared, WAITING, 0);
}

/** Another number, or NaN while the disk is waited for, after anything has moved. */
export function readProgress(buffer: SharedArrayBuffer): number {
  const numbers = new Int32Array(buffer);
  return Atomics.load(numbers, WAITING) === 1 ? Number.NaN : Atomics.load(numbers, COUNT);
}
