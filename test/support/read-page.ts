// What a page says, as a browser takes it apart: tables by their captions, sections by their names.
import { parseHTML } from "linkedom";
import { textOf } from "./report-cases.js";

export interface PageTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function readPageParts(html: string) {
  const { document } = parseHTML(html);
  const plain = (node: { innerHTML: string } | null | undefined) =>
    textOf(node?.innerHTML ?? "")
      .replace(/ ([.,;])/g, "$1")
      .trim();
  return {
    document,
    /** Of a section; "" where there is none. */
    textOf: (id: string): string => plain(document.querySelector(`section[id="${id}"]`)),
    /** Of the verdict of a hypothesis. */
    verdictOf: (name: string): string => plain(document.querySelector(`article[id="verdict-${name}"]`)),
    titles: [...document.querySelectorAll("h2")].map(plain),
    /** Undefined: no table has that caption. */
    tableOf(caption: string): PageTable | undefined {
      const found = [...document.querySelectorAll("table")].find(
        (one) => plain(one.querySelector("caption")) === caption,
      );
      if (found === undefined) return undefined;
      return {
        head: [...found.querySelectorAll("thead th")].map(plain),
        rows: [...found.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("th,td")].map(plain)),
      };
    },
  };
}
