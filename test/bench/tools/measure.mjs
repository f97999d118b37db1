// Times functions against each other, and checks what they answered.

/**
 * Runs every variant once a round, in turn, so that a busy machine hurts all alike; processor time, so that waiting for a core does not count.
 * @param {Record<string, () => void>} variants
 * @returns {Record<string, number>} best milliseconds of processor time of each; the first round only warms up
 */
export function bestOf(variants, rounds) {
  const best = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(variants)) {
      const start = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(start);
      const ms = (user + system) / 1e3;
      if (round > 0) best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, ms);
    }
  }
  return best;
}

export class WrongAnswer extends Error {}

/** A fast wrong answer is worth nothing. */
export function expectSame(what, got, expected) {
  if (!Object.is(got, expected)) throw new WrongAnswer(`${what}: expected ${expected}, got ${got}`);
}

export function expectClose(what, got, expected, relative, absolute = 0) {
  if (Math.abs(got - expected) <= absolute + relative * Math.abs(expected)) return;
  throw new WrongAnswer(`${what}: expected ${expected} within ${relative} (relative), got ${got}`);
}

export function expectTrue(what, holds) {
  if (!holds) throw new WrongAnswer(what);
}
