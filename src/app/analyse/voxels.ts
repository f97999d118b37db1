// The row of voxels: a list of images and a mask, a store or a ModelArray file; TFCE or sizes of clusters; results are images on the mask's grid.
import { dirname, join } from "node:path";
import type { GraphEnhancement } from "../../engine/inputs.js";
import { InputError, UsageError } from "../../errors.js";
import { gridOfInput } from "../../formats/hdf5/voxel-order.js";
import { type VoxelGrid, voxelCells } from "../../formats/voxel-grid.js";
import { checkMaskAxes, readVoxelMask } from "../../formats/voxel-mask.js";
import { openImageResults } from "../../results/image-results.js";
import { sha256OfNumbers } from "../../run/run-plan.js";
import { formatCount } from "../../units.js";
import { VERSION } from "../../version.js";
import type { Warning } from "../../warnings.js";
import { orderWarnings } from "../inputs/input-source.js";
import type { VectorInput } from "../inputs/vector-input.js";
import { resolveVoxelInput } from "../inputs/voxel-input.js";
import { allElements } from "./all-elements.js";
import { analyse, type InferenceEvents, type InferenceSummary, type MergedShuffles, planAnalysis } from "./analyse.js";
import type { ColumnInput, DataInput } from "./data-input.js";
import type { ElementKind, ElementSelection, GraphPlan, ResolveContext } from "./element-kind.js";
import { TFCE_DEFAULTS, type VoxelStatsOptions } from "./options.js";
import type { PlanSummary } from "./plan/describe-plan.js";
import { readMaskImage } from "./plan/fixel-masks.js";
import { STEPS_IGNORED } from "./plan/tfce-warnings.js";
import { seedOf } from "./same-line.js";
import { listOf, takeListed } from "./select-subjects.js";

interface VoxelData extends DataInput {
  readonly grid: VoxelGrid;
  readonly maskWarnings: readonly Warning[];
}

