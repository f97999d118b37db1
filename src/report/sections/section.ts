// A part of the page, and how it is found.
import { type Html, html } from "../html.js";

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export const sectionHtml = ({ id, title, body }: Section): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>\n${body}</section>\n`;

/** What cannot be shown, and why. */
export const missing = (why: string): Html => html`<p class="missing">${why}</p>`;
