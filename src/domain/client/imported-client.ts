// What is taken over of a client of another server.
import * as z from 'zod'

/** A client of another server, which keeps its id and its secret. */
export const ImportedClient = z
  .strictObject({
    clientId: z
      .string()
      .regex(/^[A-Za-z0-9._~-]{1,200}$/, 'must be at most 200 letters, digits and - . _ ~')
      .describe('Its `client_id` there.'),
    secretHash: z
      .string()
      .regex(/^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$/, 'must be a bcrypt hash with a cost from 4 to 15')
      .describe('The bcrypt hash of its secret.'),
  })
  .optional()
  .describe('A client of another server, which keeps its id and its secret. Only with the method `client_secret`.')
