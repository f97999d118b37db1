// What may be called in a formula. Arguments are matched as R does: by name, then by place.
import { DesignError } from "../../errors.js";
import { sortedTexts } from "./data-table.js";
import { formatNumber } from "./expression.js";
import { orthogonalPolynomials } from "./orthogonal-polynomials.js";
import { bSplineBasis, naturalSplineBasis, type SplineOptions, SplineProblem } from "./spline-bases.js";
import { type ContrastName, type Factor, lengthOf, type Numbers, numbers, type Value } from "./value.js";

export interface GivenArgument {
  readonly name: string | undefined;
  readonly value: Value;
  /** As it was written. */
  readonly text: string;
}

interface Place {
  readonly nRows: number;
  /** The call, for messages. */
  readonly text: string;
}

type Call = (given: readonly GivenArgument[], place: Place) => Value;

function refuse(place: Place, expected: string, got: string, what = "Correct the call."): DesignError {
  return new DesignError([`Cannot compute ${place.text}: expected ${expected}, got ${got}. ${what}`]);
}

/** The arguments of a call by the names of its parameters. Throws DesignError: one too many, or of no such name. */
function match(given: readonly GivenArgument[], names: readonly string[], place: Place): Map<string, GivenArgument> {
  const found = new Map<string, GivenArgument>();
  for (const argument of given) {
    if (argument.name === undefined) continue;
    if (!names.includes(argument.name) || found.has(argument.name))
      throw refuse(place, `the arguments ${names.join(", ")}`, `${argument.name} = ${argument.text}`);
    found.set(argument.name, argument);
  }
  const free = names.filter((name) => !found.has(name));
  for (const argument of given.filter(({ name }) => name === undefined)) {
    const name = free.shift();
    if (name === undefined) throw refuse(place, `at most ${names.length} arguments`, String(given.length));
    found.set(name, argument);
  }
  return found;
}

type Arguments = ReadonlyMap<string, GivenArgument>;

function numbersOf(args: Arguments, name: string, place: Place): Numbers {
  const argument = args.get(name);
  if (argument === undefined) throw refuse(place, `an argument ${name}`, "none");
  if (argument.value.kind === "numbers") return argument.value;
  const got = argument.value.kind === "factor" ? `the factor ${argument.text}` : argument.text;
  throw refuse(place, "numbers", got, "Give a column of numbers.");
}

/** One column of numbers. */
function vectorOf(args: Arguments, name: string, place: Place): Float64Array {
  const { columns } = numbersOf(args, name, place);
  if (columns.length !== 1) throw refuse(place, "one column of numbers", `${columns.length}`);
  return columns[0]!;
}

function constantOf(args: Arguments, name: string, place: Place): number | undefined {
  if (!args.has(name) || args.get(name)!.value.kind === "nothing") return undefined;
  const values = vectorOf(args, name, place);
  if (values.length !== 1 || Number.isNaN(values[0]!))
    throw refuse(place, `one number as ${name}`, args.get(name)!.text);
  return values[0]!;
}

function listOf(args: Arguments, name: string, place: Place): number[] | undefined {
  if (!args.has(name) || args.get(name)!.value.kind === "nothing") return undefined;
  return [...vectorOf(args, name, place)];
}

const flagOf = (args: Arguments, name: string, place: Place, otherwise: boolean): boolean => {
  const value = constantOf(args, name, place);
  return value === undefined ? otherwise : value !== 0;
};

/** A function of each number on its own. */
const elementwise =
  (f: (v: number) => number): Call =>
  (given, place) => {
    const value = numbersOf(match(given, ["x"], place), "x", place);
    return {
      kind: "numbers",
      columns: value.columns.map((column) => column.map(f)),
      ...(value.names ? { names: value.names } : {}),
    };
  };

/** A number of all that are present. Deviation: R answers NA where one is missing, which would leave no subject. */
const summary =
  (f: (present: Float64Array) => number): Call =>
  (given, place) => {
    const present = vectorOf(match(given, ["x", "na.rm"], place), "x", place).filter((v) => !Number.isNaN(v));
    return numbers([f(present)]);
  };

