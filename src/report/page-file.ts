// What a page is known by. Apart from what makes pages: a run without one loads nothing else of them.

/** Its name, behind the prefix of the results. */
export const REPORT_FILE = "report.html";

/** Every page begins with it: by that a file is known as ours. */
export const REPORT_BEGINS = "<!DOCTYPE html>\n<!-- fixelstream report";
