// What runs in the page: copying, the pictures, and rows of clusters that move them.
import { startCopying } from "./copy.js";
import { startMaps } from "./maps.js";
import { startNetwork } from "./network.js";
import { startPrinting } from "./print.js";
import { startViewer } from "./viewer.js";

startCopying();
startPrinting();
startNetwork();
startMaps();
startViewer().catch((error: unknown) => {
  const place = document.getElementById("view-hover");
  if (place !== null) place.textContent = `The pictures cannot be drawn in this browser: ${String(error)}`;
});
