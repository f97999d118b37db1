// The use case "make a ModelArray file usable": the converter does all of it.
export {
  convertModelArray,
  type ModelArrayConversion,
  type ModelArraySummary,
} from "../../../converters/modelarray.js";
