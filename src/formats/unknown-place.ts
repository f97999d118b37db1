// A template made of tables that keep no geometry: it is marked in the header of its index, so that whoever uses it, or what was made with it, can say so.
import type { HeaderEntries } from "./image-header.js";

const KEY = "fixelstream_place";

/** For the header of an index whose geometry is made up. */
export const UNKNOWN_PLACE: HeaderEntries[number] = [KEY, "unknown, a grid of 1 mm at the origin"];

/** `entries`: of the header of an index image. */
export const isPlaceUnknown = (entries: HeaderEntries): boolean => entries.some(([key]) => key === KEY);
