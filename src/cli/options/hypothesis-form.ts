// The ways to say what is tested. The first two are MRtrix3's; the number of arguments tells which:
//   six   IN SUBJECTS DESIGN CONTRAST CONNECTIVITY OUT [-ftests FILE] [-fonly]      3.0.x: F-tests select rows of the contrast matrix
//   five  IN SUBJECTS DESIGN CONNECTIVITY OUT -ttests FILE [-ftest FILE]..          development branch: an F-test is a file of rows of weights
//   four  IN SUBJECTS CONNECTIVITY OUT --design-dir DIRECTORY, or --formula ..      ours: by names (named-design.ts)
// of mrclusterstats five, IN DESIGN CONTRAST MASK PREFIX, four, or three; of connectomestats five, IN ALGORITHM DESIGN CONTRAST PREFIX, four, or three; and of
// vectorstats four, IN DESIGN CONTRAST PREFIX, three, or two.
import type { NamedDesignOptions } from "../../app/analyse/options.js";
import { UsageError } from "../../errors.js";
import type { DesignOptions } from "./inference.js";
import { namedDesignOf } from "./named-design.js";

/** What every form says of the design. */
export interface DesignForm {
  readonly design: string;
  readonly named?: NamedDesignOptions;
  readonly contrast?: string;
  readonly ftests?: string;
  readonly fonly: boolean;
  readonly ttests?: string;
  readonly ftest?: readonly string[];
}

export interface HypothesisForm extends DesignForm {
  readonly input: string;
  readonly subjects: string;
  readonly connectivity: string;
  readonly output: string;
}

/** `paths`: four to six, as commander lets through. Throws UsageError for another number of them, and for options of another form. */
export function resolveHypothesisForm(paths: readonly string[], typed: DesignOptions): HypothesisForm {
  const form = designForm(paths, typed, FIXELS);
  const [input, subjects] = paths as [string, string];
  const [connectivity, output] = paths.slice(-2) as [string, string];
  return { input, subjects, connectivity, output, ...form };
}

/** `paths`: two to four. Throws UsageError as above. */
export function resolveVectorForm(paths: readonly string[], typed: DesignOptions) {
  const form = designForm(paths, typed, VECTORS);
  return { input: paths[0]!, prefix: paths.at(-1)!, ...form };
}

/** `paths`: three to five. Throws UsageError as above. */
export function resolveVoxelForm(paths: readonly string[], typed: DesignOptions) {
  const form = designForm(paths, typed, VOXELS);
  const [mask, prefix] = paths.slice(-2) as [string, string];
  return { input: paths[0]!, mask, prefix, ...form };
}

/** `paths`: three to five. Throws UsageError as above. */
export function resolveEdgeForm(paths: readonly string[], typed: DesignOptions) {
  const form = designForm(paths, typed, EDGES);
  const [input, algorithm] = paths as [string, string];
  return { input, algorithm, prefix: paths.at(-1)!, ...form };
}

/** The design stands behind what comes first, the contrasts behind it, and then the rest. */
function designForm(paths: readonly string[], typed: DesignOptions, form: Form): DesignForm {
  const named = namedDesignOf(typed);
  const nNamed = form.nFirst + form.nLast;
  if (named !== undefined) return { ...namedForm(paths.length, named, typed, form), fonly: false };
  if (paths.length === nNamed + 1) return { design: paths[form.nFirst]!, ...optionForm(typed, form) };
  if (paths.length === nNamed + 2) {
    const [design, contrast] = paths.slice(form.nFirst) as [string, string];
    return { design, contrast, ...positionalForm(typed, form) };
  }
  throw new UsageError(
    `Cannot run ${form.command}: expected ${form.withContrast} arguments (${form.names}), got ${NUMBERS[paths.length]}. ${capital(NUMBERS[nNamed]!)} are enough only with --design-dir or --formula.`,
  );
}

function namedForm(nPaths: number, named: NamedDesignOptions, typed: DesignOptions, form: Form) {
  const option = named.kind === "directory" ? "--design-dir" : "--formula";
  const { ftests, fonly, ttests, ftest } = typed;
  const other = Object.entries({ "-ftests": ftests, "-fonly": fonly, "-ttests": ttests, "-ftest": ftest }).find(
    ([, value]) => value !== undefined,
  );
  if (other !== undefined) {
    throw new UsageError(
      `Cannot use ${option} together with ${other[0]}: expected tests by name, got files as well. Leave one out.`,
    );
  }
  const nNamed = form.nFirst + form.nLast;
  if (nPaths !== nNamed) {
    throw new UsageError(
      `Cannot use ${option}: expected ${NUMBERS[nNamed]} arguments with it (${form.withoutDesign}), got ${NUMBERS[nPaths]}. It takes the place of the design and the contrasts: leave them out.`,
    );
  }
  return { design: named.kind === "directory" ? named.directory : named.phenotypes, named };
}

const NUMBERS = ["none", "one", "two", "three", "four", "five", "six"];
const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** How many arguments each form has, for messages. */
interface Form {
  readonly command: string;
  readonly names: string;
  readonly withoutDesign: string;
  /** Arguments before the design, and behind the contrasts. */
  readonly nFirst: number;
  readonly nLast: number;
  readonly withContrast: string;
  readonly without: string;
}

const FIXELS: Form = {
  command: "fixelcfestats",
  names: "input, subjects, design, contrast, connectivity, output",
  withoutDesign: "input, subjects, connectivity, output",
  nFirst: 2,
  nLast: 2,
  withContrast: "six",
  without: "five",
};
const VOXELS: Form = {
  command: "mrclusterstats",
  names: "input, design, contrast, mask, prefix",
  withoutDesign: "input, mask, prefix",
  nFirst: 1,
  nLast: 2,
  withContrast: "five",
  without: "four",
};
const EDGES: Form = {
  command: "connectomestats",
  names: "input, algorithm, design, contrast, prefix",
  withoutDesign: "input, algorithm, prefix",
  nFirst: 2,
  nLast: 1,
  withContrast: "five",
  without: "four",
};
const VECTORS: Form = {
  command: "vectorstats",
  names: "input, design, contrast, prefix",
  withoutDesign: "input, prefix",
  nFirst: 1,
  nLast: 1,
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
      `Cannot run ${form.command}: expected ${form.withContrast} arguments (${form.names}), got ${form.without}. ${capital(form.without)} are enough only with -ttests or -ftest.`,
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
