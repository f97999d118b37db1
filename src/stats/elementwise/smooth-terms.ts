// The smooth terms of a formula over the subjects of a frame, one for each level of an unordered factor that they are by.
import { DesignError } from "../../errors.js";
import type { ModelFrame } from "../formula/model-frame.js";
import type { SmoothTerm } from "../formula/smooth-term.js";
import type { Basis } from "../smooth/basis.js";
import { smoothBasis } from "../smooth/smooth-basis.js";

export interface Smooth {
  readonly term: SmoothTerm;
  /** As mgcv writes it: `s(age)`, `s(age):sexM`. */
  readonly label: string;
  readonly basis: Basis;
}

/** Throws DesignError: covariates that are no numbers, too few values. */
export function smoothsOf({ terms, smoothVariables }: ModelFrame): Smooth[] {
  return terms.smooths.flatMap((term): Smooth[] => {
    const { k, bs } = term;
    const x = numbersOf(term, term.variable, smoothVariables);
    const plain = `s(${term.variable})`;
    if (term.by === undefined) return [{ term, label: plain, basis: smoothBasis({ label: term.text, x, k, bs }) }];
    const by = smoothVariables.get(term.by)!.value;
    if (by.kind === "factor" || by.logical === true) {
      const levels = by.kind === "factor" ? by.levels : ["FALSE", "TRUE"];
      const codes = by.kind === "factor" ? by.codes : Int32Array.from(by.columns[0]!);
      const isOrdered = by.kind === "factor" && by.ordered;
      // the first level of an ordered factor is what the others are told from
      return levels.flatMap((level, code) => {
        if (isOrdered && code === 0) return [];
        const values = Float64Array.from(codes, (own) => Number(own === code));
        const basis = smoothBasis({ label: term.text, x, k, bs, by: { values, isDummy: true } });
        return [{ term, label: `${plain}:${term.by}${level}`, basis }];
      });
    }
    const values = numbersOf(term, term.by, smoothVariables);
    return [
      {
        ...{ term, label: `${plain}:${term.by}` },
        basis: smoothBasis({ label: term.text, x, k, bs, by: { values, isDummy: false } }),
      },
    ];
  });
}

function numbersOf(term: SmoothTerm, text: string, variables: ModelFrame["smoothVariables"]): Float64Array {
  const { value, scalars } = variables.get(text)!;
  if (scalars.length > 0)
    throw new DesignError([
      `Cannot make ${term.text}: expected a column of the table, got ${text}, which each element has of its own. Use it as a term by itself.`,
    ]);
  if (value.kind === "numbers" && value.columns.length === 1) return value.columns[0]!;
  throw new DesignError([
    `Cannot make ${term.text}: expected numbers, got ${value.kind === "factor" ? "a factor" : "a matrix"} (${text}). Use the factor as a term of its own, or as by.`,
  ]);
}

/** Columns of unpenalised smooths, as terms of a linear model. Throws DesignError: a smooth that is penalised. */
export function smoothColumns(frame: ModelFrame): { name: string; values: Float64Array }[] {
  if (frame.terms.smooths.length === 0) return [];
  const penalised = frame.terms.smooths.find(({ fx }) => !fx);
  if (penalised !== undefined)
    throw new DesignError([
      `Cannot fit ${penalised.text} by lm: expected a smooth of fixed degrees of freedom, got a penalised one. Write fx = TRUE in it, or use fixelstream gam.`,
    ]);
  return smoothsOf(frame).flatMap(({ label, basis }) =>
    basis.columns.map((values, i) => ({ name: `${label}.${i + 1}`, values })),
  );
}