const meanOf = (x: Float64Array) => x.reduce((sum, v) => sum + v, 0) / x.length;
const rootMeanSquare = (x: Float64Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / Math.max(1, x.length - 1));
const deviationOf = (x: Float64Array) => {
  const mean = meanOf(x);
  return rootMeanSquare(x.map((v) => v - mean));
};
const medianOf = (x: Float64Array) => {
  const sorted = x.slice().sort();
  const at = (sorted.length - 1) / 2;
  return (sorted[Math.floor(at)]! + sorted[Math.ceil(at)]!) / 2;
};

const log: Call = (given, place) => {
  const args = match(given, ["x", "base"], place);
  const base = constantOf(args, "base", place);
  const f =
    base === 2 ? Math.log2 : base === 10 ? Math.log10 : (v: number) => Math.log(v) / (base ? Math.log(base) : 1);
  return { kind: "numbers", columns: numbersOf(args, "x", place).columns.map((column) => column.map(f)) };
};

/** Centred on the mean and divided by the standard deviation of the subjects who have a value; a number or FALSE instead of either. */
const scale: Call = (given, place) => {
  const args = match(given, ["x", "center", "scale"], place);
  const { columns, names } = numbersOf(args, "x", place);
  const wish = (name: string) => {
    const value = args.get(name)?.value;
    if (value === undefined) return true;
    const number = constantOf(args, name, place)!;
    return value.kind === "numbers" && value.logical === true ? number !== 0 : number;
  };
  const [center, by] = [wish("center"), wish("scale")];
  return {
    kind: "numbers",
    columns: columns.map((column) => {
      const present = column.filter((v) => !Number.isNaN(v));
      const mean = center === true ? meanOf(present) : center === false ? 0 : center;
      const divisor = by === true ? rootMeanSquare(present.map((v) => v - mean)) : by === false ? 1 : by;
      return column.map((v) => (v - mean) / divisor);
    }),
    ...(names ? { names } : {}),
  };
};

/** Texts or numbers of c(). */
const combine: Call = (given, place) => {
  const values = given.map(({ value }) => value);
  if (values.every((value) => value.kind === "texts")) {
    return { kind: "texts", values: values.flatMap((value) => (value as { values: readonly string[] }).values) };
  }
  return numbers(
    values.flatMap((value, i) => {
      if (value.kind !== "numbers") throw refuse(place, "numbers alone, or texts alone", given[i]!.text);
      return [...value.columns[0]!];
    }),
  );
};

const identity: Call = (given, place) => match(given, ["x"], place).get("x")?.value ?? numbers([]);

function makeFactor(given: readonly GivenArgument[], place: Place, ordered: boolean | undefined): Factor {
  const args = match(given, ["x", "levels", "labels", "ordered"], place);
  const x = args.get("x")?.value;
  if (x === undefined || x.kind === "nothing") throw refuse(place, "an argument x", "none");
  const cells: (string | undefined)[] =
    x.kind === "factor"
      ? Array.from(x.codes, (code) => x.levels[code])
      : x.kind === "texts"
        ? [...x.values]
        : Array.from(x.columns[0]!, (v) => textOf(v, x.logical));
  const wished = args.get("levels")?.value;
  let levels: readonly string[];
  if (wished === undefined || wished.kind === "nothing") {
    const present = new Set(cells.filter((cell) => cell !== undefined));
    levels =
      x.kind === "factor"
        ? x.levels.filter((level) => present.has(level))
        : x.kind === "numbers"
          ? [...new Set(x.columns[0]!.filter((v) => !Number.isNaN(v)).sort())].map((v) => textOf(v, x.logical)!)
          : sortedTexts([...present]);
  } else {
    levels =
      wished.kind === "texts"
        ? wished.values
        : wished.kind === "factor"
          ? wished.levels
          : Array.from(wished.columns[0]!, (v) => textOf(v, x.kind === "numbers" && x.logical)!);
    const others = [...new Set(cells)].filter((cell) => cell !== undefined && !levels.includes(cell));
    if (others.length > 0 && cells.every((cell) => cell === undefined || !levels.includes(cell)))
      throw refuse(place, `levels that the table has (${others.slice(0, 5).join(", ")})`, levels.join(", "));
  }
  const twice = levels.find((level, i) => levels.indexOf(level) !== i);
  if (twice !== undefined) throw refuse(place, "different levels", `${JSON.stringify(twice)} twice`);
  const labels = args.get("labels")?.value;
  if (labels !== undefined && (labels.kind !== "texts" || labels.values.length !== levels.length))
    throw refuse(place, `${levels.length} labels, as many as levels`, args.get("labels")!.text);
  return {
    kind: "factor",
    codes: Int32Array.from(cells, (cell) => (cell === undefined ? -1 : levels.indexOf(cell))),
    levels: labels?.kind === "texts" ? labels.values : levels,
    ordered: ordered ?? flagOf(args, "ordered", place, x.kind === "factor" && x.ordered),
  };
}

