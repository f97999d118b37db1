// The subjects of a store or a ModelArray file as a list that selects them: one order for all scalars, or that of the one that is named.
import { InputError, UsageError } from "../../errors.js";
import { firstDifference, keysInCommon, listNames } from "../../subject-names.js";

export interface NamedScalar {
  readonly name: string;
  /** In row order. */
  readonly subjects: readonly string[];
}

export interface SubjectsChoice {
  /** Of the file, as typed. */
  readonly path: string;
  /** Undefined: all of them, which must agree. */
  readonly scalar: string | undefined;
  /** Others may have written it: nothing promises that its scalars have one order. */
  readonly foreign: boolean;
}

/**
 * One name a line. Throws UsageError: no such scalar; InputError: scalars whose orders differ, or whose names do not tell, or names that no list can hold.
 */
export function formatSubjects(scalars: readonly NamedScalar[], { path, scalar, foreign }: SubjectsChoice): string {
  const chosen = scalar === undefined ? scalars[0] : scalars.find(({ name }) => name === scalar);
  if (chosen === undefined) {
    const names = scalars.map(({ name }) => name);
    throw new UsageError(
      `Cannot use scalar ${scalar ?? "(none)"}: ${path} holds ${names.length === 0 ? "none" : listNames(names, 20)}. Choose one with --scalar.`,
    );
  }
  if (scalar === undefined) assertOneOrder(scalars, path, foreign);
  const bad = chosen.subjects.findIndex((name) => name.trim() === "" || /[\r\n]/.test(name));
  if (bad >= 0) {
    throw new InputError(
      `Cannot print the subjects of ${path} as a list: expected names of one line each, got ${JSON.stringify(chosen.subjects[bad]!.slice(0, 200))} (subject ${bad + 1} of ${chosen.name}, counting from 1). Use - for all subjects, or rename it.`,
      { path },
    );
  }
  return chosen.subjects.map((name) => `${name}\n`).join("");
}

function assertOneOrder(scalars: readonly NamedScalar[], path: string, foreign: boolean): void {
  const [first, ...others] = scalars as readonly [NamedScalar, ...NamedScalar[]];
  const keys = keysInCommon(scalars.map(({ name, subjects }) => ({ scalar: name, names: subjects })));
  for (const [i, { name, subjects }] of others.entries()) {
    const row = keys === undefined ? (foreign ? 0 : -1) : firstDifference(keys[0]!, keys[i + 1]!);
    if (row < 0) continue;
    const got =
      keys === undefined
        ? `${first.name} and ${name} whose names (${first.subjects[0]}, ${subjects[0]}) do not tell whether they agree`
        : `${first.subjects[row]} of ${first.name} and ${subjects[row]} of ${name} in row ${row + 1}`;
    throw new InputError(
      `Cannot print the subjects of ${path}: expected one order for all scalars, got ${got}. Name the scalar that is analysed: --scalar ${first.name}.`,
      { path },
    );
  }
}
