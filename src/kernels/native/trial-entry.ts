// The process in which a library is tried: argument 1 is a TrialRequest, standard output a TrialReport or why there is none. Whatever the library does to
// this process, the analysis goes on.
import type { TrialRequest } from "./native-product.js";
import { tryProduct } from "./trial.js";

try {
  const request = JSON.parse(process.argv[2]!) as TrialRequest;
  process.stdout.write(JSON.stringify({ report: tryProduct(request) }));
} catch (error) {
  process.stdout.write(JSON.stringify({ failure: error instanceof Error ? error.message : String(error) }));
}
