// The law of units: a column of the design, or an element-wise one, in other units, or counted from another zero where an intercept is there, changes no t, F, Z, p,
// verdict or message. Coefficients and effects follow as they must. Whole runs of vectorstats.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";

const N_ELEMENTS = 7;
/** Of 1 + |value|: entries that are multiplied are rounded to doubles. */
const CLOSE = 1e-9;

interface Kind {
  readonly name: string;
  readonly isMissing?: boolean;
  readonly nOwn?: number;
  readonly nGroups?: number;
  readonly options?: readonly string[];
}

const KINDS: readonly Kind[] = [
  { name: "complete" },
  { name: "complete, single precision", options: ["--precision", "single"] },
  { name: "complete, sign flips, reference kernels", options: ["-errors", "ise", "-kernels", "reference"] },
  { name: "missing", isMissing: true },
  { name: "variance groups", nGroups: 2 },
  { name: "missing and variance groups", isMissing: true, nGroups: 2, options: ["-errors", "both"] },
  { name: "a column", nOwn: 1 },
  { name: "two columns and missing", nOwn: 2, isMissing: true },
  { name: "a column, missing and variance groups", nOwn: 1, isMissing: true, nGroups: 2 },
];

interface Problem {
  /** [column][subject]; the first may be the intercept. */
  readonly columns: number[][];
  /** [column][subject][element] */
  readonly own: number[][][];
  readonly data: number[][];
  readonly contrasts: number[][];
  readonly groups: number[] | undefined;
  readonly hasIntercept: boolean;
}

/** A whole number of 1/1024: a zero far away can be added exactly. */
const grid = (value: number) => Math.round(value * 1024) / 1024;

function drawProblem(random: SeededRandom, { isMissing = false, nOwn = 0, nGroups = 0 }: Kind): Problem {
  const k = Math.max(2, 1 + random.integer(8 - nOwn));
  const least = (nGroups > 0 ? 6 : 2) + (isMissing ? 3 : 1) * (k + nOwn);
  const n = least + random.integer(Math.max(1, 61 - least));
  const hasIntercept = random.uniform() < 0.8;
  const columns = Array.from({ length: k }, (_, j) => {
    if (j === 0 && hasIntercept) return new Array<number>(n).fill(1);
    const isBinary = random.uniform() < 0.3;
    return Array.from({ length: n }, () => (isBinary ? random.integer(2) : grid(5 * random.normal())));
  });
  const own = Array.from({ length: nOwn }, () =>
    Array.from({ length: n }, () => Array.from({ length: N_ELEMENTS }, () => grid(3 + random.normal()))),
  );
  const groups = nGroups === 0 ? undefined : Array.from({ length: n }, (_, i) => i % nGroups);
  const data = Array.from({ length: n }, (_, i) =>
    Array.from({ length: N_ELEMENTS }, (__, e) =>
      isMissing && e > 1 && random.uniform() < 0.1 ? Number.NaN : 10 + columns[k - 1]![i]! * 0.3 + random.normal(),
    ),
  );
  const contrasts = [
    Array.from({ length: k + nOwn }, (_, j) => Number(j === k + nOwn - 1)),
    Array.from({ length: k + nOwn }, () => random.integer(9) - 4 || 1),
    Array.from({ length: k + nOwn }, (_, j) => Number(j === (nOwn > 0 ? k - 1 : Math.max(0, k - 2)))),
  ];
  return { columns, own, data, contrasts, groups, hasIntercept };
}

/** The problem with column j multiplied by units[j] or moved by zeros[j], and contrasts of the same effects. */
function change({ columns, own, contrasts, ...rest }: Problem, units: number[], zeros: number[]): Problem {
  const k = columns.length;
  return {
    ...rest,
    columns: columns.map((column, j) => column.map((value) => value * units[j]! + zeros[j]!)),
    own: own.map((column, c) => column.map((row) => row.map((value) => value * units[k + c]! + zeros[k + c]!))),
    contrasts: contrasts.map((row) => row.map((weight, j) => weight * units[j]! + zeros[j]! * row[0]!)),
  };
}

