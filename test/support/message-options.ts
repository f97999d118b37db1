// What the texts of the program say about its options, and which commands can say it: out of the sources, by TypeScript's own parser.
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { repositoryRoot } from "./peer.js";

export interface NamedOption {
  /** From the root of the repository. */
  readonly file: string;
  /** Without dashes. Ends in `_` where the text goes on with a value: -exchange_within and -exchange_whole. */
  readonly option: string;
  /** … stands for what is put in. */
  readonly text: string;
}

export interface Sources {
  readonly named: readonly NamedOption[];
  /** The files that `file` needs, itself among them. Types alone are not needed. */
  reachableFrom(file: string, but?: RegExp): ReadonlySet<string>;
}

/** Options of other programs, which messages tell to use. */
const OTHERS =
  /\b(?:mrconvert|mrcalc|mrview|mrthreshold|h5repack|python3)(?: [\w.=:…"/-]+)*?(?: or -\w+|(?= or |[.,;`]|$))/g;

/** Its texts are scripts, whose lines run many programs; bash runs them in test/cli/slurm.test.ts. */
const OF_SHELLS = ["src/app/shards/slurm-scripts.ts"];

export function readSources(): Sources {
  const named: NamedOption[] = [];
  const imports = new Map<string, string[]>();
  const files = ["src", "converters"].flatMap((folder) =>
    (fs.readdirSync(path.join(repositoryRoot, folder), { recursive: true }) as string[])
      .map((name) => path.posix.join(folder, name))
      // scripts of shells name options of what they call
      .filter((name) => name.endsWith(".ts") && !/\/assembly\/|\/definitions\/completion/.test(name)),
  );
  for (const file of files) {
    const text = fs.readFileSync(path.join(repositoryRoot, file), "utf8");
    const found: string[] = [];
    imports.set(file, found);
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
        const from = node.moduleSpecifier;
        const isType = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly : node.isTypeOnly;
        if (!isType && from !== undefined && ts.isStringLiteral(from) && from.text.startsWith(".")) {
          found.push(path.posix.join(path.posix.dirname(file), from.text.replace(/\.js$/, ".ts")));
        }
        return;
      }
      if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        const [from] = node.arguments;
        if (from !== undefined && ts.isStringLiteral(from) && from.text.startsWith("."))
          found.push(path.posix.join(path.posix.dirname(file), from.text.replace(/\.js$/, ".ts")));
        return;
      }
      if (!OF_SHELLS.includes(file))
        named.push(...optionsIn(textOf(node)).map((option) => ({ file, option, text: textOf(node) })));
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
  return {
    named,
    reachableFrom(file, but) {
      const reached = new Set<string>();
      const open = [file];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (reached.has(next) || but?.test(next)) continue;
        reached.add(next);
        open.push(...(imports.get(next) ?? []));
      }
      return reached;
    },
  };
}

function textOf(node: ts.Node): string {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return "";
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}

/** Names of options in a text of several words, or in a piece of one that begins with a blank. */
function optionsIn(text: string): string[] {
  if (!/\s/.test(text)) return [];
  const ours = text.replace(OTHERS, "");
  return [...ours.matchAll(/(?<![\w….\\/-])--?([a-zA-Z][\w-]*)/g)].map((match) => match[1]!);
}
