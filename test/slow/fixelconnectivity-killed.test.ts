// Thirty moments of a run drawn from a seed, half of them of the whole of it, and half of its short phases: see test/connectivity/killed.test.ts. Needs `npm run build`.
import { expect, it } from "vitest";
import { type KilledIn, type Moment, openKillTrial } from "../support/killed-connectivity.js";
import { createRandom } from "../support/seeded-random.js";

const KILLS = 30;
const PHASES = ["mapping", "counting", "publishing"] as const;
/** After a phase has begun, at most. */
const PHASE_MS = 60;

it("kill -9 at 30 random moments", async () => {
  const trial = openKillTrial(2500);
  const random = createRandom(Number(process.env["KILL_SEED"] ?? 1));
  const found = new Map<KilledIn, number>();
  for (let i = 0; i < KILLS; i++) {
    const moment: Moment =
      i % 2 === 0
        ? { ms: random.uniform() * 1.05 * trial.wholeMs() }
        : { from: PHASES[((i - 1) / 2) % PHASES.length], ms: random.uniform() * PHASE_MS };
    const phase = await trial.killAt(moment);
    found.set(phase, (found.get(phase) ?? 0) + 1);
  }
  process.stderr.write(`${JSON.stringify([...found])}\n`);
  for (const phase of ["start", ...PHASES] as const) expect(found.get(phase), phase).toBeGreaterThan(0);
}, 1_800_000);
