// A page and its tables are no results: they are made of them, and tell of time and memory.

/** `name`: without the prefix of the results. */
export const isOfReport = (name: string): boolean => /^(report\.html|clusters_[tF]\d+\.tsv)$/.test(name);

/** The same, `name` with any prefix. */
export const endsAsReport = (name: string): boolean => /(report\.html|clusters_[tF]\d+\.tsv)$/.test(name);
