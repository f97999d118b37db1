// The use case "a design by names": a table, a formula and tests into the files that statistics commands take, ours and MRtrix3's.
import { readTextFile } from "../../formats/text/read-text.js";
import type { ContrastName } from "../../stats/formula/value.js";
import type { Warning } from "../../warnings.js";
import { designFiles } from "./design-files.js";
import { formatDesign } from "./format-design.js";
import { buildDesign, hypothesisNames, type NamedDesign } from "./named-design.js";
import { assertDesignFree, publishDesign } from "./publish-design.js";
import { parsePhenotypes, rowsOfSubjects } from "./read-phenotypes.js";
import { subjectsOf } from "./subjects-of.js";

export interface MakeDesignOptions {
  /** A row a subject. */
  readonly phenotypes: string;
  readonly formula: string;
  readonly tests: readonly string[];
  readonly coding: ContrastName | undefined;
  /** A list, a store or an .h5 whose subjects, in whose order; undefined: the table's. */
  readonly subjects: string | undefined;
  readonly scalar: string | undefined;
  readonly subjectColumn: string | undefined;
  /** Undefined: nothing is written. */
  readonly output: string | undefined;
  readonly force: boolean;
  readonly command: string;
  readonly memoryBytes: number;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MakeDesignSummary {
  readonly output: string | undefined;
  readonly nSubjects: number;
  readonly columns: readonly string[];
  readonly tests: readonly { readonly name: string; readonly label: string }[];
  readonly files: readonly string[];
  /** For people. */
  readonly text: string;
  /** As design.json. */
  readonly record: string;
}

/** Throws UsageError, InputError, DesignError; nothing is written then. */
export async function makeDesign(options: MakeDesignOptions): Promise<MakeDesignSummary> {
  const { phenotypes: path, output, force, memoryBytes, signal, scalar } = options;
  if (output !== undefined) assertDesignFree(output, force);
  const phenotypes = parsePhenotypes(await readTextFile(path, { memoryBytes, signal }), path);
  const subjects =
    options.subjects === undefined ? undefined : await subjectsOf(options.subjects, scalar, { memoryBytes, signal });
  const rows = rowsOfSubjects(phenotypes, {
    ...{ subjects, scalar, column: options.subjectColumn },
    subjectsFrom: options.subjects ?? path,
  });
  const design: NamedDesign = buildDesign(options, rows);
  for (const warning of design.warnings) options.onWarning?.(warning);
  const text = formatDesign(design, output);
  const files = designFiles(design, text, { command: options.command, phenotypes: path });
  signal?.throwIfAborted();
  if (output !== undefined) publishDesign(output, files, force);
  return {
    ...{ output, text, nSubjects: design.subjects.length, columns: design.columns },
    tests: hypothesisNames(design.tests).map(({ name, test }) => ({ name, label: test.label })),
    files: output === undefined ? [] : files.map(({ name }) => name),
    record: files.at(-1)!.text,
  };
}
