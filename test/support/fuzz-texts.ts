// Fuzz targets: the texts that people write.
import fs from "node:fs";
import path from "node:path";
import type fc from "fast-check";
import { readCohort } from "../../converters/cohort-csv.js";
import { NPY_HEADER_BYTES, parseNpyHeader } from "../../src/formats/npy/header.js";
import { parseIntegers } from "../../src/formats/text/integers.js";
import { readMatrix } from "../../src/formats/text/matrix.js";
import { readTextFile } from "../../src/formats/text/read-text.js";
import { readSubjectList } from "../../src/formats/text/subject-list.js";
import { planFromPermutations } from "../../src/stats/shuffle/permutations-file.js";
import { mutatedBytes, mutatedFile } from "./fuzz-inputs.js";
import { assertThat, type FuzzTarget } from "./fuzz-property.js";

const MATRICES = [
  "1 0 0.5\n1 1 -2e-3\n",
  "# design\r\n1,0\r\n1,1\r\n",
  "\ufeff1;2;3\n4;5;6",
  "nan inf -inf\n1. .5 +3\n\n",
];
const PERMUTATIONS = ["0 1 3\n1 0 2\n2 3 1\n3 2 0\n", "1 4\n2 3\n3 2\n4 1\n"];
const LISTS = ["sub-1.mif\nsub-2.mif\n", "\ufeffa b.mif\r\n\r\nunicode \u00e9.mif \r\n"];

const COHORTS = [
  'scalar_name,source_file,age\nFD,a.mif,31\nFD,"b, c.mif",32\nlog_FC,"d""e.mif",\n',
  "\ufefffd,fc\r\na.mif,b.nii.gz\r\nc.mif,d.nii\r\n",
];
/** Version 1 and 2 of a .npy, 2 x 3 float32. */
const NPYS = [1, 2].map((version) => {
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const length = version === 1 ? [text.length + 1, 0] : [text.length + 1, 0, 0, 0];
  return Buffer.concat([
    Buffer.from([0x93, ...Buffer.from("NUMPY"), version, 0, ...length]),
    Buffer.from(`${text}\n`),
    Buffer.alloc(24),
  ]);
});

export function textTargets(directory: string): FuzzTarget<never>[] {
  const file = path.join(directory, "fuzzed.txt");
  const target = (name: string, inputs: fc.Arbitrary<Uint8Array>, parse: () => unknown): FuzzTarget<Uint8Array> => ({
    name,
    path: file,
    inputs,
    async run(bytes) {
      fs.writeFileSync(file, bytes);
      await parse();
    },
  });
  const checkShape = ({ nRows, nColumns, values }: { nRows: number; nColumns: number; values: ArrayLike<number> }) => {
    assertThat(nRows >= 1 && nColumns >= 1 && values.length === nRows * nColumns, `${nRows} x ${nColumns}`);
  };
  const targets = [
    target("cohort table", mutatedFile(COHORTS, ["FD,x.mif,1", '"', ","]), async () => {
      const { scalars } = await readCohort(file, undefined);
      assertThat(scalars.length > 0 && scalars.every(({ sourceFiles }) => !sourceFiles.includes("")), "files");
    }),
    {
      ...target("npy header", mutatedBytes(NPYS), () => {}),
      run(bytes: Uint8Array) {
        const { nRows, nColumns } = parseNpyHeader(bytes.subarray(0, NPY_HEADER_BYTES), { path: file });
        assertThat(
          [nRows, nColumns].every((size) => Number.isSafeInteger(size) && size >= 0),
          `${nRows} x ${nColumns}`,
        );
      },
    },
    target("matrix", mutatedFile(MATRICES, ["1 2", "# x", "1,,2"]), async () => checkShape(await readMatrix(file))),
    target("integers", mutatedFile([...PERMUTATIONS, "1.0 2\n"], ["1 2"]), async () =>
      checkShape(parseIntegers(await readTextFile(file), file)),
    ),
    target("subject list", mutatedFile(LISTS, ["", " x", "/abs/olute.mif"]), async () => {
      const names = await readSubjectList(file);
      assertThat(names.length > 0 && names.every((name) => name.trim() !== "" && !name.includes("\n")), "names");
    }),
    target("permutations", mutatedFile(PERMUTATIONS, ["0 1 2", "4 4"]), async () => {
      const plan = planFromPermutations(parseIntegers(await readTextFile(file), file), {
        nSubjects: 4,
        errors: "both",
        seed: 1,
        path: file,
      });
      const labels = new Int32Array(4);
      for (let shuffle = 0; shuffle < plan.count; shuffle++) {
        plan.labelsInto(shuffle, labels);
        assertThat(
          [0, 1, 2, 3].every((row) => labels.includes(row)),
          `shuffle ${labels}`,
        );
      }
    }),
  ];
  return targets as unknown as FuzzTarget<never>[];
}
