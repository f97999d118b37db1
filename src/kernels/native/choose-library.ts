// Which library multiplies: the first of this machine that is right and faster than the SIMD kernels, tried in a process of its own and then opened here.
import type { TileShape } from "../kernel-set.js";
import { errorOfProduct, mostErrorOf } from "./check-product.js";
import { coreTypes } from "./core-types.js";
import { type FoundLibrary, findLibraries } from "./find-libraries.js";
import type {
  NativeLibrary,
  NativeProduct,
  Precision,
  PrecisionReport,
  TrialOutcome,
  TrialReport,
  TrialRequest,
} from "./native-product.js";
import { openLibrary, prepareEnvironment } from "./open-library.js";
import { runTrial } from "./run-trial.js";

export interface TriedLibrary {
  readonly path: string;
  /** Asked for; undefined: as it detects. */
  readonly coreType?: string | undefined;
  /** Absent where it could not be tried to the end. */
  readonly report?: TrialReport;
  readonly verdict: string;
}

export interface LibrarySearch {
  readonly chosen: (NativeProduct & { readonly report: TrialReport }) | undefined;
  readonly tried: readonly TriedLibrary[];
  /** The user named the library. */
  readonly isNamed: boolean;
}

export interface SearchRequest extends Omit<TrialRequest, "path"> {
  /** False: the first library that is right, however slow. */
  readonly mustGain: boolean;
  /** Every kind of kernels of every library is tried. */
  readonly tryAll?: boolean;
}

/** Times the rate of the SIMD kernels: below, what differs from machine to machine is not worth it. */
export const LEAST_GAIN = 1.2;
/** With less another kind of kernels of the same library is tried too. */
const USUAL_GAIN = 1.5;
/** Rows of a tile at least: what libraries need for their full rate (RATIONALE.md). */
export const TILE_ROWS = 256;

export async function chooseLibrary(
  request: SearchRequest,
  libraries: readonly FoundLibrary[] = findLibraries({ platform: process.platform, env: process.env }),
  tryIt: typeof runTrial = runTrial,
): Promise<LibrarySearch> {
  const tried: TriedLibrary[] = [];
  const isNamed = libraries[0]?.kind === "named";
  let chosen: LibrarySearch["chosen"];
  for (const library of libraries) {
    const isOpen = chosen === undefined;
    let best = 0;
    for (const coreType of coreTypes(library)) {
      const given = { path: library.path, ...(coreType === undefined ? {} : { coreType }) };
      const outcome = await tryIt(request, given);
      const gain = gainOf(outcome);
      const least = request.mustGain ? LEAST_GAIN : 0;
      const { report, verdict } = judge(outcome, gain, least);
      tried.push({ ...given, ...(report && { report }), verdict });
      // of the first library that will do, the kind of kernels with the largest gain, or the first that has the usual one
      if (isOpen && report !== undefined && gain > Math.max(least, best) && best < USUAL_GAIN) {
        chosen = { library: given, tile: tileOf(report), report };
        best = gain;
      }
      if (best >= USUAL_GAIN && request.tryAll !== true) break;
    }
    if (chosen !== undefined && request.tryAll !== true) break;
  }
  if (chosen === undefined) return { chosen, tried, isNamed };
  const failure = openHere(chosen.library, request.precisions);
  if (failure === undefined) return { chosen, tried, isNamed };
  return { chosen: undefined, tried: [...tried, { ...chosen.library, verdict: failure }], isNamed };
}

const reportsOf = ({ precisions }: TrialReport): PrecisionReport[] => Object.values(precisions);

/** Of the first precision asked for: that of the job. 0: wrong, or not tried. */
function gainOf(outcome: TrialOutcome): number {
  if ("failure" in outcome) return 0;
  const reports = reportsOf(outcome.report);
  if (reports.length === 0 || reports.some(({ isRight }) => !isRight)) return 0;
  return reports[0]!.gflops / reports[0]!.simdGflops;
}

function judge(outcome: TrialOutcome, gain: number, least: number): { report?: TrialReport; verdict: string } {
  if ("failure" in outcome) return { verdict: outcome.failure };
  const { report } = outcome;
  const wrong = Object.entries(report.precisions).find(([, { isRight }]) => !isRight);
  if (wrong !== undefined) {
    const { error, mostError } = wrong[1];
    const verdict = `computes wrong products: expected errors below ${Number(mostError?.toPrecision(2))} of the sum, got ${error.toPrecision(2)}`;
    return { report, verdict };
  }
  const times = `${gain.toFixed(1)} times the rate of the SIMD kernels`;
  return { report, verdict: gain > least ? times : `${times}: expected ${least} to be worth it` };
}

const tileOf = (report: TrialReport): TileShape => ({
  rows: TILE_ROWS,
  columns: Math.max(...reportsOf(report).map(({ columns }) => columns)),
  sumsSlices: report.precisions.single?.sumsSlices === true,
});

/** What was tried in another process may be gone, or another file by now. Why it cannot be used; undefined: it can. */
function openHere(library: NativeLibrary, precisions: readonly Precision[]): string | undefined {
  prepareEnvironment(library);
  try {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    const { f64, f32 } = openLibrary(library).bind(memory.buffer);
    for (const precision of precisions) {
      const at = { gathered: 64, columns: 65536, product: 131072 };
      const kernel = precision === "double" ? f64 : f32;
      const error = errorOfProduct({ kernel, buffer: memory.buffer, precision, ...at }, { rows: 7, n: 33, width: 40 });
      if (!(error <= mostErrorOf(precision, 33))) return "computes wrong products in this process";
    }
    return undefined;
  } catch (error) {
    return `cannot be opened any more: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  }
}
