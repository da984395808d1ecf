// A file of a form, with its bytes.

/** A file of a form (RFC 7578). It was read whole: a body has a bound. */
export class UploadedFile extends File {
  readonly #content: Uint8Array

  /** @param file as the form has it @param content its bytes */
  constructor(file: File, content: Uint8Array<ArrayBuffer>) {
    super([content], file.name, { type: file.type })
    this.#content = content
  }

  /** All of it in base64. */
  get base64(): string {
    return Buffer.from(this.#content).toString('base64')
  }
}
