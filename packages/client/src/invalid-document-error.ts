/** A document (bundle, model, switchboard config) is invalid; the error states where and why. */
export class InvalidDocumentError extends Error {
  override readonly name = "InvalidDocumentError";
  readonly code = "invalid_document";
  /** Path of the fault in the document, e.g. `active.config.model.coef[1]`. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
  }
}
