// The oracle that other tests trust, against stored answers of MRtrix3 3.0.3 and against itself.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { enhanceByConnectivity, type OracleCfeOptions } from "../support/oracle-cfe.js";
import {
  createOracleModel,
  maskShuffle,
  type OracleOptions,
  type Rows,
  testVariable,
  zFromF,
  zFromT,
} from "../support/oracle-glm.js";
import {
  differences,
  layOutPeerCase,
  layOutVectorstats,
  peerCaseDirectory,
  readNullDistribution,
  readNumbers,
  readPeerManifest,
  readPermutationColumns,
  readSmallConnectivity,
  readSmallImage,
  readVectorstatsCase,
  vectorstatsCases,
} from "../support/peer.js";

/** Everything a case needs, read without src/. `data[f]` are the subjects' values of fixel f. */
function loadCase(name: string) {
  const { directory } = layOutPeerCase(name);
  const subjects = readFileSync(join(directory, "subjects.txt"), "utf8").trim().split("\n");
  const images = subjects.map((subject) => readSmallImage(join(directory, "fd", subject)).values);
  const data = Array.from(images[0]!, (_, f) => images.map((image) => image[f]!));
  return {
    directory,
    data,
    design: readNumbers(join(directory, "design.txt")),
    contrast: readNumbers(join(directory, "contrast.txt")),
    connectivity: readSmallConnectivity(join(directory, "matrix")),
  };
}

function stored(name: string, file: string) {
  const path = join(peerCaseDirectory(name), "output", file);
  const values = file.endsWith(".txt") ? readNullDistribution(path) : readSmallImage(path).values;
  return { values, tolerance: readPeerManifest(name).outputs[file]! };
}

function expectAgreement(ours: ArrayLike<number>, name: string, file: string) {
  const { values, tolerance } = stored(name, file);
  expect(differences(ours, values, tolerance), `${name}/${file}`).toEqual([]);
}

const identityOf = (n: number) => ({ perm: Array.from({ length: n }, (_, i) => i) });

describe("the oracle's distributions", () => {
  it.each([
    [2.5, 37, 2.38714133227522],
    [-0.01, 10, -0.00975347660042025],
    [40, 12.3, 7.64301718950788],
    [-8, 500, -7.75651261780793],
  ])("t = %d with %d degrees of freedom (scipy)", (t, dof, z) => {
    expect(zFromT(t, dof)).toBeCloseTo(z, 10);
  });
  it.each([
    [3.2, 2, 33, 1.61019626463045],
    [0.3, 3, 20.5, -0.934578897725827],
    [1, 2, 33, 0.308754761475157],
    [150, 4, 60, 11.4221664221186],
    [1e-4, 1, 30, -2.41292639869737],
  ])("F = %d of rank %d with %d degrees of freedom (scipy)", (f, rank, dof, z) => {
    expect(zFromF(f, rank, dof)).toBeCloseTo(z, 10);
  });
});

