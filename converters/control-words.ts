// What the threads of a conversion share beside their memory.

/** Words of the shared control, i32. */
export const CONTROL = {
  /** Place in the list of subjects that are to be read. */
  nextRead: 0,
  /** Subjects of the group that were read, by whichever thread. */
  nRead: 1,
  /** Not 0: some work failed, and nothing new is begun. */
  stop: 2,
  words: 3,
} as const;