const VOXELS: ElementKind<VoxelStatsOptions, VoxelData> = {
  kind: "voxel",
  elements: "voxels",
  leaveOut: "out of the mask",
  converted: "converted images",
  enhanced: ({ threshold }) => (threshold === undefined ? "tfce" : "clustersize"),
  checkParameters,
  defaultCache: ({ prefix }) => join(dirname(`${prefix}x`), ".fixelstream"),
  describeOutput: ({ prefix }) => `${prefix}*.mif`,
  shardsOf: ({ prefix }) => `${prefix}.shards`,
  describeEarlier: ({ prefix }) => `, ${prefix}*.mif,`,
  async resolveInput(options, context) {
    const { input, mask } = options;
    const image = context.files.image("mask", mask, (header) => checkMaskAxes(header, mask));
    const { grid: ofMask, warnings } = readVoxelMask(image);
    image.close();
    const grid = await gridOfInput(input, { path: mask, grid: ofMask }, context.signal);
    const found = await resolveVoxelInput({ ...sourceOptions(options, context, grid, "subjectList"), input });
    const whole = { ...sourceOf(found, input), grid, maskWarnings: warnings };
    return await takeListed(whole, options.subjects, context.files);
  },
  async resolveColumns(options, { nSubjects, subjects, grid }, context) {
    const columns: ColumnInput[] = [];
    for (const [i, path] of (options.column ?? []).entries()) {
      const given = sourceOptions({ ...options, scalar: undefined }, context, grid, `column${i + 1}`);
      const whole = sourceOf(await resolveVoxelInput({ ...given, input: path, isColumn: true }), path);
      const found = await takeListed(whole, listOf(options, whole), context.files);
      if (found.nSubjects !== nSubjects) {
        throw new InputError(
          `Cannot use ${path} for -column: expected ${formatCount(nSubjects, "images")} (one per subject, in their order), got ${found.nSubjects}. Correct the list.`,
          { path },
        );
      }
      const warnings = [...(found.warnings ?? []), ...orderWarnings(path, found.subjects, subjects)];
      columns.push({ ...found, warnings });
    }
    return columns;
  },
  selectElements(options, { nElements, grid, maskWarnings: ofMask }, files): ElementSelection {
    const { posthoc, mask, notest } = options;
    const maskWarnings = [...ofMask, ...ignoredOptions(options)];
    const columns = allElements(nElements);
    const common = { columns, elementOf: undefined };
    if (posthoc === undefined) return { ...common, eligible: undefined, nEligible: nElements, warnings: maskWarnings };
    const { inside, warnings } = readMaskImage("posthoc", posthoc, files, ({ dimensions }) => {
      const [expected, got] = [grid.dimensions.join(" x "), dimensions.join(" x ")];
      if (expected === got) return;
      throw new InputError(
        `Cannot use -posthoc ${posthoc}: expected ${expected} voxels, as the mask ${mask} has, got ${got}. Make it on the mask's grid.`,
        { path: posthoc },
      );
    });
    const eligible = Uint8Array.from(grid.places, (place) => inside[place]!);
    const count = (of: Uint8Array) => of.reduce((sum, value) => sum + value, 0);
    const [nInside, nEligible] = [count(inside), count(eligible)];
    if (nEligible === 0) {
      throw new InputError(
        `Cannot use -posthoc ${posthoc}: expected voxels that are in the mask ${mask} too, got ${nInside} of which none is. Give masks that overlap.`,
        { path: posthoc },
      );
    }
    if (nEligible < nInside) {
      warnings.push({
        tag: "posthoc-outside-mask",
        message: `${nInside - nEligible} of ${nInside} voxels in -posthoc ${posthoc} are not in the mask ${mask}: they are not tested.`,
      });
    }
    if (notest)
      warnings.push({ tag: "posthoc-without-test", message: "-posthoc has no effect together with -notest." });
    return { ...common, eligible, nEligible, warnings: [...maskWarnings, ...warnings] };
  },
  resolveEnhancement: (options, { grid }) => graphPlan(options, grid),
  openResults(options, { grid }, _, what) {
    const { prefix, force, connectivity, threshold, tfceDh, tfceE, tfceH, tfceExact, command, nonstationarity } =
      options;
    const parameters =
      threshold === undefined
        ? [
            ...(tfceExact === true ? [["tfce_exact", 1] as const] : [["tfce_dh", tfceDh] as const]),
            ["tfce_e", tfceE] as const,
            ["tfce_h", tfceH] as const,
          ]
        : [["threshold", threshold] as const];
    return openImageResults({
      ...{ ...what, prefix, grid, overwrite: force, commandHistory: `${command}  (version=${VERSION})` },
      entries: [
        ["26 connectivity", connectivity ? "1" : "0"],
        ["nonstationary adjustment", nonstationarity === true ? "1" : "0"],
        ...parameters.map(([key, value]) => [key, inFull(value)] as const),
      ],
    });
  },
  describeProblem: ({ grid }) => ({ dimensions: grid.dimensions }),
};

const ignoredOptions = ({ tfceExact, tfceDh }: VoxelStatsOptions): Warning[] =>
  tfceExact === true && tfceDh !== TFCE_DEFAULTS.tfceDh ? [STEPS_IGNORED] : [];

/** Seventeen digits, as the peer writes parameters: 0.1 is 0.10000000000000001. */
const inFull = (value: number): string => {
  const [digits, exponent] = value.toPrecision(17).split("e");
  const short = digits!.includes(".") ? digits!.replace(/\.?0+$/, "") : digits!;
  return exponent === undefined ? short : `${short}e${exponent}`;
};

function sourceOptions(
  { scalar, memoryBytes, io, verify, verifyInputs, command, mask }: VoxelStatsOptions,
  { cache, signal, files }: ResolveContext,
  grid: VoxelGrid,
  role: string,
) {
  const readList = (path: string) => files.list(role, path);
  return {
    ...{ scalar, memoryBytes, io, verify, verifyInputs, command, cache, signal, readList },
    mask: { path: mask, grid },
  };
}