describe("the oracle on the demo", () => {
  const name = "fixelcfestats-demo";
  const { directory, data, design, contrast, connectivity } = loadCase(name);
  const model = createOracleModel(design, contrast);
  const identity = identityOf(design.length);
  const observed = data.map((y) => model.test(y, identity));
  const z = observed.map((s) => s.z);

  it("has the effects of the peer", () => {
    const effects = data.map((y) => model.effects(y));
    for (let i = 0; i < 3; i++) {
      expectAgreement(
        effects.map((e) => e.beta[i]!),
        name,
        `beta${i}.mif`,
      );
    }
    const of = (pick: (e: (typeof effects)[number]) => number) => effects.map(pick);
    expectAgreement(
      of((e) => e.absEffect[0]!),
      name,
      "abs_effect.mif",
    );
    expectAgreement(
      of((e) => e.stdDev[0]!),
      name,
      "std_dev.mif",
    );
    expectAgreement(
      of((e) => e.stdEffect[0]!),
      name,
      "std_effect.mif",
    );
  });

  it("has the statistics of the peer", () => {
    const t = observed.map((s) => s.statistic);
    expectAgreement(t, name, "tvalue.mif");
    expectAgreement(z, name, "Zstat.mif");
    expectAgreement(enhanceByConnectivity(z, connectivity), name, "cfe.mif");
  });

  it("has the null distribution of the peer (some shuffles)", () => {
    const shuffles = readPermutationColumns(join(directory, "permutations.txt"));
    const { values, tolerance } = stored(name, "null_dist.txt");
    for (const i of [0, 1, 2, 57, 130, 202, 299]) {
      const shuffled = data.map((y) => model.test(y, { perm: shuffles[i]! }).z);
      const maximum = Math.max(...enhanceByConnectivity(shuffled, connectivity));
      expect(differences([maximum], [values[i]!], tolerance), `shuffle ${i}`).toEqual([]);
    }
  });

  it.each<[string, OracleCfeOptions]>([
    ["fixelcfestats-demo-cfe-legacy", { legacy: true }],
    ["fixelcfestats-demo-cfe-parameters", { dh: 0.25, e: 1.5, h: 2.5, c: 1 }],
  ])("enhances as %s", (other, options) => {
    expectAgreement(enhanceByConnectivity(z, connectivity, options), other, "cfe.mif");
  });

  it("drops connections to fixels outside a mask, as the peer does", () => {
    const masked = "fixelcfestats-demo-mask";
    const mask = readSmallImage(join(peerCaseDirectory(masked), "input", "mask.mif")).values;
    const blank = (values: ArrayLike<number>) => Array.from(values, (v, f) => (mask[f] ? v : Number.NaN));
    expectAgreement(blank(z), masked, "Zstat.mif");
    expectAgreement(blank(enhanceByConnectivity(z, connectivity, { mask })), masked, "cfe.mif");
  });

  it("has the F-test of the peer", () => {
    const fonly = "fixelcfestats-demo-fonly";
    const both = createOracleModel(
      design,
      [
        [0, -1, 0],
        [0, 0, 1],
      ],
      { isF: true },
    );
    const f = data.map((y) => both.test(y, identity));
    expectAgreement(
      f.map((s) => s.statistic),
      fonly,
      "Fvalue.mif",
    );
    expectAgreement(
      f.map((s) => s.z),
      fonly,
      "Zstat.mif",
    );
    const enhanced = enhanceByConnectivity(
      f.map((s) => s.z),
      connectivity,
    );
    expectAgreement(enhanced, fonly, "cfe.mif");
  });
});

describe("the oracle on large means", () => {
  it("has the statistics and null maxima of the peer for two t-tests and an F-test", () => {
    const name = "fixelcfestats-large-means";
    const { directory, data, design, contrast, connectivity } = loadCase(name);
    const shuffles = readPermutationColumns(join(directory, "permutations.txt"));
    const hypotheses: [string, string, Rows, boolean][] = [
      ["t1", "tvalue_t1", [contrast[0]!], false],
      ["t2", "tvalue_t2", [contrast[1]!], false],
      ["F1", "Fvalue_F1", contrast, true],
    ];
    for (const [postfix, file, rows, isF] of hypotheses) {
      const model = createOracleModel(design, rows, { isF });
      const observed = data.map((y) => model.test(y, identityOf(design.length)));
      expectAgreement(
        observed.map((s) => s.statistic),
        name,
        `${file}.mif`,
      );
      expectAgreement(
        observed.map((s) => s.z),
        name,
        `Zstat_${postfix}.mif`,
      );
      const enhanced = enhanceByConnectivity(
        observed.map((s) => s.z),
        connectivity,
      );
      expectAgreement(enhanced, name, `cfe_${postfix}.mif`);
      const shuffled = data.map((y) => model.test(y, { perm: shuffles[77]! }).z);
      const { values, tolerance } = stored(name, `null_dist_${postfix}.txt`);
      const maximum = Math.max(...enhanceByConnectivity(shuffled, connectivity));
      expect(differences([maximum], [values[77]!], tolerance)).toEqual([]);
    }
  });
});

