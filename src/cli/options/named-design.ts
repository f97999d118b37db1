// A design by names, as options: of `design`, and of statistical commands in place of DESIGN and CONTRAST.
import type { NamedDesignOptions } from "../../app/analyse/options.js";
import { UsageError } from "../../errors.js";
import type { declare } from "./declare.js";

/** Contrasts of factors that are not ordered, as R has them. */
export const CODINGS = ["treatment", "sum", "helmert", "poly"] as const;
export type Coding = (typeof CODINGS)[number];

export interface NamedDesignTyped {
  readonly designDir?: string;
  readonly formula?: string;
  readonly phenotypes?: string;
  readonly test?: readonly string[];
  readonly coding?: Coding;
  readonly subjectColumn?: string;
}

export function addNamedDesignOptions(declared: ReturnType<typeof declare>): ReturnType<typeof declare> {
  return declared
    .word("design-dir", "directory", "made by fixelstream design: in place of the design and the contrasts")
    .word("formula", "formula", "as R writes it, '~ group * age': in place of the design, with --phenotypes and --test")
    .file("phenotypes", "CSV or TSV with a header line, a row a subject: the variables of --formula")
    .files("test", "of --formula: a term, a column, a sum of columns, or F(..); several times for several", "name")
    .choice("coding", CODINGS, "of --formula: contrasts of factors that are not ordered (default: treatment)")
    .word("subject-column", "name", "of --phenotypes: the column that names the subjects (default: found by its name)");
}

/** Undefined: the design is among the arguments. Throws UsageError for options that do not go together. */
export function namedDesignOf(typed: NamedDesignTyped): NamedDesignOptions | undefined {
  const { designDir, formula, phenotypes, test, coding, subjectColumn } = typed;
  const of = { "--phenotypes": phenotypes, "--test": test, "--coding": coding, "--subject-column": subjectColumn };
  const given = Object.entries({ "--formula": formula, ...of }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (designDir !== undefined) {
    if (given.length === 0) return { kind: "directory", directory: designDir };
    throw new UsageError(
      `Cannot use --design-dir together with ${given[0]}: expected one design, got two. Leave one out.`,
    );
  }
  if (formula === undefined) {
    if (given.length === 0) return undefined;
    throw new UsageError(`Cannot use ${given[0]}: expected --formula beside it, got none. Add --formula.`);
  }
  if (phenotypes === undefined || test === undefined) {
    const lacks = phenotypes === undefined ? "--phenotypes, the table of its variables" : "--test, what is tested";
    throw new UsageError(`Cannot use --formula: expected ${lacks}, got none. Add ${lacks.split(",")[0]}.`);
  }
  return {
    ...{ kind: "formula", formula, phenotypes, tests: test },
    ...(coding === undefined ? {} : { coding }),
    ...(subjectColumn === undefined ? {} : { subjectColumn }),
  };
}
