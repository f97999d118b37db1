// fixelstream design: a table, a formula and tests by name into design, contrasts and F-tests.
import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { assertWorkable, memoryOf } from "../options/memory.js";
import { CODINGS, type Coding } from "../options/named-design.js";
import { addMemoryOption, addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printResult, printSummary, say, warner } from "../print.js";

type Typed = StandardOptions & {
  readonly memory: number;
  readonly test?: readonly string[];
  readonly subjects?: string;
  readonly subjectColumn?: string;
  readonly scalar?: string;
  readonly coding?: Coding;
  readonly out?: string;
  readonly json?: boolean;
};

const HELP = {
  about: [
    "A design matrix, contrasts and F-tests from a table of subjects, a formula as R writes it, and tests by name, as files that the statistical commands take, MRtrix3's too.",
    "Formulas have + - : * ^ / %in% ( ) 0 1 . and I(), poly(), ns(), bs(), scale(), log(), factor(), ordered(), C(); columns are named as R names them. Columns of texts are factors, the first level being the reference. Who misses a value takes no part, which is said.",
    "A test is a term (F over its columns), a column (t, larger than 0), a sum of columns with weights ('groupB - groupC'), or several together: 'F(group, group:age)'. Without --out nothing is written.",
  ],
  examples: [
    "design cohort.csv '~group*age' --test group --test group:age --subjects cohort.fxs --out design/",
    "design cohort.csv '~group+ns(age,df=3)' --test 'ns(age,df=3)' --out design/",
    "design participants.tsv '~0+group+age' --test 'grouppatient-groupcontrol'",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<table>", "CSV or TSV with a header line, a row a subject")
    .argument("<formula>", "such as '~ group * age + sex', in quotes");
  declare(command.optionsGroup("Options of the design"))
    .files("test", "what is tested: a term, a column, a sum of columns, or F(..); several times for several", "name")
    .word("out", "directory", "for the files (default: the table of the design is printed, and nothing written)")
    .word(
      "subjects",
      "from",
      "a list, a store (cohort.fxs) or an .h5: whose rows, in whose order (default: the table's)",
    )
    .word("subject-column", "name", "column of the table that names the subjects (default: found by its name)")
    .word("scalar", "name", "with --subjects of a store or .h5, or a table with a row a scalar: which")
    .choice("coding", CODINGS, "contrasts of factors that are not ordered (default: treatment)")
    .flag("json", "the design as JSON on standard output");
  addMemoryOption(command);
  addStandardOptions(command);
  return command.action(async (phenotypes: string, formula: string) => {
    const { makeDesign } = await import("../../app/design/make-design.js");
    const typed = command.opts<Typed>();
    const { test: tests = [], subjects, scalar, subjectColumn, out: output, coding, force = false } = typed;
    assertWorkable(typed.memory);
    if (output !== undefined && tests.length === 0) {
      throw new UsageError(
        "Cannot write a design that tests nothing: expected --test with a term or a column, got none. Add one, or leave --out away to see the design's columns.",
      );
    }
    const summary = await makeDesign({
      ...{ phenotypes, formula, tests, subjects, scalar, subjectColumn, output, coding, force },
      memoryBytes: memoryOf(typed, streams),
      command: streams.command,
      onWarning: warner(streams),
      signal: streams.signal,
    });
    const print = output === undefined ? printResult : printSummary;
    if (typed.json) await print(streams, summary.record);
    else if (output === undefined || !typed.quiet) await print(streams, summary.text);
    if (output !== undefined && !typed.quiet) {
      const { nSubjects, columns, files } = summary;
      say(
        streams,
        `fixelstream: ${output}: ${formatCount(nSubjects, "subjects")} x ${formatCount(columns.length, "columns")}, ${formatCount(summary.tests.length, "tests")} (${files.join(", ")})\n`,
      );
    }
  });
}
