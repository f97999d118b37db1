// The files of vectorstats: `<prefix>NAME.csv`, the prefix glued on as MRtrix3 does it. They are gathered in a hidden folder beside and moved in
// place together at the end, so that a run that dies leaves nothing that looks like a result.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { formatNumber } from "../formats/text/write.js";
import { writeFileFromPieces } from "../formats/write-file.js";
import { describeSystemError } from "../system-error.js";
import { checkDiskRoom, claimDirectory } from "./claim-directory.js";

export interface VectorOutputInputs {
  /** As typed: `out/x_` gives out/x_betas.csv, `out/` gives out/betas.csv. */
  readonly prefix: string;
  /** Of all tables, without prefix and ending, with the numbers each holds. */
  readonly tables: Readonly<Record<string, number>>;
  /** Of the run record, with ending; moved in place after everything else. */
  readonly record: string;
  readonly overwrite: boolean;
  readonly commandHistory: string;
}

export interface VectorOutput {
  /** Results of an earlier run that will be replaced; only with `overwrite`. */
  readonly replaced: readonly string[];
  /** One line. */
  writeRow(name: string, values: ArrayLike<number>): void;
  /** One value a line. */
  writeColumn(name: string, values: ArrayLike<number>): void;
  /** A line a row. */
  writeRows(name: string, rows: readonly ArrayLike<number>[]): void;
  writeRecord(write: (path: string) => void): void;
  /** Moves everything in place. */
  publish(): void;
  /** Removes what was not published. Idempotent. */
  discard(): void;
}

/** Digits of the peer: vectors, and matrices. */
const ROW_DIGITS = 10;
const MATRIX_DIGITS = 15;
/** Bytes of a number and its separator, at most. */
const NUMBER_BYTES = 23;
/** Numbers turned to text together, so that no file is held as a whole. */
const PIECE_NUMBERS = 8192;

/** Everything that can fail is tried here, before the run. Throws InputError: exists already, no such directory, cannot be written, disk too small. */
export function createVectorOutput(inputs: VectorOutputInputs): VectorOutput {
  const { prefix, tables, record } = inputs;
  const slash = prefix.lastIndexOf("/") + 1;
  const directory = slash === 0 ? "." : prefix.slice(0, slash);
  const purpose = `Cannot write results to ${prefix}*.csv`;
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(
      `${purpose}: expected an existing directory ${directory}, got none. Make it first; the prefix is put in front of every file name as it is.`,
      { path: directory },
    );
  }
  const base = prefix.slice(slash);
  const files = [...Object.keys(tables).map((name) => `${name}.csv`), record].map((name) => `${base}${name}`);
  const replaced = files.filter((name) => existsSync(join(directory, name)));
  if (replaced.length > 0 && !inputs.overwrite) {
    const more = replaced.length > 3 ? ` and ${replaced.length - 3} more` : "";
    throw new InputError(
      `${purpose}: ${replaced.slice(0, 3).join(", ")}${more} exist already. Give another prefix, or -force to overwrite.`,
      { path: prefix },
    );
  }
  const claim = claimDirectory({ path: directory, purpose, remedy: "Choose another prefix for the results." });
  const bytes = Object.values(tables).reduce((sum, count) => sum + count * NUMBER_BYTES, 0);
  checkDiskRoom([{ path: claim.path, bytes, what: "results" }]);
  const partial = join(claim.path, `.partial-${process.pid}-${hostname()}-vectorstats`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);

  const write = (name: string, rows: readonly ArrayLike<number>[], form: { digits: number; separator: string }) =>
    writeFileFromPieces(join(partial, `${base}${name}.csv`), pieces(inputs.commandHistory, rows, form));
  return {
    replaced,
    writeRow: (name, values) => write(name, [values], { digits: ROW_DIGITS, separator: "," }),
    writeColumn: (name, values) => write(name, [values], { digits: MATRIX_DIGITS, separator: "\n" }),
    writeRows: (name, rows) => write(name, rows, { digits: MATRIX_DIGITS, separator: "," }),
    writeRecord: (writeTo) => writeTo(join(partial, `${base}${record}`)),
    publish() {
      const last = `${base}${record}`;
      try {
        rmSync(join(directory, last), { force: true });
        const names = readdirSync(partial).filter((name) => name !== last);
        for (const name of [...names, last]) renameSync(join(partial, name), join(directory, name));
        rmSync(partial, { recursive: true });
      } catch (cause) {
        throw new InputError(
          `${purpose}: ${describeSystemError(cause)}. Check the directory, and run the command again.`,
          {
            path: prefix,
            cause,
          },
        );
      }
    },
    discard() {
      rmSync(partial, { recursive: true, force: true });
      claim.release();
    },
  };
}

/** The comment of the peer, then the rows, some thousand numbers at a time. */
function* pieces(
  commandHistory: string,
  rows: readonly ArrayLike<number>[],
  { digits, separator }: { digits: number; separator: string },
): Generator<Uint8Array> {
  yield Buffer.from(`# command_history: ${commandHistory.replace(/\s*\n\s*/g, " ")}\n`);
  for (const values of rows) {
    for (let first = 0; first < values.length; first += PIECE_NUMBERS) {
      const cells: string[] = [];
      const end = Math.min(first + PIECE_NUMBERS, values.length);
      for (let i = first; i < end; i++) cells.push(formatNumber(values[i]!, digits));
      yield Buffer.from(`${cells.join(separator)}${end === values.length ? "\n" : separator}`);
    }
  }
}