async function run({ columns, own, data, contrasts, groups }: Problem, options: readonly string[]) {
  const directory = makeTemporaryDirectory();
  const write = (name: string, rows: readonly (readonly number[])[]) => {
    const path = join(directory, name);
    writeFileSync(path, rows.map((row) => `${row.join(" ")}\n`).join(""));
    return path;
  };
  const list = (name: string, subjects: readonly (readonly number[])[]) => {
    const paths = subjects.map((values, i) => write(`${name}-${i}.txt`, [values]));
    const path = join(directory, `${name}.txt`);
    writeFileSync(path, paths.map((file) => `${file}\n`).join(""));
    return path;
  };
  const rows = data.map((_, i) => columns.map((column) => column[i]!));
  const typed = [
    write("data.txt", data),
    write("design.txt", rows),
    write("contrast.txt", contrasts),
    join(directory, "out."),
    ...["-ftests", write("f.txt", [contrasts.map((_, i) => Number(i !== 1))])],
    ...own.flatMap((column, c) => ["-column", list(`column${c}`, column)]),
    ...(groups === undefined ? [] : ["-variance", write("groups.txt", [groups])]),
  ];
  const result = await runInProcess([
    ...["vectorstats", ...typed, "-nshuffles", "40", "--seed", "3", "-quiet"],
    ...(options.includes("-nthreads") ? options : [...options, "-nthreads", "0"]),
  ]);
  const tables = new Map<string, number[]>();
  for (const file of readdirSync(directory).filter((name) => name.startsWith("out.") && name.endsWith(".csv"))) {
    const text = readFileSync(join(directory, file), "utf8").replace(/^#.*\n/, "");
    tables.set(
      file.slice(4, -4),
      text
        .trim()
        .split(/[\s,]+/)
        .map(Number),
    );
  }
  return { status: result.status, stderr: result.stderr.replaceAll(directory, ""), tables };
}

/** Names of tables whose values must be equal, not close. */
const COUNTED = /^(fwe_1mpvalue|uncorrected_pvalue|null_contributions)/;

function compare(
  plain: Awaited<ReturnType<typeof run>>,
  changed: Awaited<ReturnType<typeof run>>,
  { columns, own }: Problem,
  { units, zeros, tolerance }: { units: number[]; zeros: number[]; tolerance: number },
): void {
  expect(changed.stderr).toBe(plain.stderr);
  expect(changed.status).toBe(plain.status);
  expect([...changed.tables.keys()]).toEqual([...plain.tables.keys()]);
  for (const [name, values] of plain.tables) {
    const found = changed.tables.get(name)!;
    // the peer's number, of the columns as they are
    if (name === "cond") continue;
    if (COUNTED.test(name)) {
      expect(found, name).toEqual(values);
      continue;
    }
    const wanted = name === "betas" ? movedBetas(values, units, zeros, columns.length + own.length) : values;
    const size = Math.max(...wanted.map(Math.abs));
    for (const [i, value] of wanted.entries()) {
      const unit = name === "betas" ? sizeOfRow(wanted, i) : /effect|std_dev/.test(name) ? size : 1 + Math.abs(value);
      expect(Math.abs(found[i]! - value), `${name} ${i}: ${found[i]} beside ${value}`).toBeLessThanOrEqual(
        tolerance * unit,
      );
    }
  }
}

const sizeOfRow = (betas: readonly number[], i: number) => {
  const first = i - (i % N_ELEMENTS);
  return Math.max(...betas.slice(first, first + N_ELEMENTS).map(Math.abs));
};

/** beta_j / units_j, and what a new zero takes from the intercept. */
function movedBetas(betas: readonly number[], units: number[], zeros: number[], k: number): number[] {
  const of = (j: number, e: number) => betas[j * N_ELEMENTS + e]!;
  return betas.map((beta, i) => {
    const [j, e] = [Math.floor(i / N_ELEMENTS), i % N_ELEMENTS];
    if (j > 0) return beta / units[j]!;
    let sum = beta / units[0]!;
    for (let l = 1; l < k; l++) sum -= zeros[l]! * of(l, e);
    return sum;
  });
}

describe.each(KINDS)("$name", (kind) => {
  const isSingle = kind.options?.includes("single") === true;
  test("the same in other units, and from another zero", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = createRandom(seed * 101 + KINDS.indexOf(kind));
      const problem = drawProblem(random, kind);
      const k = problem.columns.length + problem.own.length;
      const plain = await run(problem, kind.options ?? []);
      expect(plain.status, plain.stderr).toBe(0);
      expect(plain.tables.size).toBeGreaterThan(10);
      expect(plain.tables.get("tvalue_t2")!.every((value) => value !== 0)).toBe(true);
      const units = Array.from({ length: k }, () => 10 ** (24 * random.uniform() - 12));
      const ofZeros = new Array<number>(k).fill(0);
      // single precision: what is multiplied in float32 differs by rounding, and that by rounding of the columns
      const tolerance = isSingle ? 1e-5 : CLOSE;
      compare(plain, await run(change(problem, units, ofZeros), kind.options ?? []), problem, {
        ...{ units, zeros: ofZeros, tolerance },
      });
      if (!problem.hasIntercept) continue;
      const zeros = Array.from({ length: k }, (_, j) => (j === 0 ? 0 : Math.round(10 ** (9 * random.uniform()))));
      const ones = new Array<number>(k).fill(1);
      compare(plain, await run(change(problem, ones, zeros), kind.options ?? []), problem, {
        ...{ units: ones, zeros, tolerance },
      });
    }
  });
});

