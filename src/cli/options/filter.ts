// Options of fixelfilter, and which of them belong to which filter. Names are MRtrix3's.
import type { Command } from "commander";
import {
  FILTER_DEFAULTS,
  type FilterName,
  type FixelFilterOptions,
  type PeerVersion,
} from "../../app/filter/options.js";
import { UsageError } from "../../errors.js";
import type { Warning } from "../../warnings.js";
import { didYouMean, nearest } from "../near-miss.js";
import { declare } from "./declare.js";
import type { ProgressOptions, StandardOptions } from "./standard.js";

export type FilterTyped = StandardOptions &
  ProgressOptions & {
    readonly memory: number;
    readonly threads?: number;
    readonly nthreads?: number;
    readonly matrix?: string;
    readonly fwhm?: number;
    readonly minweight?: number;
    readonly mask?: string;
    readonly threshold_value?: number;
    readonly threshold_connectivity?: number;
    readonly cfe_dh?: number;
    readonly cfe_e?: number;
    readonly cfe_h?: number;
    readonly cfe_c?: number;
    readonly cfe_legacy?: boolean;
    readonly like: PeerVersion;
    readonly kernels: "auto" | "simd" | "reference";
    readonly scalar?: string;
    readonly template?: string;
    readonly json?: boolean;
  };

const FILTERS: readonly FilterName[] = ["smooth", "connect", "cfe"];
/** Options of one filter alone. */
const OWN: Readonly<Record<string, FilterName>> = {
  fwhm: "smooth",
  minweight: "smooth",
  threshold_value: "connect",
  threshold_connectivity: "connect",
  cfe_dh: "cfe",
  cfe_e: "cfe",
  cfe_h: "cfe",
  cfe_c: "cfe",
  cfe_legacy: "cfe",
};

export function addFilterOptions(command: Command): Command {
  const { fwhm, minweight, thresholdValue, thresholdConnectivity } = FILTER_DEFAULTS;
  declare(command.optionsGroup("Options of all filters"))
    .word("matrix", "directory", "fixel-fixel connectivity matrix, made by fixelconnectivity; required")
    .file("mask", "fixel data file: only fixels that round to something else than 0 in it are filtered, and used")
    .choice("like", ["3.0", "dev"], "which MRtrix3 to be like where a fixel has nothing to be computed from", {
      default: "3.0",
    })
    .word("scalar", "name", "which scalar of a store or an .h5 (default: FD, or the only one)")
    .word(
      "template",
      "directory",
      "fixel directory that a cohort.h5 was made with, where it has no /fixels and /voxels",
    )
    .choice("kernels", ["auto", "simd", "reference"], "hot loops: SIMD, or plain ones for comparison", {
      default: "auto",
    })
    .flag("json", "the summary as JSON on standard output");
  declare(command.optionsGroup("Options of smooth"))
    .number("fwhm", `full width at half maximum of the Gaussian, mm (default: ${fwhm})`)
    .number("minweight", `connections of a lower weight do not count (default: ${minweight})`);
  declare(command.optionsGroup("Options of connect"))
    .number("threshold_value", `fixels of at least this value take part (default: ${thresholdValue})`)
    .number("threshold_connectivity", `connections of at least this value join (default: ${thresholdConnectivity})`);
  return declare(command.optionsGroup("Options of cfe"))
    .number("cfe_dh", `height increment of the integral (default: ${FILTER_DEFAULTS.cfeDh})`)
    .number("cfe_e", `exponent of the extent (default: ${FILTER_DEFAULTS.cfeE})`)
    .number("cfe_h", `exponent of the height (default: ${FILTER_DEFAULTS.cfeH})`)
    .number("cfe_c", `exponent of the connectivity (default: ${FILTER_DEFAULTS.cfeC})`)
    .flag("cfe_legacy", "the original expression, not normalised by the connectivity").command;
}

type Resolved = Omit<FixelFilterOptions, "input" | "output" | "nThreads" | "memoryBytes" | "command" | "force">;

/** Throws UsageError: no such filter, no matrix, a width or weight below 0. Options of another filter are said not to be used, as the peer does. */
export function resolveFilterOptions(
  filter: string,
  typed: FilterTyped,
  onWarning: (warning: Warning) => void,
): Resolved {
  if (!isFilter(filter)) {
    const near = nearest(filter, FILTERS);
    throw new UsageError(`Unknown filter ${filter}.${didYouMean(near)} Use one of: ${FILTERS.join(", ")}.`);
  }
  const { matrix, mask, like, scalar, template, kernels } = typed;
  if (matrix === undefined) {
    throw new UsageError(
      `Cannot run fixelfilter: expected -matrix DIRECTORY, the connectivity that ${filter} runs over, got none. fixelconnectivity makes it.`,
    );
  }
  for (const [name, own] of Object.entries(OWN)) {
    if (own === filter || !(name in typed)) continue;
    onWarning({
      tag: "ignored-option",
      message: `-${name} is not used: it is an option of ${own}, not of ${filter}.`,
    });
  }
  const { fwhm, minweight, thresholdValue, thresholdConnectivity } = FILTER_DEFAULTS;
  return {
    ...{ filter, matrix, mask, like, scalar, template, kernels },
    fwhm: atLeastZero("fwhm", typed.fwhm ?? fwhm, "mm"),
    minweight: atLeastZero("minweight", typed.minweight ?? minweight, "a weight"),
    thresholdValue: typed.threshold_value ?? thresholdValue,
    thresholdConnectivity: typed.threshold_connectivity ?? thresholdConnectivity,
    cfeDh: aboveZero("cfe_dh", typed.cfe_dh ?? FILTER_DEFAULTS.cfeDh),
    cfeE: atLeastZero("cfe_e", typed.cfe_e ?? FILTER_DEFAULTS.cfeE, "an exponent"),
    cfeH: atLeastZero("cfe_h", typed.cfe_h ?? FILTER_DEFAULTS.cfeH, "an exponent"),
    cfeC: atLeastZero("cfe_c", typed.cfe_c ?? FILTER_DEFAULTS.cfeC, "an exponent"),
    cfeLegacy: typed.cfe_legacy ?? false,
  };
}

const isFilter = (name: string): name is FilterName => (FILTERS as readonly string[]).includes(name);

function atLeastZero(name: string, value: number, what: string): number {
  if (value >= 0) return value;
  throw new UsageError(`Cannot use -${name} ${value}: expected ${what} of 0 or more.`);
}

function aboveZero(name: string, value: number): number {
  if (value > 0) return value;
  throw new UsageError(`Cannot use -${name} ${value}: expected a number above 0.`);
}
