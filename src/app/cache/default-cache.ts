/** In the working directory: what `cache` looks at where no other is named. */
export const DEFAULT_CACHE = ".fixelstream";