/** An element of a fixed or variable design, as the case's options say. */
function testElement(
  y: number[],
  design: Rows,
  contrast: Rows,
  perm: number[],
  options: OracleOptions,
  isVariable: boolean,
) {
  if (isVariable) return testVariable(y, design, contrast, { perm }, options);
  const model = createOracleModel(design, contrast, options);
  return { ...model.test(y, { perm }), cond: 0, effects: model.effects(y) };
}

/** The hypotheses of a case: its contrasts, and with `-ftests` an F-test over all of them. */
function hypothesesOf(contrast: Rows, args: string[]): { postfix: string; rows: Rows; isF: boolean }[] {
  if (!args.includes("-ftests")) return [{ postfix: "", rows: contrast, isF: false }];
  const tests = contrast.map((row, i) => ({ postfix: `_t${i + 1}`, rows: [row], isF: false }));
  return [...tests, { postfix: "_F1", rows: contrast, isF: true }];
}

const valueAfter = (args: string[], option: string): string | undefined =>
  args.includes(option) ? args[args.indexOf(option) + 1] : undefined;

/** Subject by subject in the files, element by element here. */
const byElement = (subjects: ArrayLike<number>[]): number[][] =>
  Array.from(subjects[0]!, (_, j) => subjects.map((values) => values[j]!));

const withColumn = (design: Rows, column: number[][] | undefined, j: number): Rows =>
  column ? design.map((row, i) => [...row, column[j]![i]!]) : design;

const hasMissing = (data: number[][]): boolean => data.some((y) => y.some((v) => !Number.isFinite(v)));

describe("the oracle on vectorstats", () => {
  const directory = layOutVectorstats();
  const at = (file: string) => join(directory, file);
  const readList = (file: string) =>
    byElement(
      readFileSync(at(file), "utf8")
        .trim()
        .split("\n")
        .map((name) => readNumbers(at(name)).flat()),
    );

  it.each(vectorstatsCases)("has what the peer has: %s", (name) => {
    const { arguments: args, outputs, tolerances } = readVectorstatsCase(name);
    const data = readList(args[0]!);
    const design = readNumbers(at(args[1]!));
    const columnList = valueAfter(args, "-column");
    const column = columnList ? readList(columnList) : undefined;
    const groups = args.includes("-variance") ? readNumbers(at("groups.txt")).flat() : undefined;
    const shuffles = readPermutationColumns(at("permutations.txt"));
    const isVariable = column !== undefined || hasMissing(data);
    const expectRow = (ours: number[], output: string, row = 0, isColumn = false) => {
      const { rows, tolerance } = outputs[output]!;
      const values = (isColumn ? rows.flat() : rows[row]!).map((v) => v ?? Number.NaN);
      expect(differences(ours, values, tolerances[tolerance]!), output).toEqual([]);
    };
    for (const { postfix, rows, isF } of hypothesesOf(readNumbers(at(args[2]!)), args)) {
      const options = { groups, isF, truncateDofOfG: true };
      const testAll = (perm: number[]) =>
        data.map((y, j) => testElement(y, withColumn(design, column, j), rows, perm, options, isVariable));
      const observed = testAll(identityOf(design.length).perm);
      const of = (pick: (element: (typeof observed)[number]) => number) => observed.map(pick);
      outputs["betas"]!.rows.forEach((_, k) => {
        expectRow(
          of((e) => e.effects.beta[k]!),
          "betas",
          k,
        );
      });
      outputs["std_dev"]!.rows.forEach((_, g) => {
        expectRow(
          of((e) => e.effects.stdDev[g]!),
          "std_dev",
          g,
        );
      });
      if (outputs["cond"]) {
        const isDependent = outputs["cond"].rows[0]!.map((v) => v! > 1e5);
        expect(of((e) => e.cond).map((v) => v > 1e5)).toEqual(isDependent);
        expectRow(
          observed.map((e, j) => (isDependent[j] ? outputs["cond"]!.rows[0]![j]! : e.cond)),
          "cond",
        );
      }
      if (!isF) {
        expectRow(
          of((e) => e.effects.absEffect[0]!),
          `abs_effect${postfix}`,
        );
        if (!groups) {
          expectRow(
            of((e) => e.effects.stdEffect[0]!),
            `std_effect${postfix}`,
          );
        }
      }
      const statistic = `${isF ? "Fvalue" : "tvalue"}${postfix}`;
      expectRow(
        of((e) => e.statistic),
        statistic,
        0,
        true,
      );
      expectRow(
        of((e) => e.z),
        `Zstat${postfix}`,
        0,
        true,
      );
      const nullOutput = outputs[`null_dist${postfix}`]!;
      for (const i of [1, 24, 49]) {
        const maximum = Math.max(...testAll(shuffles[i]!).map((e) => e.z));
        const tolerance = tolerances[nullOutput.tolerance]!;
        expect(differences([maximum], [nullOutput.rows[0]![i]!], tolerance), `${postfix} shuffle ${i}`).toEqual([]);
      }
    }
  });

  it("keeps the degrees of freedom of G real where the peer truncates them", () => {
    const { outputs } = readVectorstatsCase("complete-variance-ttF");
    const data = readList("data-complete.txt");
    const groups = readNumbers(at("groups.txt")).flat();
    const model = createOracleModel(readNumbers(at("design.txt")), readNumbers(at("contrast-ttF.txt")), {
      groups,
      isF: true,
    });
    const away = data.map((y, j) => Math.abs(model.test(y, identityOf(30)).z - outputs["Zstat_F1"]!.rows[j]![0]!));
    expect(Math.max(...away)).toBeGreaterThan(1e-5);
    expect(Math.max(...away)).toBeLessThan(0.05);
  });
});

