// The English messages of mails.
import { type Mixed, mixed } from '../message.ts'

export const mailMessages = {
  mail: {
    titleAt: <P>(title: P, realm: P): Mixed<P> => mixed`${title} at ${realm}`,
    account: 'Account',
    askedFrom: 'Asked for from',
    validUntil: 'Valid until',
    changedAt: 'Changed',
    name: 'Name',
    code: 'Code',
    browser: 'Browser',
    address: 'Address',
    signedIn: 'Signed in',
    alone: 'The link is for you alone, and works once. Do not pass it on.',
    nothingToDo: 'If it was you, there is nothing to do.',
    notYou: 'It was not you? Set a new password',
  },
  recoveryMail: {
    title: 'Set a new password',
    sentence: 'Somebody asked to set a new password for your account.',
    closing: 'If it was not you, do nothing: your password stays as it is.',
  },
  verificationMail: {
    title: 'Confirm your e-mail address',
    sentence: 'Please confirm that this address is yours.',
    action: 'Confirm the address',
    closing: 'If you have no account there, do nothing.',
  },
  registrationMail: {
    title: 'Create your account',
    sentence: 'Somebody began to create an account with this address.',
    action: 'Go on',
    closing: 'If it was not you, do nothing: no account is made without the link.',
  },
  signInMail: {
    title: 'Sign in',
    sentence: 'Enter the code on the page where you began to sign in. Or open the link in the same browser.',
    alone:
      'The code and the link are for you alone, and one of them works, once. Tell the code nobody: we never ask for it.',
    closing: 'If it was not you, do nothing: nobody signs in without the code or the link.',
  },
  accountExistsMail: {
    title: 'You have an account',
    sentence:
      'Somebody began to create an account with this address, but there is one. Sign in with it where you want to go.',
    action: 'Forgot your password? Set a new one',
    closing: 'If it was not you, do nothing.',
  },
  passwordChangedMail: {
    title: 'Your password was changed',
    sentence: 'The password of your account was changed, and you were signed out everywhere.',
    sentenceKeptOne: 'The password of your account was changed, and you were signed out everywhere else.',
    removedTitle: 'Your password was removed',
    removed: 'The password of your account was removed, and you were signed out everywhere else.',
  },
  addressChangedMail: {
    title: 'The address of your account was changed',
    former: 'An administrator gave your account another address. You sign in with that one now, and mails go there.',
    present: 'An administrator gave an account this address. Its owner signs in with it now, and mails come here.',
    advice: 'If you do not know of it, tell whoever runs this service.',
    formerAddress: 'Former address',
  },
  accountDeletedMail: {
    title: 'Your account was deleted',
    sentence: 'Your account was deleted on its own page, and you were signed out everywhere.',
    advice: 'If it was not you, tell whoever runs this service at once.',
    action: 'Go to the service',
  },
  sms: {
    code: (code: string, realm: string) => `${code} is your code for ${realm}. Tell it to nobody.`,
    test: (realm: string) => `This is a test message of ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'A passkey was added',
      'A passkey was added to your account. Whoever has it can sign in as you.',
    ] as [title: string, sentence: string],
    passkey_removed: ['A passkey was removed', 'A passkey of your account was removed.'] as [string, string],
    app_added: [
      'An authenticator app was added',
      'An authenticator app was added to your account. Whoever has it knows the codes of your second step.',
    ] as [string, string],
    app_removed: ['An authenticator app was removed', 'An authenticator app of your account was removed.'] as [
      string,
      string,
    ],
    phone_added: [
      'A phone was added',
      'A phone number was added to your account. Whoever has the phone gets the codes of your second step.',
    ] as [string, string],
    phone_removed: ['A phone was removed', 'A phone number of your account was removed.'] as [string, string],
    codes_renewed: [
      'Your recovery codes were replaced',
      'New recovery codes were made for your account. The former ones work no more.',
    ] as [string, string],
    all_removed: [
      'Your second factors were removed',
      'An administrator removed every passkey, authenticator app and recovery code of your account, and you were signed out everywhere.',
    ] as [string, string],
    account_linked: [
      'An account was linked',
      'An account at another service was linked to your account. Whoever has it can sign in as you.',
    ] as [string, string],
    account_unlinked: [
      'An account was unlinked',
      'An account at another service was unlinked from your account. It signs nobody in any more.',
    ] as [string, string],
    all: 'All',
    advice:
      'If it was you, there is nothing to do. If it was not you, set a new password, and then remove from your account what you do not know. If you cannot sign in any more, tell whoever runs this service.',
    action: 'Look at what you sign in with',
  },
  newBrowserMail: {
    title: 'A sign-in from a new browser',
    sentence:
      'Somebody signed in to your account in a browser that is not known for it. A browser is known for a year, and until the password is another one.',
    advice:
      'If it was you, there is nothing to do. If it was not you, set a new password, which ends every session, and remove from your account what you do not know.',
    action: 'See where you are signed in',
  },
  approvalMail: {
    title: 'An app asks for your approval',
    sentence: <P>(client: P): Mixed<P> =>
      mixed`${client} asks you to approve something. Look at what it is, and approve it only if you expect it.`,
    sentenceUnnamed: 'An app asks you to approve something. Look at what it is, and approve it only if you expect it.',
    decideBefore: 'Decide before',
    action: 'Look at the request',
    closing: 'If you do not expect it, deny it there, or do nothing.',
  },
  invitationMail: {
    subject: 'Invitation to join an organization',
    subjectOf: <P>(organization: P, realm: P): Mixed<P> => mixed`Invitation to join ${organization} at ${realm}`,
    heading: <P>(organization: P, realm: P): Mixed<P> => mixed`Join ${organization} at ${realm}`,
    sentence: <P>(organization: P): Mixed<P> => mixed`You are invited to become a member of ${organization}.`,
    organization: 'Organization',
    inviter: 'Invited by',
    role: 'Your role',
    action: 'Accept the invitation',
    alone: 'The link is for you alone and works once. Do not pass it on.',
    closing: 'If you did not expect this, do nothing: nobody becomes a member without following the link.',
  },
}