const textOf = (v: number, logical = false) =>
  Number.isNaN(v) ? undefined : logical ? (v === 0 ? "FALSE" : "TRUE") : formatNumber(v);

/** What is no factor yet becomes one. */
const factorOf = (value: Value | undefined, place: Place): Factor => {
  if (value === undefined) throw refuse(place, "a factor", "nothing");
  return value.kind === "factor" ? value : makeFactor([{ name: "x", value, text: "x" }], place, undefined);
};

const relevel: Call = (given, place) => {
  const args = match(given, ["x", "ref"], place);
  const factor = factorOf(args.get("x")?.value, place);
  const ref = args.get("ref")?.value;
  const wished = ref?.kind === "texts" ? ref.values[0]! : String(constantOf(args, "ref", place));
  const first = factor.levels.indexOf(wished);
  if (first < 0) throw refuse(place, `one of its levels (${factor.levels.join(", ")})`, JSON.stringify(wished));
  const levels = [wished, ...factor.levels.filter((level) => level !== wished)];
  return {
    ...factor,
    levels,
    codes: factor.codes.map((code) => (code < 0 ? code : levels.indexOf(factor.levels[code]!))),
  };
};

const CONTRASTS: readonly ContrastName[] = ["treatment", "sum", "helmert", "poly"];

const withContrasts: Call = (given, place) => {
  // R's third argument is how many columns there are
  const args = match(given, ["object", "contr", "how.many", "base"], place);
  if (args.has("how.many"))
    throw refuse(
      place,
      "C(x, contrasts)",
      `how.many = ${args.get("how.many")!.text}`,
      "Write base = for the reference.",
    );
  const factor = factorOf(args.get("object")?.value, place);
  // as the option has them
  if (!args.has("contr") && !args.has("base")) return factor;
  const written = args
    .get("contr")
    ?.text.replace(/^"|"$/g, "")
    .replace(/^contr\./, "");
  const name = CONTRASTS.find((one) => one === (written ?? (factor.ordered ? "poly" : "treatment")));
  if (name === undefined) throw refuse(place, `one of the contrasts ${CONTRASTS.join(", ")}`, written!);
  const base = constantOf(args, "base", place);
  if (base !== undefined && !factor.levels.some((_, i) => base === i + 1))
    throw refuse(place, `a level from 1 to ${factor.levels.length} as base`, String(base));
  return { ...factor, contrasts: { name, ...(base === undefined ? {} : { base }) } };
};

/** Texts become levels again where they are a variable. */
const asCharacter: Call = (given, place) => makeFactor(given, place, false);

/** TRUE where there is no value. */
const isMissing: Call = (given, place) => {
  const value = match(given, ["x"], place).get("x")?.value;
  if (value?.kind === "factor")
    return numbers(
      Float64Array.from(value.codes, (code) => Number(code < 0)),
      true,
    );
  if (value?.kind !== "numbers" || value.columns.length !== 1) throw refuse(place, "a column", "something else");
  return numbers(
    value.columns[0]!.map((v) => Number(Number.isNaN(v))),
    true,
  );
};

const asNumeric: Call = (given, place) => {
  const value = match(given, ["x"], place).get("x")?.value;
  if (value?.kind === "factor")
    return numbers(Float64Array.from(value.codes, (code) => (code < 0 ? Number.NaN : code + 1)));
  if (value?.kind !== "numbers") throw refuse(place, "a column", "something else");
  return { kind: "numbers", columns: value.columns };
};

const degreesOf = (n: number) => Array.from({ length: n }, (_, j) => String(j + 1));

