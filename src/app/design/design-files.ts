// The files of a design's directory: what MRtrix3 reads, and what says what they are.
//   design.txt      a row a subject              subjects.txt   their names, in that order
//   contrast.txt    rows of weights: t-tests, then those that only F-tests take (3.0.x)
//   ftests.txt      which rows each F-test takes (3.0.x)
//   ttests.txt, ftest1.txt, ..                   the tests in the form of the development branch
//   design.json     names of all of it           summary.txt    for people

import { VERSION } from "../../version.js";
import { zod } from "../../zod.js";
import { hypothesisNames, type NamedDesign } from "./named-design.js";

export const DESIGN_FORMAT = "fixelstream-design";
export const DESIGN_FILE = "design.json";
/** Raised when a field changes its meaning. */
const DESIGN_VERSION = 1;

export interface DesignFile {
  readonly name: string;
  readonly text: string;
}

/** In the order of writing; the one that marks the directory is the last. */
export function designFiles(
  design: NamedDesign,
  summary: string,
  made: { command: string; phenotypes: string },
): DesignFile[] {
  const { matrix, columns, subjects, tests } = design;
  const rows = Array.from({ length: matrix.nRows }, (_, i) =>
    Array.from(matrix.values.subarray(i * matrix.nColumns, (i + 1) * matrix.nColumns)),
  );
  const named = hypothesisNames(tests);
  const tTests = named.filter(({ test }) => test.kind === "t");
  const fTests = named.filter(({ test }) => test.kind === "F");
  const { contrasts, selectors } = contrastForm(design);
  const comment = (texts: readonly string[]) => `# ${texts.map(oneLine).join(" | ")}\n`;
  const listed = (list: typeof named) => comment(list.map(({ name, test }) => `${name}: ${test.label}`));
  const files: (DesignFile | undefined)[] = [
    { name: "design.txt", text: comment(columns) + textOf(rows) },
    { name: "subjects.txt", text: subjects.map((name) => `${name}\n`).join("") },
    tests.length > 0 ? { name: "contrast.txt", text: comment(columns) + textOf(contrasts) } : undefined,
    fTests.length > 0 ? { name: "ftests.txt", text: listed(fTests) + textOf(selectors) } : undefined,
    tTests.length > 0
      ? { name: "ttests.txt", text: listed(tTests) + textOf(tTests.flatMap(({ test }) => test.rows)) }
      : undefined,
    ...fTests.map((one, i) => ({ name: `ftest${i + 1}.txt`, text: listed([one]) + textOf(one.test.rows) })),
    { name: "summary.txt", text: summary },
  ];
  const written = files.filter((file) => file !== undefined);
  const record: DesignRecord = {
    ...{ format: DESIGN_FORMAT, formatVersion: DESIGN_VERSION, creator: `fixelstream ${VERSION}` },
    ...{ command: made.command, formula: design.formula, phenotypes: made.phenotypes },
    subjects: [...subjects],
    columns: columns.map((name, j) => ({
      name,
      ...(design.assign[j] === 0 ? {} : { term: design.terms[design.assign[j]! - 1]! }),
      about: design.description.columns[j]!.about,
      ...(design.description.columns[j]!.inflation === undefined
        ? {}
        : { inflation: design.description.columns[j]!.inflation }),
    })),
    terms: [...design.terms],
    tests: named.map(({ name, test }) => ({ name, label: test.label, weights: test.rows.map((row) => [...row]) })),
    condition: Number.isFinite(design.description.condition) ? design.description.condition : null,
    cells: design.description.cells.map(({ factors, cells }) => ({
      factors,
      cells: cells.map((cell) => ({ ...cell })),
    })),
    dropped: design.dropped.map(({ name, missing }) => ({ name, missing: [...missing] })),
    notes: [...design.notes],
    warnings: design.warnings.map(({ tag, message }) => ({ tag, message })),
    files: written.map(({ name }) => name),
  };
  return [...written, { name: DESIGN_FILE, text: `${JSON.stringify(record, null, 1)}\n` }];
}

/** The form of 3.0.x: every row is a t-test there, unless -fonly. */
function contrastForm({ tests }: NamedDesign) {
  const contrasts: (readonly number[])[] = tests.filter(({ kind }) => kind === "t").flatMap(({ rows }) => rows);
  const chosen = tests
    .filter(({ kind }) => kind === "F")
    .map(({ rows }) =>
      rows.map((row) => {
        const known = contrasts.findIndex((other) => other.every((weight, j) => weight === row[j]));
        return known >= 0 ? known : contrasts.push(row) - 1;
      }),
    );
  return { contrasts, selectors: chosen.map((list) => contrasts.map((_, i) => (list.includes(i) ? 1 : 0))) };
}

/** Digits enough for the same number again. */
const textOf = (rows: readonly (readonly number[])[]): string => rows.map((row) => `${row.join(" ")}\n`).join("");
const oneLine = (text: string) => text.replace(/[\p{Cc}]+/gu, " ");

export interface DesignRecord {
  readonly format: string;
  readonly formatVersion: number;
  readonly creator: string;
  readonly command: string;
  readonly formula: string;
  readonly phenotypes: string;
  readonly subjects: string[];
  readonly columns: { name: string; term?: string | undefined; about: string; inflation?: number | undefined }[];
  readonly terms: string[];
  readonly tests: { name: string; label: string; weights: number[][] }[];
  readonly condition: number | null;
  readonly cells: { factors: string; cells: { levels: string; nSubjects: number }[] }[];
  readonly dropped: { name: string; missing: string[] }[];
  readonly notes: string[];
  readonly warnings: { tag: string; message: string }[];
  readonly files: string[];
}

/** Undefined: not a design's, or of a later version. */
export function parseDesignRecord(text: string): DesignRecord | undefined {
  const z = zod();
  const shape = z.object({
    format: z.literal(DESIGN_FORMAT),
    formatVersion: z.literal(DESIGN_VERSION),
    creator: z.string(),
    command: z.string(),
    formula: z.string(),
    phenotypes: z.string(),
    subjects: z.array(z.string()).min(1),
    columns: z.array(
      z.object({ name: z.string(), term: z.string().optional(), about: z.string(), inflation: z.number().optional() }),
    ),
    terms: z.array(z.string()),
    tests: z.array(
      z.object({ name: z.string().regex(/^[tF]\d+$/), label: z.string(), weights: z.array(z.array(z.number())) }),
    ),
    condition: z.number().nullable(),
    cells: z.array(
      z.object({ factors: z.string(), cells: z.array(z.object({ levels: z.string(), nSubjects: z.number() })) }),
    ),
    dropped: z.array(z.object({ name: z.string(), missing: z.array(z.string()) })),
    notes: z.array(z.string()),
    warnings: z.array(z.object({ tag: z.string(), message: z.string() })),
    files: z.array(z.string()),
  });
  try {
    const found = shape.safeParse(JSON.parse(text));
    return found.success ? found.data : undefined;
  } catch {
    return undefined;
  }
}