describe("the oracle on fixels with missing data, variance groups and element-wise columns", () => {
  it.each(["missing", "variance", "missing-variance", "column"])("has what the peer has: %s", (kind) => {
    const name = `fixelcfestats-${kind}`;
    const { directory, manifest } = layOutPeerCase(name);
    const args = manifest.arguments;
    const at = (file: string) => join(directory, file);
    const readList = (file: string, folder: string) =>
      byElement(
        readFileSync(at(file), "utf8")
          .trim()
          .split("\n")
          .map((image) => readSmallImage(at(join(folder, image))).values),
      );
    const data = readList(args[1]!, "fd");
    const design = readNumbers(at(args[2]!));
    const column = args.includes("-column") ? readList("column.txt", ".") : undefined;
    const groups = args.includes("-variance") ? readNumbers(at("groups.txt")).flat() : undefined;
    const connectivity = readSmallConnectivity(at("matrix"));
    const shuffle = readPermutationColumns(at("permutations.txt"))[13]!;
    const isVariable = column !== undefined || hasMissing(data);
    for (const { postfix, rows, isF } of hypothesesOf(readNumbers(at(args[3]!)), args)) {
      const options = { groups, isF, truncateDofOfG: true };
      const testAll = (perm: number[]) =>
        data.map((y, j) => testElement(y, withColumn(design, column, j), rows, perm, options, isVariable));
      const observed = testAll(identityOf(design.length).perm);
      const z = observed.map((e) => e.z);
      expectAgreement(
        observed.map((e) => e.statistic),
        name,
        `${isF ? "Fvalue" : "tvalue"}${postfix}.mif`,
      );
      expectAgreement(z, name, `Zstat${postfix}.mif`);
      expectAgreement(enhanceByConnectivity(z, connectivity), name, `cfe${postfix}.mif`);
      if (isVariable) {
        expectAgreement(
          observed.map((e) => e.cond),
          name,
          "cond.mif",
        );
      }
      (groups ? ["std_dev0.mif", "std_dev1.mif"] : ["std_dev.mif"]).forEach((file, g) => {
        expectAgreement(
          observed.map((e) => e.effects.stdDev[g]!),
          name,
          file,
        );
      });
      const maximum = Math.max(
        ...enhanceByConnectivity(
          testAll(shuffle).map((e) => e.z),
          connectivity,
        ),
      );
      const { values, tolerance } = stored(name, `null_dist${postfix}.txt`);
      expect(differences([maximum], [values[13]!], tolerance)).toEqual([]);
    }
  });
});

