// What a statistical command says while it runs, all of it on stderr: what the inputs are, warnings, progress.
import type { InferenceEvents } from "../../app/analyse/analyse.js";
import type { InferenceFacts } from "../../app/analyse/plan/describe-facts.js";
import { formatPlan } from "../../app/analyse/plan/describe-plan.js";
import { formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { createProgress, type ProgressChoice } from "./progress.js";

export interface InferenceReporter {
  readonly events: InferenceEvents;
  /** Unless -quiet. */
  note(text: string): void;
  /** Ends the bar. Idempotent. */
  stop(): void;
}

/** `drawnSeed`: told when the run begins to work, not of one that is refused. */
export function reportInference(
  streams: CliStreams,
  typed: ProgressChoice & { info?: boolean },
  drawnSeed?: number,
): InferenceReporter {
  const progress = createProgress(streams.stderr, typed);
  let untold = drawnSeed;
  const tellSeed = () => {
    if (untold !== undefined) note(`seed ${untold} (give --seed ${untold} for the same shuffles)`);
    untold = undefined;
  };
  const note = (text: string) => {
    if (!typed.quiet) progress.write(`fixelstream: ${text}\n`);
  };
  return {
    note,
    stop: () => progress.stop(),
    events: {
      onFacts: (facts) => {
        note(formatFacts(facts));
        for (const text of facts.notes) note(text);
      },
      onPlan: (plan) => {
        tellSeed();
        if (typed.info) progress.write(formatPlan(plan));
      },
      // With -quiet too, as MRtrix3 does: a warning says that a result may not be what it seems.
      onWarning: ({ message }) => progress.write(`fixelstream: warning: ${message}\n`),
      onResumed: ({ fromShuffle, nShuffles, savedAt }) =>
        note(`resumed at shuffle ${fromShuffle} of ${nShuffles} (checkpoint of ${formatMoment(savedAt)})`),
      onKept: ({ done, nShuffles, cache }) =>
        note(`${done} of ${nShuffles} shuffles are kept in ${cache}: the same command continues there`),
      onProgress: (phase, share) => {
        tellSeed();
        progress.update(phase, share);
      },
      signal: streams.signal,
    },
  };
}

/** `14:02`, of another day with its date; in the time zone of this machine. */
export function formatMoment(moment: Date, now = new Date()): string {
  const digits = (value: number) => String(value).padStart(2, "0");
  const time = `${digits(moment.getHours())}:${digits(moment.getMinutes())}`;
  if (moment.toDateString() === now.toDateString()) return time;
  return `${moment.getFullYear()}-${digits(moment.getMonth() + 1)}-${digits(moment.getDate())} ${time}`;
}

function formatFacts(facts: InferenceFacts): string {
  const { elements, nElements, nInMask, nInPosthoc, nSubjects, subjectsFrom, nFactors, condition } = facts;
  const { nElementColumns, nVarianceGroups, hypotheses, scalar, firstSubject, lastSubject, factors } = facts;
  const listed = (...parts: (string | undefined)[]) => {
    const present = parts.filter((part) => part !== undefined);
    return present.length === 0 ? "" : ` (${present.join(", ")})`;
  };
  const when = (is: boolean, text: string) => (is ? text : undefined);
  const counted = listed(
    when(nInMask !== undefined, `${nInMask} in the mask`),
    when(nInPosthoc !== undefined, `${nInPosthoc} tested`),
  );
  const subjects = listed(
    when(firstSubject !== undefined, nSubjects === 1 ? `${firstSubject}` : `${firstSubject} .. ${lastSubject}`),
    when(subjectsFrom !== undefined, `found in ${subjectsFrom}`),
    when(nVarianceGroups > 1, `${nVarianceGroups} variance groups`),
  );
  const columns = listed(
    when(factors !== undefined, `${factors?.join(", ")}`),
    when(nElementColumns > 0, `${nElementColumns} element-wise`),
    `condition number ${condition.toPrecision(4)}${nElementColumns > 0 ? " without those" : ""}`,
  );
  const of = scalar === undefined ? "" : `${scalar}: `;
  return `${of}${formatCount(nElements, elements)}${counted}, ${formatCount(nSubjects, "subjects")}${subjects}, ${formatCount(nFactors, "factors")}${columns}, hypotheses ${hypotheses.join(" ")}`;
}
