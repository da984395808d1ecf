// The English messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import { type Mixed, mixed, pluralOf } from '../message.ts'

const plural = pluralOf('en')

export const visitMessages = {
  consent: {
    heading: <P>(client: P): Mixed<P> => mixed`Allow ${client} to use your account?`,
    firstParty: <P>(brand: P): Mixed<P> => mixed`An app of ${brand}`,
    unverified: 'Not verified',
    unverifiedText: <P>(brand: P): Mixed<P> =>
      mixed`Anyone can give an app this name. ${brand} has not checked who is behind it: allow it only if you know it.`,
    may: <P>(resource: P): Mixed<P> => mixed`At ${resource} it will be able to:`,
    mayAlone: 'It will be able to:',
    further: 'And also to:',
    nothing: 'Nothing besides knowing that you signed in',
    undescribed: 'Something its operator has not described',
    returns: 'Sends you back to',
    organization: 'Organization',
    app: <P>(scheme: P): Mixed<P> => mixed`an app on this device that opens ${scheme}`,
    device: <P>(host: P): Mixed<P> => mixed`a program on this computer, ${host}`,
    deviceText: 'The app runs on this computer. Allow it only if you have just started it yourself.',
    password: 'Your password is never shared with the app.',
    links: { website: 'Website', policy: 'Privacy policy', terms: 'Terms of service' },
    scopes: {
      openid: 'Know who you are',
      profile: 'See your name and picture',
      email: 'See your e-mail address',
      address: 'See your postal address',
      phone: 'See your phone number',
      groups: 'See which groups you belong to',
      roles: 'See which roles you have',
      organization: 'See the organization that you sign in for',
      offline_access: 'Keep this access while you are away, until you withdraw it',
    },
  },
  organization: {
    title: 'Choose an organization',
    lead: <P>(client: P): Mixed<P> => mixed`You use ${client} for one of your organizations at a time.`,
    foreignTitle: 'You are not a member',
    foreign: <P>(client: P): Mixed<P> =>
      mixed`This account is not a member of the organization for which ${client} signs you in. Use another account, or ask for an invitation.`,
    none: <P>(client: P): Mixed<P> =>
      mixed`${client} is for members of organizations, and this account is a member of none. Use another account, or ask for an invitation.`,
    cancel: 'Cancel',
  },
  external: {
    refusedTitle: 'You cannot sign in here',
    refused: <P>(provider: P): Mixed<P> =>
      mixed`The account to which your account at ${provider} is linked may not sign in. Ask the people who run this service.`,
    noAccountTitle: 'Your account is not linked here',
    noAccount: <P>(provider: P): Mixed<P> => mixed`Nobody here is linked to your account at ${provider}.`,
    noAccountAdvice:
      'If you have an account here, sign in the way you did before, then link the other one. After that you can sign in with both.',
    signInAndLink: 'Sign in and link',
    deniedTitle: 'Nobody was signed in',
    denied: <P>(provider: P): Mixed<P> =>
      mixed`You did not sign in at ${provider}, or it refused. Try again, or choose another way.`,
    failedTitle: 'The sign-in did not work',
    failed: <P>(provider: P): Mixed<P> =>
      mixed`Something went wrong between this service and ${provider}. Try again, or choose another way.`,
    takenTitle: 'It is linked already',
    taken: <P>(provider: P): Mixed<P> => mixed`Your account at ${provider} is linked to another account here.`,
    back: 'Go back',
    help: <P>(id: P): Mixed<P> => mixed`If you ask for help, give this id: ${id}`,
  },
  device: {
    codeTitle: 'Connect a device',
    enter: 'Enter the code that your device or program shows.',
    compare: 'Go on only if your device or program shows exactly this code.',
    code: 'Code',
    hint: '8 letters, such as WDJB-MJHT',
    unknown: 'No device waits for this code. Check the letters, or have the device show another code.',
    tooMany: (minutes: number) =>
      plural(minutes, {
        one: 'Too many codes that no device waits for. Try again in # minute.',
        other: 'Too many codes that no device waits for. Try again in # minutes.',
      }),
    heading: <P>(client: P): Mixed<P> => mixed`Connect ${client} to your account?`,
    warning:
      'Approve only if you have just started this yourself, on a device in front of you that shows this code. If somebody sent you the code or a link to this page, deny: whoever has that device would be using your account.',
    shown: 'The device shows',
    from: 'It asks from',
    program: <P>(place: P, program: P): Mixed<P> => mixed`${place} and calls itself ${program}`,
    unknownPlace: 'an unknown address',
    when: 'It asked',
    moments: 'less than a minute ago',
    minutes: (count: number) => plural(count, { one: 'a minute ago', other: '# minutes ago' }),
    approve: 'Approve',
    approvedTitle: 'Your device is connected',
    approved: 'The device continues in a few seconds. You can close this window now.',
    deniedTitle: 'The device was refused',
    denied: 'It has no access to your account. You can close this window now.',
  },
  invitation: {
    heading: <P>(organization: P): Mixed<P> => mixed`Join ${organization}`,
    unnamed: 'an organization without a name',
    lead: <P>(organization: P): Mixed<P> => mixed`You are invited to become a member of ${organization}.`,
    invited: 'The invitation is for',
    until: 'It is valid until',
    wrongAccount: <P>(email: P): Mixed<P> =>
      mixed`You are signed in as ${email}, but the invitation is for another address. Use the account of that address to accept it.`,
    haveAccount: 'You have an account here. Enter its password to accept.',
    needAccount: 'You have no account here yet. Choose a password, and it is made for you.',
    join: 'Accept the invitation',
    sign_in: 'Sign in and accept',
    register: 'Create the account and accept',
    unknownTitle: 'This link leads to no invitation',
    unknown: 'It may be incomplete, or older than we remember. Open it from the mail again, or copy all of it.',
    unknownAdvice: 'If that does not help, ask whoever invited you for a new invitation.',
    acceptedTitle: 'This invitation was accepted already',
    accepted: 'Its link works once. If it was you, there is nothing more to do: sign in where you want to go.',
    revokedTitle: 'This invitation was withdrawn',
    revoked: 'Its link does not work any more. If you think that is a mistake, ask whoever invited you.',
    expiredTitle: 'This invitation has expired',
    expired: 'Its link does not work any more. Ask whoever invited you for a new one.',
    otherWayTitle: 'Sign in first',
    otherWay:
      'Your account here has no password. Sign in as you usually do, and then open the link of the invitation again in the same browser.',
    memberTitle: <P>(organization: P): Mixed<P> => mixed`You are a member of ${organization}`,
    member: 'The invitation is accepted. You can close this window now, or sign in where you want to go.',
  },
  error: {
    detail: 'Detail',
    code: 'Error code',
    request: 'Request id',
    onward: <P>(host: P): Mixed<P> =>
      mixed`The app wants you back at ${host}. Nobody has checked who is behind it: go on only if you know it.`,
    goOn: 'Go on to the app',
    support: 'If this keeps happening, tell whoever runs the app or this service, and give them the request id.',
    otherTitle: 'This request cannot be completed',
    other: 'The app that sent you here made a request that we cannot accept.',
    byCode: {
      access_denied: ['Access was refused', 'You are signed in, but may not go on with this app.'],
      forbidden: ['This request was refused', 'Go back to where you came from and try again from there.'],
      unmet_authentication_requirements: [
        'You cannot go on at this address',
        'A second step is needed, and you have none that works here. Go to where you set up your second step, or ask whoever runs this service.',
      ],
      expired: [
        'This page is no longer valid',
        'It was used already or was open for too long. Go back and start again.',
      ],
      not_found: ['There is nothing here', 'Check the address, or go back to the app and start again.'],
      method_not_allowed: ['This page cannot be opened like this', 'Go back to the app and start again.'],
      too_many_requests: ['Too many requests', 'Wait a little, then try again.'],
      server_error: ['Something went wrong here', 'The fault is ours, not yours. Try again in a moment.'],
      identity_provider_failed: [
        'The sign-in did not work',
        'The service that knows your password does not answer as it should. Try again in a moment.',
      ],
      temporarily_unavailable: ['We cannot answer just now', 'Try again in a moment.'],
      invalid_redirect_uri: [
        'This app’s request is not safe to follow',
        'The app asks to send you to an address that is not registered for it. For your safety you stay here.',
      ],
      invalid_client: ['This app is not known here', 'The app that sent you here is not registered, or was removed.'],
      unauthorized_client: ['This app may not sign you in', 'The app is not allowed to make this kind of request.'],
    } satisfies Readonly<Record<string, [title: string, explanation: string]>>,
  },
  getStarted: {
    title: 'Create the first administrator',
    lead: 'This server is new. Whoever holds this link becomes its administrator; the link works once.',
    problems: 'The account was not created. Correct what is marked below.',
    wrongEmail: 'That is not an e-mail address.',
    submit: 'Create administrator',
    doneTitle: 'You are set up',
    done: <P>(email: P): Mixed<P> =>
      mixed`${email} is the administrator of this server now. Keep the password in a safe place: there is no second link.`,
    secondStep: 'A password alone guards this server now. Set up a passkey or an authenticator app in your account.',
    account: 'Open your account',
    next: 'See what to do next',
    expiredTitle: 'This link is no longer valid',
    expired: 'It was used already, has expired, or is incomplete.',
    expiredAdvice: 'If nobody has an account yet, look for a newer link in the server’s log. If you have one, sign in.',
  },
  landing: {
    serverTitle: 'This server signs people in',
    server: 'Apps send you here to sign in, and you return to them afterwards. Open the app that you want to use.',
    serverAdmin: 'The administration of this server has an address of its own. Whoever runs the server knows it.',
    login:
      'Administrators work with the command line: "countersign login" signs you in, also as the administrator of one tenant with "--tenant" and its id.',
    doctor:
      'To see whether everything is set up, run "countersign doctor". To register the first app, run "countersign client create --help".',
    account:
      'Your account is where you change your password, and set up a passkey or an authenticator app. To demand one of every administrator, run "countersign tenant update default --admin-min-aal 2".',
    docs: 'Read the API documentation',
  },
}