/** Values for the subjects who have one; the others stay missing. */
function onPresent(x: Float64Array, basis: (present: Float64Array) => Float64Array[]): Float64Array[] {
  const rows = [...x.keys()].filter((i) => !Number.isNaN(x[i]!));
  return basis(Float64Array.from(rows, (i) => x[i]!)).map((column) => {
    const all = new Float64Array(x.length).fill(Number.NaN);
    rows.forEach((row, i) => {
      all[row] = column[i]!;
    });
    return all;
  });
}

/** Deviation: R refuses missing values; here the polynomial is one over the subjects who have a value. */
const poly: Call = (given, place) => {
  const args = match(given, ["x", "degree", "raw", "simple"], place);
  const x = vectorOf(args, "x", place);
  const degree = constantOf(args, "degree", place) ?? 1;
  const nDistinct = new Set(x.filter((v) => !Number.isNaN(v))).size;
  if (!Number.isInteger(degree) || degree < 1) throw refuse(place, "a degree from 1", String(degree));
  if (degree >= nDistinct && lengthOf(numbers(x)) > 0)
    throw refuse(place, `a degree below the number of different values, ${nDistinct}`, String(degree));
  const columns = flagOf(args, "raw", place, false)
    ? degreesOf(degree).map((power) => x.map((v) => v ** Number(power)))
    : onPresent(x, (present) => orthogonalPolynomials(present, degree));
  return { kind: "numbers", columns, names: degreesOf(degree) };
};

const spline =
  (natural: boolean): Call =>
  (given, place) => {
    const names = natural
      ? ["x", "df", "knots", "intercept", "Boundary.knots"]
      : ["x", "df", "knots", "degree", "intercept", "Boundary.knots"];
    const args = match(given, names, place);
    const x = vectorOf(args, "x", place);
    const boundary = listOf(args, "Boundary.knots", place);
    if (boundary !== undefined && boundary.length !== 2)
      throw refuse(place, "two boundary knots", String(boundary.length));
    const degree = constantOf(args, "degree", place) ?? 3;
    if (!Number.isInteger(degree) || degree < 1) throw refuse(place, "a degree from 1", String(degree));
    const options: SplineOptions = {
      df: constantOf(args, "df", place),
      knots: listOf(args, "knots", place),
      intercept: flagOf(args, "intercept", place, false),
      boundary: boundary === undefined ? undefined : [Math.min(...boundary), Math.max(...boundary)],
    };
    if (options.df !== undefined && !Number.isInteger(options.df))
      throw refuse(place, "a whole number as df", String(options.df));
    try {
      const columns = onPresent(x, (present) =>
        natural ? naturalSplineBasis(present, options) : bSplineBasis(present, degree, options),
      );
      return { kind: "numbers", columns, names: degreesOf(columns.length) };
    } catch (error) {
      if (!(error instanceof SplineProblem)) throw error;
      throw new DesignError([`Cannot compute ${place.text}: ${error.message}. Correct the call.`]);
    }
  };

/** By name. Looked up as own properties: a formula may name anything. */
export const FUNCTIONS: Readonly<Record<string, Call>> = {
  I: identity,
  log,
  log2: elementwise(Math.log2),
  log10: elementwise(Math.log10),
  log1p: elementwise(Math.log1p),
  exp: elementwise(Math.exp),
  sqrt: elementwise(Math.sqrt),
  abs: elementwise(Math.abs),
  sin: elementwise(Math.sin),
  cos: elementwise(Math.cos),
  tan: elementwise(Math.tan),
  floor: elementwise(Math.floor),
  ceiling: elementwise(Math.ceil),
  scale,
  mean: summary(meanOf),
  median: summary(medianOf),
  sd: summary(deviationOf),
  min: summary((x) => x.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)),
  max: summary((x) => x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
  c: combine,
  factor: (given, place) => makeFactor(given, place, undefined),
  "as.factor": (given, place) => factorOf(match(given, ["x"], place).get("x")?.value, place),
  ordered: (given, place) => makeFactor(given, place, true),
  relevel,
  C: withContrasts,
  "as.numeric": asNumeric,
  "as.character": asCharacter,
  "is.na": isMissing,
  poly,
  ns: spline(true),
  bs: spline(false),
};