/** Images are looked at when they are resolved. */
const sourceOf = (found: VectorInput, subjectsFrom: string) => ({
  ...{ ...found, subjectsFrom, searchedIn: undefined },
  async checkSources() {},
});

function graphPlan(options: VoxelStatsOptions, grid: VoxelGrid): GraphPlan {
  const connectivity = options.connectivity ? 26 : 6;
  const { tfceDh: dh, tfceE: extentPower, tfceH: heightPower } = options;
  const graph = { places: sha256OfNumbers(grid.places), dimensions: grid.dimensions, connectivity } as const;
  const common = { kind: "graph", neighbours: voxelCells(grid, connectivity) } as const;
  if (options.threshold === undefined && options.tfceExact === true) {
    const enhancement: GraphEnhancement = { ...common, heights: { kind: "all" }, extentPower, heightPower };
    return { kind: "graph", enhancement, identity: { kind: "tfce-exact", extentPower, heightPower, graph } };
  }
  if (options.threshold === undefined) {
    const heights = { kind: "steps", dh, strict: true, rounded: true } as const;
    const enhancement: GraphEnhancement = { ...common, heights, extentPower, heightPower };
    return { kind: "graph", enhancement, identity: { kind: "tfce", dh, extentPower, heightPower, graph } };
  }
  // MRtrix3 compares with the threshold as float32
  const heights = { kind: "one", height: Math.fround(options.threshold), strict: true } as const;
  const enhancement: GraphEnhancement = { ...common, heights, extentPower: 1, heightPower: 0 };
  return { kind: "graph", enhancement, identity: { kind: "cluster", threshold: options.threshold, graph } };
}

function checkParameters({ tfceDh, tfceE, tfceH, tfceExact, threshold, nonstationarity }: VoxelStatsOptions): void {
  if (!(tfceDh > 0)) throw new UsageError(`Cannot use -tfce_dh ${tfceDh}: expected a number above 0.`);
  for (const [name, value] of [
    ["-tfce_e", tfceE],
    ["-tfce_h", tfceH],
  ] as const) {
    if (!(value >= 0)) throw new UsageError(`Cannot use ${name} ${value}: expected a number of 0 or more.`);
  }
  if (threshold !== undefined && !(threshold >= 1e-6))
    throw new UsageError(`Cannot use -threshold ${threshold}: expected a number of 1e-6 or more, a Z.`);
  if (threshold !== undefined && tfceExact === true) {
    throw new UsageError(
      "Cannot use --tfce-exact together with -threshold: expected TFCE, which has an integral over heights, got sizes of clusters at one. Leave one out.",
    );
  }
  if (threshold !== undefined && nonstationarity === true) {
    throw new UsageError(
      "Cannot use -nonstationarity together with -threshold: expected TFCE, of which there is a correction, got sizes of clusters. Leave one out.",
    );
  }
}

/** mrclusterstats. Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; no results are left then. */
export const inferVoxels = (options: VoxelStatsOptions, events?: InferenceEvents): Promise<InferenceSummary> =>
  analyse(VOXELS, options, events);

/** As inferVoxels, of shuffles that were computed before: all of the plan's. Throws ShardMismatchError for those of another plan. */
export const mergeVoxels = (
  options: VoxelStatsOptions,
  events: InferenceEvents,
  merged: MergedShuffles,
): Promise<InferenceSummary> => analyse(VOXELS, options, events, merged);

/** As seedOf. */
export const seedOfVoxels = (options: VoxelStatsOptions): number => seedOf(VOXELS, options);

/** mrclusterstats --dry-run: checks everything, and leaves nothing behind. Throws as inferVoxels. */
export const planVoxels = (options: VoxelStatsOptions, events?: InferenceEvents): Promise<PlanSummary> =>
  planAnalysis(VOXELS, options, events);
