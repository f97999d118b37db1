// A library is looked for as soon as the data are known: it takes 0.3 s in a process of its own, in which the design is checked and shuffles are planned.
// Whether its answer is taken is for choose-kernels.ts to say, as if it had begun later.
import { chooseLibrary, type LibrarySearch, type SearchRequest } from "../../kernels/native/choose-library.js";
import { runTrial } from "../../kernels/native/run-trial.js";
import { type ChosenKernels, chooseKernels, requestOf, type SearchOptions, WORTH_A_TRIAL } from "./choose-kernels.js";
import type { AnalysisOptions } from "./options.js";
import { DEFAULT_SHUFFLES } from "./plan/resolve-shuffles.js";
import type { AnalysisPlan } from "./resolve-analysis.js";

export interface DataSize {
  readonly nSubjects: number;
  readonly nElements: number;
}

/** Of the work of a run as far as the data tell it: a mask, fewer distinct shuffles, or an earlier run's kernels may make the search needless. */
const SURELY_WORTH_IT = 10 * WORTH_A_TRIAL;

interface Begun {
  readonly request: string;
  readonly found: Promise<LibrarySearch>;
  readonly controller: AbortController;
}

export class KernelSearch {
  readonly #search: typeof chooseLibrary;
  #begun: Begun | undefined;

  /** `search`: for tests. */
  constructor(search: typeof chooseLibrary = chooseLibrary) {
    this.#search = search;
  }

  /** Once, if the run will look for a library, surely or nearly so. */
  begin(
    options: SearchOptions & Pick<AnalysisOptions, "nShuffles" | "permutations">,
    { nSubjects, nElements }: DataSize,
  ): void {
    const { kernels, notest, nShuffles = DEFAULT_SHUFFLES, permutations } = options;
    const isWorthIt = !notest && permutations === undefined && nSubjects * nElements * nShuffles >= SURELY_WORTH_IT;
    if (kernels === "native" || (kernels === "auto" && isWorthIt))
      this.#begun = this.#look(requestOf(options, nSubjects));
  }

  /** As chooseKernels. What was begun is taken if it is the same that is asked, and ended if not. */
  choose(options: SearchOptions, plan: AnalysisPlan): Promise<ChosenKernels> {
    const early = this.#begun;
    this.#begun = undefined;
    const look = (request: SearchRequest) => {
      this.#begun = early?.request === JSON.stringify(request) ? early : this.#look(request);
      return this.#begun.found;
    };
    const chosen = chooseKernels(options, plan, { look }); // looks before it returns, if at all
    if (this.#begun !== early) early?.controller.abort();
    return chosen;
  }

  /** When nobody waits any more: a library that is still tried would keep the process alive. */
  stop(): void {
    this.#begun?.controller.abort();
  }

  #look(request: SearchRequest): Begun {
    const controller = new AbortController();
    const { signal } = controller;
    const found = this.#search(request, undefined, (asked, library) => runTrial(asked, library, { signal }));
    found.catch(() => {}); // told where it is waited for
    return { request: JSON.stringify(request), found, controller };
  }
}
