// All Polish messages.
import { accountMessages } from './account.ts'
import { mailMessages } from './mail.ts'
import { mailedMessages } from './mailed.ts'
import { signInMessages } from './sign-in.ts'
import { visitMessages } from './visit.ts'

export const messages = {
  ...signInMessages,
  ...accountMessages,
  ...visitMessages,
  ...mailedMessages,
  ...mailMessages,
}