describe("what cannot be estimated is refused in any unit, what can is tested in any", () => {
  const random = createRandom(9);
  const n = 20;
  const age = Array.from({ length: n }, () => grid(40 + 8 * random.normal()));
  const columns = [
    new Array<number>(n).fill(1),
    age.map((_, i) => i % 2),
    age.map((_, i) => 1 - (i % 2)),
    age,
    age.map((value) => Number((value / 7).toPrecision(15))),
  ];
  const data = age.map((value, i) => Array.from({ length: N_ELEMENTS }, () => value / 40 + (i % 2) + random.normal()));
  const problem = { columns, own: [], data, groups: undefined, hasIntercept: true };
  const estimable = [
    [0, 1, -1, 0, 0],
    [1, 0.5, 0.5, 0, 0],
    [0, 0, 0, 7, 1],
  ];

  test.each([0, 1, 2, 3])("draw %i", async (draw) => {
    const units = columns.map(() => (draw === 0 ? 1 : 10 ** (24 * random.uniform() - 12)));
    const zeros = columns.map(() => 0);
    const plain = await run({ ...problem, contrasts: estimable }, []);
    expect(plain.status).toBe(0);
    expect(plain.stderr).toContain("only 3 are linearly independent");
    const changed = await run(change({ ...problem, contrasts: estimable }, units, zeros), []);
    for (const name of ["tvalue_t1", "tvalue_t2", "tvalue_t3", "Fvalue_F1", "Zstat_F1"]) {
      for (const [i, value] of plain.tables.get(name)!.entries()) {
        expect(Math.abs(changed.tables.get(name)![i]! - value)).toBeLessThan(CLOSE * (1 + Math.abs(value)));
      }
    }
    expect(changed.stderr).toBe(plain.stderr);
    const inestimable = columns.map((_, j) => columns.map((__, l) => Number(l === j)));
    const refused = await run(change({ ...problem, contrasts: inestimable }, units, zeros), ["-notest"]);
    expect(refused.status).toBe(1);
    for (const name of ["t1", "t2", "t3", "t4", "t5"]) {
      expect(refused.stderr).toContain(`Cannot test hypothesis ${name}: `);
    }
  });
});

test("columns far from zero: the same bits for any threads and memory", async () => {
  const kind: Kind = { name: "", nOwn: 2, isMissing: true };
  const random = createRandom(4);
  const problem = drawProblem(random, kind);
  const k = problem.columns.length + 2;
  const zeros = Array.from({ length: k }, (_, j) => (j === 0 ? 0 : 10 ** (1 + (j % 8))));
  const far = change(problem, new Array<number>(k).fill(1), zeros);
  const first = await run(far, []);
  expect(first.status).toBe(0);
  for (const more of [
    ["-nthreads", "2"],
    ["-nthreads", "3", "--memory", "4MiB"],
  ]) {
    expect(await run(far, more)).toEqual(first);
  }
});
