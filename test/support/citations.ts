// What a text cites of this repository, and what of that is not there: documents, their sections, files and folders. The syntax is CONTRIBUTING.md's.
import fs from "node:fs";
import path from "node:path";

export interface Repository {
  /** Files and folders, from the root, with `/`. */
  readonly paths: ReadonlySet<string>;
  /** Headings of a Markdown file. */
  headingsOf(file: string): readonly string[];
}

const NOT_OURS = new Set(["node_modules", "dist", ".git", ".fixelstream"]);

export function readRepository(root: string): Repository {
  const paths = new Set<string>();
  const visit = (folder: string) => {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name)) continue;
      const name = path.posix.join(folder, entry.name);
      paths.add(name);
      if (entry.isDirectory()) visit(name);
    }
  };
  visit("");
  return { paths, headingsOf: (file) => headingsIn(fs.readFileSync(path.join(root, file), "utf8")) };
}

export const headingsIn = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1]!.trim());

/** Documents whose sections are numbered, `## M5 ..`, and cited as `mathematics M5`. */
export const SPECIFICATION = { mathematics: "M", semantics: "S", run: "R" } as const;
const documentOf = (name: string) => `docs/internals/${name}.md`;
const NAMED = /\b(mathematics|semantics|run)`? `?((?:[MSR]\d+(?:,? and |, |\b))+)/g;
/** In the specification itself the letter says which document is meant. M0 is a matrix. */
const BARE = /\b([MSR])([1-9]\d*)\b/g;

/** What only the authors had, or what is gone. */
const NOT_FOR_USERS = [
  /\b(?:storage-facts|style-anchors|memory-layout|planted-imports|model-tests)\b/g,
  /\b(?:engine|semantics|family|run|architecture|scale|speed)(?:\.md)?,? sections? \d/gi,
  /(?<![\w-])(?:\.\.\/)?shared\/(?:design|peer|prototypes|cases|tools)\b/g,
];

const DOCUMENT = /(?<![\w./@<*-])((?:[\w.-]+\/|\.\.\/)*[\w.-]*\w\.md)\b(?:#([\w-]+))?/g;
const SOURCE_FILE = /(?<![\w./@*-])((?:[\w.-]+\/)*[\w.-]*\w\.(?:ts|mjs|as|py|grit))\b/g;
const FOLDER = /(?<![\w./@-])((?:src|test|converters|bin|docs|fixtures|\.ci)\/[\w./*{}<>…-]*)/g;

/** One line a citation that leads nowhere. `file`: from the root. */
export function deadCitations(file: string, whole: string, repository: Repository): string[] {
  const text = whole.replace(/https?:\/\/[^\s)>"'`]+/g, "");
  const isText = file.endsWith(".md");
  const prose = isText ? text : commentsOf(file, text);
  // what a program says to its users is read by them; the strings of a test are names of its files
  const said = /^(test|fixtures|\.ci)\//.test(file) ? prose : text;
  const problems = NOT_FOR_USERS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([found]) => `"${found}": nobody has that`),
  );
  for (const [, name, sections] of text.matchAll(NAMED)) {
    for (const [number] of sections!.matchAll(/[MSR]\d+/g)) problems.push(...deadSection(name!, number, repository));
  }
  const own = Object.entries(SPECIFICATION).some(([name]) => file === documentOf(name));
  for (const [number, letter] of own ? text.matchAll(BARE) : []) {
    const [name] = Object.entries(SPECIFICATION).find(([, first]) => first === letter)!;
    problems.push(...deadSection(name, number, repository));
  }
  for (const [cited, document, heading] of said.matchAll(DOCUMENT)) {
    const found = resolveDocument(file, document!, repository);
    if (found === undefined) problems.push(`${cited}: no such document`);
    else if (heading !== undefined && !repository.headingsOf(found).some((other) => isSlugOf(heading, other)))
      problems.push(`${cited}: no such heading`);
  }
  for (const [, cited] of prose.matchAll(SOURCE_FILE)) {
    if (certainPart(cited!) === cited && !endsSome(file, cited, repository)) problems.push(`${cited}: no such file`);
  }
  for (const [, cited] of prose.matchAll(FOLDER)) {
    if (!repository.paths.has(certainPart(cited!))) problems.push(`${cited}: no such file or folder`);
  }
  return [...new Set(problems)];
}

function deadSection(name: string, number: string, { headingsOf }: Repository): string[] {
  const exists = headingsOf(documentOf(name)).some((heading) => heading.split(" ")[0] === number);
  return exists ? [] : [`${name} ${number}: no such section`];
}

/** Beside the file that cites, else from src, else from the root; a name in capitals anywhere. */
function resolveDocument(file: string, cited: string, { paths }: Repository): string | undefined {
  const places = [path.posix.dirname(file), "src", ""];
  const found = places.map((place) => path.posix.join(place, cited)).find((candidate) => paths.has(candidate));
  if (found !== undefined || !/^[A-Z]+\.md$/.test(cited)) return found;
  return [...paths].find((known) => known.endsWith(`/${cited}`));
}

/** A file may be cited by the end of its path: its name, or some of its folders too. */
function endsSome(file: string, cited: string, { paths }: Repository): boolean {
  if (cited.startsWith(".") && paths.has(path.posix.join(path.posix.dirname(file), cited))) return true;
  return paths.has(cited) || [...paths].some((known) => known.endsWith(`/${cited}`));
}

/** Up to the first part with a placeholder: `test/errors/formats-*.test.ts`, `src/formats/NAME/`. */
function certainPart(cited: string): string {
  const parts = cited.replace(/[.…]+$/, "").split("/");
  const end = parts.findIndex((part) => /[*{}<>…]/.test(part) || /^[A-Z]+(\.\w+)?$/.test(part));
  const certain = end < 0 || /\.md$/.test(cited) ? parts : parts.slice(0, end);
  return certain.join("/").replace(/\/$/, "");
}

/** As GitHub makes anchors; capitals do not count. */
function isSlugOf(slug: string, heading: string): boolean {
  const made = heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replace(/\s+/g, "-");
  return made === slug.toLowerCase();
}

/** Where it takes a string for a comment it looks at more than it must. */
function commentsOf(file: string, text: string): string {
  const hashes = /(\.(py|R|sh)|\/run)$/.test(file);
  const pattern = hashes ? /#[^\n]*/g : /\/\*[\s\S]*?\*\/|(?<![:"'`\w\\])\/\/[^\n]*/g;
  return [...text.matchAll(pattern)].map(([found]) => found).join("\n");
}
