// Arrays that hold no matrix of numbers: what they are in words, and the line of numpy that makes one of them. Each line is run by the tests.
import { shellWord } from "../../shell-word.js";

/** Where an array is: a .npy, or one of the arrays of a .npz. */
export interface NpyPlace {
  /** As typed. */
  readonly path: string;
  /** Of the archive, as it stands there. */
  readonly member?: string | undefined;
}

export interface RefusedDtype {
  readonly what: string;
  readonly remedy: string;
}

/**
 * `cohort.npy`: a command that writes cohort-plain.npy. `expression`: of the array `a`, with `n` for numpy. `trusted`: pickled objects are loaded, which runs
 * what the file says.
 */
export function numpyCommand(
  { path, member }: NpyPlace,
  expression: string,
  { imports = "", trusted = false } = {},
): string {
  const output = shellWord(path.replace(/(\.[^./]+)?$/, "-plain.npy"));
  const [key, argument] = member === undefined ? ["", ""] : ["[sys.argv[3]]", ` ${shellWord(member)}`];
  const load = `n.load(sys.argv[1]${trusted ? ",allow_pickle=True" : ""})${key}`;
  return `python3 -c "import numpy as n,sys${imports}; a=${load}; n.save(sys.argv[2],${expression})" ${shellWord(path)} ${output}${argument}`;
}

/** A matrix in a .npy as text. */
export const numpyTextCommand = (path: string): string =>
  `python3 -c "import numpy as n,sys; n.savetxt(sys.argv[2],n.load(sys.argv[1]),'%.17g')" ${shellWord(path)} ${shellWord(path.replace(/(\.[^./]+)?$/, ".txt"))}`;

/** Of a list of .npy, one a subject, one matrix. `folder`: where they are. */
export const numpyStackCommand = (list: string, folder: string): string =>
  `python3 -c "import numpy as n,os,sys; n.save(sys.argv[2],[n.load(os.path.join(sys.argv[3],l.strip())).ravel() for l in open(sys.argv[1]) if l.strip()])" ${shellWord(list)} ${shellWord(list.replace(/(\.[^./]+)?$/, ".npy"))} ${shellWord(folder)}`;

/** `descr`: undefined for named fields. */
export function describeRefused(descr: string | undefined, place: NpyPlace): RefusedDtype {
  if (descr === undefined)
    return {
      what: "records with named fields",
      remedy: `If all of their fields are numbers: ${numpyCommand(place, "rf.structured_to_unstructured(a).astype('f8')", { imports: "; import numpy.lib.recfunctions as rf" })}`,
    };
  const [, letter, rest] = /^[<>|=]?([a-zA-Z?])(.*)$/.exec(descr) ?? [];
  switch (letter) {
    case "O":
      return {
        what: "Python objects",
        remedy: `If they are numbers, and you trust the file (loading it runs what it says): ${numpyCommand(place, "a.astype('f8')", { trusted: true })}`,
      };
    case "c":
      return {
        what: `complex${8 * Number(rest)}`,
        remedy: `Their magnitudes: ${numpyCommand(place, "abs(a).astype('f8')")}`,
      };
    case "M":
      return {
        what: `times (datetime64${rest!.replace(/^\d+/, "")})`,
        remedy: `As days since 1970: ${numpyCommand(place, "(a-n.datetime64(0,'s'))/n.timedelta64(86400,'s')")}`,
      };
    case "m":
      return {
        what: `durations (timedelta64${rest!.replace(/^\d+/, "")})`,
        remedy: `As seconds: ${numpyCommand(place, "a/n.timedelta64(1,'s')")}`,
      };
    case "S":
    case "U":
      return { what: "text", remedy: `If all of it is numbers: ${numpyCommand(place, "a.astype('f8')")}` };
    case "V":
      return {
        what: `${rest} raw bytes a value${rest === "2" ? " (bfloat16 is saved so)" : ""}`,
        remedy: "Save numbers instead: array.astype('f4') before numpy.save.",
      };
    case "f":
      return {
        what: `long double (${rest} bytes)`,
        remedy: `If they may become float64: ${numpyCommand(place, "a.astype('f8')")}`,
      };
  }
  return { what: `dtype ${descr.slice(0, 60)}`, remedy: "Save the array again with numpy.save." };
}
