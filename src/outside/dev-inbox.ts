// Takes mails without sending them, for development.
import type { Mail } from '#domain/outside.ts'

/** Sends nothing, so that the server keeps all mails. */
export const DEV_INBOX: Mail = {
  keeps: true,
  send: async () => ({ error: null, responseCode: null, permanent: false }),
}
