// As much of a browser's document as Observable Plot draws into: elements that have attributes, others and text, and become text themselves. Styles are not
// kept: the page's policy takes none but its own sheet.
import { showControls } from "./html.js";

/** Of the document's own element: what hangs on it names its own. */
const XHTML = "http://www.w3.org/1999/xhtml";

/** What is set is dropped. */
class DroppedStyle {
  setProperty(): void {}
  removeProperty(): void {}
}

export class SvgElement {
  readonly ownerDocument: SvgDocument;
  readonly namespaceURI: string;
  readonly localName: string;
  parentNode: SvgElement | null = null;
  /** Some ten at most. */
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  #children: (SvgElement | string)[] = [];

  constructor(ownerDocument: SvgDocument, namespaceURI: string, localName: string) {
    this.ownerDocument = ownerDocument;
    this.namespaceURI = namespaceURI;
    this.localName = localName;
  }

  get children(): readonly SvgElement[] {
    return this.#children.filter((child) => typeof child !== "string");
  }

  get style(): DroppedStyle {
    return new DroppedStyle();
  }

  setAttribute(name: string, value: unknown): void {
    const at = this.#names.indexOf(name);
    if (at >= 0) this.#values[at] = String(value);
    else {
      this.#names.push(name);
      this.#values.push(String(value));
    }
  }

  setAttributeNS(_namespace: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  getAttribute(name: string): string | null {
    return this.#values[this.#names.indexOf(name)] ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.#names.includes(name);
  }

  removeAttribute(name: string): void {
    const at = this.#names.indexOf(name);
    if (at < 0) return;
    this.#names.splice(at, 1);
    this.#values.splice(at, 1);
  }

  appendChild(child: SvgElement): SvgElement {
    return this.insertBefore(child, null);
  }

  /** `next`: of this one's, or none. */
  insertBefore(child: SvgElement, next: SvgElement | null): SvgElement {
    child.parentNode?.removeChild(child);
    const at = next === null ? this.#children.length : this.#children.indexOf(next);
    if (at === this.#children.length) this.#children.push(child);
    else this.#children.splice(at, 0, child);
    child.parentNode = this;
    return child;
  }

  removeChild(child: SvgElement): SvgElement {
    this.#children.splice(this.#children.indexOf(child), 1);
    child.parentNode = null;
    return child;
  }

  set textContent(text: unknown) {
    for (const child of this.#children) if (typeof child !== "string") child.parentNode = null;
    this.#children = text === null || text === undefined || text === "" ? [] : [String(text)];
  }

  /** What was set last stands first. `isLeftOut`: of what is inside it, elements and attributes that are not wanted. */
  toText(isLeftOut: (element: string, attribute: string | undefined) => boolean): string {
    const parts: string[] = [];
    this.#put(parts, isLeftOut, true);
    return parts.join("");
  }

  #put(parts: string[], isLeftOut: Parameters<SvgElement["toText"]>[0], isOutermost: boolean): void {
    const { localName: name } = this;
    parts.push("<", name);
    for (let i = this.#names.length - 1; i >= 0; i--) {
      const attribute = this.#names[i]!;
      if (isOutermost || !isLeftOut(name, attribute)) parts.push(` ${attribute}="${escapeValue(this.#values[i]!)}"`);
    }
    const before = parts.push(">");
    for (const child of this.#children)
      if (typeof child === "string") parts.push(escapeText(child));
      else if (!isLeftOut(child.localName, undefined)) child.#put(parts, isLeftOut, false);
    if (parts.length === before) parts[before - 1] = " />";
    else parts.push("</", name, ">");
  }
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\u00a0": "&#160;" };
/** Nearly everything: numbers, colours, places of paths. */
const PLAIN = /^[\w .,()#%+-]*$/;

function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  return showControls(text.replace(/[&<>\u00a0]/g, (character) => ESCAPES[character]!));
}

/** Between quotation marks. */
const escapeValue = (value: string): string =>
  PLAIN.test(value) ? value : escapeText(value).replaceAll('"', "&quot;");

export class SvgDocument {
  /** Where d3 looks for the document of what it makes. */
  readonly documentElement: SvgElement = new SvgElement(this, XHTML, "html");

  createElementNS(namespaceURI: string, name: string): SvgElement {
    return new SvgElement(this, namespaceURI, name);
  }
}
