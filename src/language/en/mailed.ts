// The English messages of the pages that mailed links lead to, and of those that ask for them.
import { type Mixed, mixed } from '../message.ts'

export const mailedMessages = {
  mailed: {
    mailboxTitle: 'Look into your mailbox',
    deadTitle: 'This link does not work any more',
    sendMail: 'Send the mail',
    newLink: 'Ask for a new link',
  },
  recovery: {
    title: 'Forgot your password?',
    lead: 'Enter the address of your account. A mail with a link to set a new password is sent to it.',
    sent: 'If there is an account with this address, a mail with a link is on its way. The link works for an hour, and only the newest one does.',
    setTitle: 'Set a new password',
    setLead: 'You will be signed out everywhere.',
    set: 'Set the password',
    changedTitle: 'Your password is changed',
    changed: 'You were signed out everywhere. Use the new password from now on.',
    dead: 'It works once, for an hour, and only the newest one does. Ask for a new link to set a password.',
  },
  verification: {
    title: 'Confirm your address',
    question: <P>(email: P): Mixed<P> => mixed`Is ${email} the address of your account here?`,
    yes: 'Yes, it is mine',
    unconfirmed: <P>(email: P): Mixed<P> =>
      mixed`Nobody has confirmed yet that ${email} is yours. A mail with a link is sent to it.`,
    tooManyTitle: 'Too many mails',
    later: 'Try again later.',
    sent: <P>(email: P): Mixed<P> =>
      mixed`A mail with a link is on its way to ${email}. The link works for a day, and only the newest one does.`,
    doneTitle: 'Your address is confirmed',
    done: <P>(email: P): Mixed<P> => mixed`${email} is confirmed. You can close this window now.`,
    dead: 'It works once, for a day, and only the newest one does.',
    deadAdvice: 'To ask for a new one, sign in and open this page again.',
  },
  signUp: {
    title: 'Create an account',
    lead: 'Enter your e-mail address. A mail with a link to go on is sent to it.',
    domains: 'Accounts here are only for addresses of certain domains.',
    haveAccount: 'Have an account? Sign in',
    sent: 'A mail is on its way to you. Its link works for an hour, and only the newest one does. Open it in this browser to go on.',
    dead: 'It works once, for an hour, and only the newest one does. If you have an account by now, sign in where you want to go.',
    confirmTitle: 'Create your account',
    choose: 'Your address is confirmed. Choose a password.',
    chooseOrMail: 'Your address is confirmed. Choose a password, or sign in by e-mail each time.',
    create: 'Create the account',
    readyTitle: 'Your account is made',
    ready: 'Go back to where you wanted to sign in, and sign in there.',
    refusedTitle: 'No account was made',
    already_exists: 'There is an account with this address, or with one that looks the same.',
    limit_reached: 'No more accounts can be made here. Ask the people who run this service.',
  },
}
