/** Reader of record files for the command line and the console. Uses neither Node nor browser interfaces. */
export { checkHeader, detectDelimiter, findSimilarColumn, MAX_COLUMNS } from "./csv-header.ts";
export { type CsvHandlers, CsvReader, type ParseQuoted, type QuotedOptions } from "./csv-reader.ts";
export { DEFAULT_ENCODING, MAX_RECORD_BYTES, TableDecoder } from "./table-decoder.ts";
export { TableError } from "./table-error.ts";
export { detectTableFormat, refuseSpreadJson } from "./table-format.ts";
