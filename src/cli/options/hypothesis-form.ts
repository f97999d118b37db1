// The two ways of MRtrix3 to say what is tested. The number of arguments tells which:
//   six   IN SUBJECTS DESIGN CONTRAST CONNECTIVITY OUT [-ftests FILE] [-fonly]      3.0.x: F-tests select rows of the contrast matrix
//   five  IN SUBJECTS DESIGN CONNECTIVITY OUT -ttests FILE [-ftest FILE]..          development branch: an F-test is a file of rows of weights
// of mrclusterstats five, IN DESIGN CONTRAST MASK PREFIX, or four; of connectomestats five, IN ALGORITHM DESIGN CONTRAST PREFIX, or four; and of vectorstats four, IN DESIGN CONTRAST PREFIX, or three.
import { UsageError } from "../../errors.js";
import type { DesignOptions } from "./inference.js";

export interface HypothesisForm {
  readonly input: string;
  readonly subjects: string;
  readonly design: string;
  readonly connectivity: string;
  readonly output: string;
  readonly contrast?: string;
  readonly ftests?: string;
  readonly fonly: boolean;
  readonly ttests?: string;
  readonly ftest?: readonly string[];
}

/** `paths`: five or six, as commander lets through. Throws UsageError for options of the other form. */
export function resolveHypothesisForm(paths: readonly string[], typed: DesignOptions): HypothesisForm {
  const [input, subjects, design] = paths as [string, string, string];
  const [connectivity, output] = paths.slice(-2) as [string, string];
  const common = { input, subjects, design, connectivity, output };
  return paths.length === 5
    ? { ...common, ...optionForm(typed, FIXELS) }
    : { ...common, contrast: paths[3]!, ...positionalForm(typed, FIXELS) };
}

/** `paths`: three or four. Throws UsageError as above. */
export function resolveVectorForm(paths: readonly string[], typed: DesignOptions) {
  const [input, design] = paths as [string, string];
  const common = { input, design, prefix: paths.at(-1)! };
  return paths.length === 3
    ? { ...common, ...optionForm(typed, VECTORS) }
    : { ...common, contrast: paths[2]!, ...positionalForm(typed, VECTORS) };
}

/** `paths`: four or five. Throws UsageError as above. */
export function resolveVoxelForm(paths: readonly string[], typed: DesignOptions) {
  const [input, design] = paths as [string, string];
  const [mask, prefix] = paths.slice(-2) as [string, string];
  const common = { input, design, mask, prefix };
  return paths.length === 4
    ? { ...common, ...optionForm(typed, VOXELS) }
    : { ...common, contrast: paths[2]!, ...positionalForm(typed, VOXELS) };
}

/** `paths`: four or five. Throws UsageError as above. */
export function resolveEdgeForm(paths: readonly string[], typed: DesignOptions) {
  const [input, algorithm, design] = paths as [string, string, string];
  const common = { input, algorithm, design, prefix: paths.at(-1)! };
  return paths.length === 4
    ? { ...common, ...optionForm(typed, EDGES) }
    : { ...common, contrast: paths[3]!, ...positionalForm(typed, EDGES) };
}

/** How many arguments each form has, for messages. */
interface Form {
  readonly command: string;
  readonly names: string;
  readonly withContrast: string;
  readonly without: string;
}

const FIXELS: Form = {
  command: "fixelcfestats",
  names: "input, subjects, design, contrast, connectivity, output",
  withContrast: "six",
  without: "five",
};
const VOXELS: Form = {
  command: "mrclusterstats",
  names: "input, design, contrast, mask, prefix",
  withContrast: "five",
  without: "four",
};
const EDGES: Form = {
  command: "connectomestats",
  names: "input, algorithm, design, contrast, prefix",
  withContrast: "five",
  without: "four",
};
const VECTORS: Form = {
  command: "vectorstats",
  names: "input, design, contrast, prefix",
  withContrast: "four",
  without: "three",
};

function positionalForm({ ftests, fonly, ttests, ftest }: DesignOptions, form: Form) {
  // 3.0.x understands -ftest as the beginning of -ftests.
  const selectors = ftests ?? (ftest?.length === 1 ? ftest[0] : undefined);
  const extra =
    ttests !== undefined ? "-ttests" : selectors === undefined && ftest !== undefined ? "-ftest" : undefined;
  if (extra !== undefined) {
    throw new UsageError(
      `Cannot use ${extra} beside a contrast matrix: expected ${form.without} arguments with it, got ${form.withContrast}. Leave the contrast matrix out of the arguments, or use -ftests.`,
    );
  }
  return { fonly: fonly ?? false, ...(selectors === undefined ? {} : { ftests: selectors }) };
}

function optionForm({ ftests, fonly, ttests, ftest }: DesignOptions, form: Form) {
  if (ttests === undefined && ftest === undefined) {
    throw new UsageError(
      `Cannot run ${form.command}: expected ${form.withContrast} arguments (${form.names}), got ${form.without}. ${form.without[0]!.toUpperCase()}${form.without.slice(1)} are enough only with -ttests or -ftest.`,
    );
  }
  if (ftests !== undefined || fonly) {
    const remedy = fonly ? "Leave -ttests out instead." : "Give the rows of each F-test with -ftest.";
    throw new UsageError(
      `Cannot use ${fonly ? "-fonly" : "-ftests"} without a contrast matrix among the arguments: expected ${form.withContrast} arguments with it, got ${form.without}. ${remedy}`,
    );
  }
  return { fonly: false, ...(ttests === undefined ? {} : { ttests }), ...(ftest === undefined ? {} : { ftest }) };
}