describe("the oracle against itself", () => {
  const design: Rows = Array.from({ length: 12 }, (_, i) => [1, i % 2, ((i * 7) % 12) - 5.5]);
  const y = design.map((row, i) => 3 + 0.7 * row[1]! + 0.1 * row[2]! + ((i * i * 5) % 11) / 7);
  const contrast: Rows = [[0, 1, 0]];
  const perm = [3, 1, 0, 2, 7, 11, 5, 4, 10, 9, 6, 8];
  const sign = [1, -1, 1, 1, -1, -1, 1, 1, 1, -1, 1, -1];

  it("has F = t^2 for one contrast", () => {
    const t = createOracleModel(design, contrast).test(y, { perm, sign });
    const f = createOracleModel(design, contrast, { isF: true }).test(y, { perm, sign });
    expect(f.statistic).toBeCloseTo(t.statistic ** 2, 12);
  });

  it("has v = t for one variance group", () => {
    const groups = design.map(() => 0);
    const t = createOracleModel(design, contrast).test(y, { perm, sign });
    const v = createOracleModel(design, contrast, { groups }).test(y, { perm, sign });
    expect(v.statistic).toBeCloseTo(t.statistic, 12);
  });

  it("has Welch's t for two groups without covariates", () => {
    const groups = design.map((row) => row[1]!);
    const twoColumns = design.map((row) => row.slice(0, 2));
    const { statistic } = createOracleModel(twoColumns, [[0, 1]], { groups }).test(y, identityOf(12));
    const halves = [0, 1].map((g) => y.filter((_, i) => groups[i] === g));
    const means = halves.map((half) => half.reduce((a, b) => a + b) / half.length);
    const variances = halves.map(
      (half, g) => half.reduce((sum, v) => sum + (v - means[g]!) ** 2, 0) / (half.length - 1),
    );
    expect(statistic).toBeCloseTo((means[1]! - means[0]!) / Math.sqrt(variances[0]! / 6 + variances[1]! / 6), 12);
  });

  it("treats complete data as a variable design alike", () => {
    const fixed = createOracleModel(design, contrast).test(y, { perm, sign });
    const variable = testVariable(y, design, contrast, { perm, sign });
    expect(variable.statistic).toBe(fixed.statistic);
    expect(variable.z).toBe(fixed.z);
  });

  it("pairs the remaining sources with the remaining observations in order", () => {
    const keep = [true, false, true, true];
    expect(maskShuffle({ perm: [3, 1, 0, 2], sign: [1, -1, -1, 1] }, keep)).toEqual({
      perm: [2, 0, 1],
      sign: [1, -1, 1],
    });
  });

  it("gives zeros for too few observations", () => {
    const holes = y.map((v, i) => (i < 7 ? Number.NaN : v));
    const few = testVariable(holes, design, contrast, { perm });
    expect(few.statistic).toBe(0);
    expect(few.effects.stdDev[0]).toBeGreaterThan(0);
    const fewer = testVariable(
      y.map((v, i) => (i < 10 ? Number.NaN : v)),
      design,
      contrast,
      { perm },
    );
    expect(fewer.cond).toBe(0);
    expect(fewer.effects.beta).toEqual([0, 0, 0]);
  });
});
