// Arguments in another's place: found by what they are, once a command has refused them.
import { shellWord } from "../../shell-word.js";
import { type ArgumentKind, type ArgumentLook, lookAtArgument } from "./path-kind.js";

/** A table with a column of names alone looks like a list, one of names and numbers like a matrix. */
const MODEL: Readonly<Record<string, readonly ArgumentKind[]>> = {
  input: ["fixels", "store", "hdf5", "numbers", "list"],
  cohort: ["table", "list", "numbers"],
  formula: ["formula"],
  out: ["new", "word", "directory", "fixels", "hdf5", "table", "numbers"],
};

/** What may stand where, by the names of arguments in the command's own definition. */
const FITS: Readonly<Record<string, Readonly<Record<string, readonly ArgumentKind[]>>>> = {
  fixelcfestats: {
    input: ["fixels", "store", "hdf5"],
    subjects: ["list", "dash"],
    design: ["numbers"],
    contrast: ["numbers"],
    connectivity: ["matrix"],
    output: ["new", "word", "directory", "fixels"],
  },
  mrclusterstats: {
    input: ["list", "store", "hdf5"],
    design: ["numbers"],
    contrast: ["numbers"],
    mask: ["image"],
    prefix: ["new", "word", "directory"],
  },
  connectomestats: {
    input: ["list", "store"],
    algorithm: ["word"],
    design: ["numbers"],
    contrast: ["numbers"],
    prefix: ["new", "word", "directory"],
  },
  vectorstats: {
    input: ["list", "store", "numbers"],
    design: ["numbers"],
    contrast: ["numbers"],
    prefix: ["new", "word", "directory"],
  },
  lm: MODEL,
  gam: MODEL,
  design: { table: ["table", "list", "numbers"], formula: ["formula"] },
  "convert fixels": { input: ["fixels"], subjects: ["list"], output: ["new", "word", "store", "hdf5"] },
  "convert voxels": { list: ["list"], mask: ["image"], output: ["new", "word", "store"] },
  "convert edges": { list: ["list"], output: ["new", "word", "store"] },
  "convert vectors": { list: ["list", "numbers"], output: ["new", "word", "store"] },
  "convert modelarray": { input: ["hdf5"], output: ["new", "word", "store"] },
  "convert cohort": { table: ["table", "list"], output: ["new", "word", "store", "hdf5"] },
  fixelfilter: { input: ["image", "fixels", "store"], filter: ["word"], output: ["new", "image", "word", "store"] },
  fixelconnectivity: {
    fixel_directory: ["fixels"],
    tracks: ["tracks"],
    matrix: ["new", "word", "matrix", "directory"],
  },
};

const NAMES: Readonly<Partial<Record<ArgumentKind, string>>> = {
  fixels: "a fixel directory",
  matrix: "a connectivity matrix",
  store: "a store",
  image: "an image",
  tracks: "a file of streamlines",
  hdf5: "an .h5",
  list: "a list of names",
  numbers: "a matrix of numbers",
  table: "a table with words in it",
  formula: "a formula",
};

interface Given {
  readonly text: string;
  readonly look: ArgumentLook;
}

/**
 * A sentence with the command line as it was probably meant; undefined: the arguments may stand where they do, or no other order is better.
 * `names`: of the arguments that were given, in their order.
 */
export function explainOrder(command: string, names: readonly string[], texts: readonly string[]): string | undefined {
  const fits = FITS[command];
  if (fits === undefined || names.length !== texts.length) return undefined;
  const given = texts.map((text) => ({ text, look: lookAtArgument(text) }));
  const misfits = names.filter((name, i) => !isFit(fits[name], given[i]!.look));
  // a place that is taken is refused for itself
  if (misfits.length > 0 && misfits.every((name) => ["output", "prefix", "out"].includes(name))) return undefined;
  if (misfits.length === 0 && !areSwapped(names, given)) return undefined;
  const meant = orders(given).find(
    (order) => order.every(({ look }, i) => isFit(fits[names[i]!], look)) && !areSwapped(names, order),
  );
  if (meant === undefined || meant.every(({ text }, i) => text === texts[i])) return undefined;
  const moved = given.flatMap(({ text, look }, i) => {
    if (meant[i]!.text === text) return [];
    const what = describe(look);
    return what === undefined ? [] : [`${text}, given as ${names[i]}, is ${what}`];
  });
  const line = ["fixelstream", command, ...meant.map(({ text }) => shellWord(text))].join(" ");
  return `Arguments of ${command} stand in another order than it takes (${names.join(", ")}): ${moved.join("; ")}. Did you mean: ${line}?`;
}

/** `convert fd/ list out.fxs`: what the data are was left out. Undefined: `data` is none. */
export function explainData(data: string): string | undefined {
  const { kind: look } = lookAtArgument(data);
  if (["new", "word", "dash"].includes(look)) return undefined;
  const kind = look === "fixels" ? "fixels" : look === "hdf5" ? "modelarray" : undefined;
  const line = kind === undefined ? "" : `: fixelstream convert ${kind} ${shellWord(data)}`;
  return `${data} is data: say what it is before it${line}.`;
}

/** Of whoever has a row in a table. */
const SUBJECT_TITLE = /^"?(participant|subject|sub|id|name|participants|subjects)(_?id)?"?$/i;

/** What to do about a design that is the table of subjects, or a list; undefined: it is neither. `names`, `texts`: as above. */
export function explainDesign(names: readonly string[], texts: readonly string[]): string | undefined {
  const design = names.length === texts.length ? texts[names.indexOf("design")] : undefined;
  if (design === undefined) return undefined;
  const { kind, title = "" } = lookAtArgument(design);
  const what = kind === "list" ? "a list of names" : SUBJECT_TITLE.test(title) ? "a table of the subjects" : undefined;
  if (what === undefined) return undefined;
  return `${design} is ${what}, and a design is numbers alone: a row a subject in their order, 1 for the intercept, groups as 0 and 1, ages and the like as they are.`;
}

const isFit = (kinds: readonly ArgumentKind[] | undefined, { kind }: ArgumentLook): boolean =>
  kinds === undefined || kind === "unknown" || kinds.includes(kind);

function describe({ kind, nRows, nColumns }: ArgumentLook): string | undefined {
  const what = NAMES[kind];
  if (what === undefined || kind !== "numbers" || nRows === undefined) return what;
  return `${what}, ${nRows} x ${nColumns}`;
}

/** Design and contrasts are both numbers: a design has a row a subject, and contrasts a column for each of the design's. */
function areSwapped(names: readonly string[], given: readonly Given[]): boolean {
  const lookOf = (...wanted: string[]) => given[names.findIndex((name) => wanted.includes(name))]?.look;
  const [design, contrast, list] = [lookOf("design"), lookOf("contrast"), lookOf("subjects", "input")];
  if (design?.nRows === undefined || contrast?.nRows === undefined) return false;
  if (design.nColumns !== contrast.nColumns) return false;
  const nSubjects = list?.kind === "list" || list?.kind === "numbers" ? list.nRows : undefined;
  return nSubjects === undefined
    ? design.nRows < contrast.nRows
    : design.nRows !== nSubjects && contrast.nRows === nSubjects;
}

/** Every order, those that move least first. */
function orders(given: readonly Given[]): Given[][] {
  const all = permutations(given);
  const moved = (order: readonly Given[]) => order.filter((one, i) => one !== given[i]).length;
  return all.sort((a, b) => moved(a) - moved(b));
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}
