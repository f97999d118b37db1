// Formulas and tables that nobody chose, for a comparison with R: every operator, factors of all kinds, functions, nested as they come.
import type { SeededRandom } from "./seeded-random.js";

const pick = <T>(random: SeededRandom, list: readonly T[]): T => list[random.integer(list.length)]!;

const FACTORS = ["group", "sex", "site", "treated", "grade"] as const;
const MADE_FACTORS = [
  ...["factor(dose)", "ordered(dose)", 'relevel(group, ref = "sibling")', "C(group, sum)", "C(sex, contr.helmert)"],
  ...['ordered(grade, levels = c("low", "mid", "high", "top"))', 'factor(sex, levels = c("M", "F"))', "I(age > 30)"],
  ...[
    'I(group == "patient")',
    "C(ordered(dose), treatment)",
    "as.factor(treated)",
    'factor(dose, labels = c("a", "b b", "c", "d"))',
  ],
];
const NUMBERS = ["age", "motion", "iq", "dose"] as const;
const MADE_NUMBERS = [
  ...[
    "log(motion)",
    "I(age^2)",
    "sqrt(iq)",
    "I(iq/10 - motion)",
    "scale(iq)",
    "scale(iq, scale = FALSE)",
    "I(-age)",
    "exp(-motion)",
  ],
  ...[
    "I((age - 40)/10)",
    "log(iq, base = 2)",
    "I(dose * motion)",
    "I(iq %% 7)",
    "as.numeric(treated)",
    "I(treated * iq)",
  ],
];
/** Of columns without gaps: R refuses others. */
const BASES = [
  ...[
    "poly(iq, 2)",
    "poly(motion, 3)",
    "poly(iq, 2, raw = TRUE)",
    "ns(iq, df = 3)",
    "ns(motion, 2)",
    "bs(iq, df = 4)",
    "bs(motion, degree = 2)",
  ],
  ...[
    "ns(iq, knots = c(95, 105))",
    "bs(iq, knots = 100)",
    "ns(motion, df = 3, intercept = TRUE)",
    "bs(iq, df = 6, intercept = TRUE)",
  ],
];

const numeric = (random: SeededRandom) =>
  random.uniform() < 0.65 ? pick(random, NUMBERS) : pick(random, random.uniform() < 0.6 ? MADE_NUMBERS : BASES);
const factor = (random: SeededRandom) => (random.uniform() < 0.7 ? pick(random, FACTORS) : pick(random, MADE_FACTORS));

function part(random: SeededRandom, depth: number): string {
  if (depth === 0 || random.uniform() < 0.35) return random.uniform() < 0.5 ? factor(random) : numeric(random);
  const [a, b] = [part(random, depth - 1), part(random, depth - 1)];
  const u = random.uniform();
  if (u < 0.3) return `${a} + ${b}`;
  if (u < 0.45) return `${a}:${b}`;
  if (u < 0.65) return `(${a}) * (${b})`;
  if (u < 0.73) return `(${a} + ${b})^${2 + random.integer(2)}`;
  if (u < 0.81) return `(${a})/${b}`;
  if (u < 0.87) return `${a} %in% ${b}`;
  if (u < 0.95) return `(${a} * ${b}) - ${pick(random, [a, b])}`;
  return `(${a})`;
}

/** The right side of a linear model. */
export function randomTerms(random: SeededRandom): string {
  const made = part(random, 3);
  const u = random.uniform();
  if (u < 0.12) return `${made} - 1`;
  if (u < 0.24) return `0 + ${made}`;
  if (u < 0.28) return `. + ${made}`;
  return made;
}

/** Smooths of different variables beside a few terms. */
export function randomSmooths(random: SeededRandom): string {
  const smooths = random
    .permutation(3)
    .slice(0, 1 + random.integer(2))
    .map((i) => {
      const bs = random.uniform() < 0.4 ? ', bs = "cr"' : "";
      const by = random.uniform() < 0.3 ? `, by = ${pick(random, ["sex", "group", "motion", "treated", "osex"])}` : "";
      const fx = random.uniform() < 0.3 ? ", fx = TRUE" : "";
      return `s(${["age", "iq", "motion"][i]}${by}, k = ${3 + random.integer(5)}${bs}${fx})`;
    });
  const beside = pick(random, ["", "sex", "group", "sex * group", "dose", "ns(iq, 2)", "C(group, sum)", "treated"]);
  return [...(beside === "" ? [] : [beside]), ...smooths].join(" + ");
}

/** Rows of text cells; `gaps`: some are missing. */
export function randomCohort(random: SeededRandom, n: number, gaps: boolean): { columns: string[]; rows: string[][] } {
  const columns = ["subject", "group", "sex", "site", "treated", "grade", "age", "motion", "iq", "dose", "osex", "y"];
  const gap = (cell: string, share: number) => (gaps && random.uniform() < share ? "NA" : cell);
  const rows = Array.from({ length: n }, (_, i) => [
    `sub-${String(i + 1).padStart(3, "0")}`,
    gap(pick(random, ["patient", "control", "sibling"]), 0.04),
    gap(pick(random, ["M", "F"]), 0.03),
    pick(random, ["St. Louis, MO", "Zürich", "boston", 'the "old" one']),
    pick(random, ["TRUE", "FALSE"]),
    pick(random, ["low", "mid", "high", "top"]),
    gap((8 + 62 * random.uniform()).toFixed(2), 0.04),
    (0.01 + 0.4 * random.uniform()).toFixed(4),
    String(Math.round(100 + 15 * random.normal())),
    gap(pick(random, ["0", "10", "20", "40"]), 0.03),
    pick(random, ["F", "M"]),
    gap((5 + random.normal()).toFixed(6), 0.03),
  ]);
  return { columns, rows };
}

export const textOfCohort = ({ columns, rows }: { columns: string[]; rows: string[][] }): string =>
  [columns, ...rows]
    .map(
      (cells) => `${cells.map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`,
    )
    .join("");
