// The Dutch messages of the pages on which people sign in and out.
import type { signInMessages as English } from '../en/sign-in.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('nl')

export const signInMessages: typeof English = {
  layout: {
    skip: 'Naar de inhoud',
    footer: 'Beveiligd met Countersign',
    error: (title) => `Fout: ${title}`,
    language: 'Taal',
    administration: 'Beheer van deze server',
    administrationOf: (tenant) => `Beheer van ${tenant}`,
  },
  form: {
    email: 'E-mailadres',
    password: 'Wachtwoord',
    newPassword: 'Nieuw wachtwoord',
    newPasswordOptional: 'Nieuw wachtwoord (optioneel)',
    nameOptional: 'Naam (optioneel)',
    passwordRule: (length) =>
      `Minstens ${length} tekens. Een paar woorden zonder verband zijn sterk en makkelijk te onthouden.`,
    unnamedApp: 'een app zonder naam',
    fact: (name, value) => mixed`${name}: ${value}`,
    signedInAs: 'Ingelogd als',
    addressNeeded: 'Vul je e-mailadres in.',
    signIn: 'Inloggen',
    useAnother: 'Een ander account gebruiken',
    switchAccount: 'Ben jij dit niet? Wissel van account',
    allow: 'Toestaan',
    deny: 'Weigeren',
    proceed: 'Doorgaan',
    mailsAnHour: (count) =>
      plural(count, {
        one: 'Een adres krijgt hoogstens # e-mail per uur.',
        other: 'Een adres krijgt hoogstens # e-mails per uur.',
      }),
    nothingArrived: 'Niets ontvangen? Kijk in de map met ongewenste e-mail en controleer het adres.',
  },
  password: {
    notText: 'Het wachtwoord is geen tekst.',
    tooShort: (length) =>
      plural(length, {
        one: 'Het wachtwoord heeft minder dan # teken.',
        other: 'Het wachtwoord heeft minder dan # tekens.',
      }),
    tooLong: (length) =>
      plural(length, {
        one: 'Het wachtwoord heeft meer dan # teken.',
        other: 'Het wachtwoord heeft meer dan # tekens.',
      }),
    isAddress: 'Het wachtwoord is het e-mailadres.',
    isCommon: 'Dit wachtwoord is een van de eerste die iedereen zou proberen.',
    isBreached: 'Dit wachtwoord komt voor in een datalek.',
    refused: 'Dit wachtwoord kan niet worden gebruikt.',
  },
  signIn: {
    title: 'Inloggen',
    confirmTitle: 'Bevestig dat jij het bent',
    continueTo: (client) => mixed`om door te gaan naar ${client}`,
    confirmFor: (client) => mixed`Vul je wachtwoord nog eens in om door te gaan naar ${client}`,
    confirmAlone: 'Vul je wachtwoord nog eens in om door te gaan.',
    returnTo: (host) => mixed`Daarna keer je terug naar ${host}.`,
    switch: 'Ben jij dit niet? Gebruik een ander account',
    incorrect: 'Het e-mailadres en het wachtwoord horen niet bij elkaar. Controleer beide en probeer het opnieuw.',
    confirmIncorrect: 'Het wachtwoord klopt niet. Probeer het opnieuw.',
    incomplete: 'Vul je e-mailadres en je wachtwoord in.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Te veel pogingen. Wacht # seconde en probeer het dan opnieuw.',
        other: 'Te veel pogingen. Wacht # seconden en probeer het dan opnieuw.',
      }),
    waitMinutes: (count) =>
      plural(count, {
        one: 'Te veel pogingen. Wacht # minuut en probeer het dan opnieuw.',
        other: 'Te veel pogingen. Wacht # minuten en probeer het dan opnieuw.',
      }),
    forgot: 'Wachtwoord vergeten?',
    register: 'Account aanmaken',
    mail: 'Liever inloggen per e-mail',
    no_address: 'Vul je e-mailadres in. Je krijgt een e-mail met een code en een link.',
    provider: (name) => mixed`Doorgaan met ${name}`,
    passkeyButton: 'Inloggen met een passkey',
    passkey: 'Die passkey werkt hier niet. Probeer een andere of log op een andere manier in.',
    passkey_stale: 'Dat duurde te lang. Probeer het opnieuw.',
    stale: 'Deze pagina stond te lang open. Vul je wachtwoord opnieuw in.',
  },
  emailSignIn: {
    title: 'Kijk in je mailbox',
    sentTo: (email) => mixed`Als je met dit adres kunt inloggen, is er een e-mail onderweg naar ${email}`,
    next: 'Vul de code uit de e-mail in of open de link in deze browser. Beide zijn tien minuten geldig, en alleen die van de nieuwste e-mail.',
    code: 'Code',
    missing: 'Niets ontvangen? Kijk in de map met ongewenste e-mail.',
    again: 'Nog een e-mail sturen',
    other: 'Op een andere manier inloggen',
    incorrect: 'Die code klopt niet. Vul de acht cijfers van de nieuwste e-mail in.',
    incomplete: 'Vul de code uit de e-mail in.',
    over: 'Die e-mail is niet meer geldig. Vraag een nieuwe aan.',
    too_many_attempts: 'Te veel foute codes: de e-mail is niet meer geldig. Vraag een nieuwe aan.',
    dead: 'Hij werkt één keer, tien minuten lang, en alleen de nieuwste. Ga terug naar waar je wilde inloggen en vraag een nieuwe e-mail aan.',
    goOnAs: (email) => mixed`Je gaat verder als ${email}.`,
    elsewhereTitle: 'Ga verder waar je begon',
    elsewhere: 'De link werkt alleen in de browser waarin je begon in te loggen. Vul daar de code uit de e-mail in.',
    askedFrom: (ip) => mixed`De e-mail is aangevraagd vanaf ${ip}.`,
    warning: 'Als je niet begonnen bent met inloggen, sluit dan deze pagina en geef de code aan niemand.',
  },
  secondFactor: {
    title: 'Bevestig dat jij het bent',
    noScript: 'Passkeys hebben JavaScript nodig. Zet het aan voor deze pagina of kies een andere manier.',
    stale: 'Dat duurde te lang. Probeer het opnieuw.',
    remember: (days) =>
      plural(days, {
        one: 'In deze browser # dag lang niet meer vragen',
        other: 'In deze browser # dagen lang niet meer vragen',
      }),
    passkey: {
      lead: 'Gebruik een van je passkeys om door te gaan.',
      label: 'Een passkey gebruiken',
      choose: 'Een passkey gebruiken',
      incorrect: 'Die passkey werkt hier niet. Probeer het opnieuw of kies een andere manier.',
      incomplete: 'Gebruik een van je passkeys.',
    },
    totp: {
      lead: 'Vul de code in die je authenticator-app voor dit account toont.',
      label: 'Code',
      choose: 'Je authenticator-app gebruiken',
      incorrect: 'Die code klopt niet of is al gebruikt. Vul de code in die de app nu toont.',
      incomplete: 'Vul de zes cijfers in die de app toont.',
    },
    recovery_code: {
      lead: 'Vul een van de herstelcodes in die je hebt bewaard. Elke code werkt één keer.',
      label: 'Herstelcode',
      choose: 'Een herstelcode gebruiken',
      incorrect: 'Die herstelcode klopt niet of is al gebruikt.',
      incomplete: 'Vul een van je herstelcodes in.',
    },
  },
  enrolment: {
    title: 'Authenticator-app instellen',
    lead: 'Je hebt een tweede stap nodig om door te gaan. Scan de QR-code met een authenticator-app en vul dan de code in die de app toont.',
    accountTitle: 'Voeg een tweede stap toe aan je account',
    picture: 'QR-code voor je authenticator-app',
    cannotScan: 'Lukt het scannen niet? Voeg in de app een account toe met deze sleutel, met tijdgebonden codes:',
    account: 'Account',
    code: 'Code uit de app',
    incomplete: 'Vul de zes cijfers in die de app toont.',
    incorrect:
      'Die code klopt niet. Controleer of de klok van je apparaat goed staat en vul de code in die de app nu toont.',
    codesTitle: 'Bewaar je herstelcodes',
    codesLead:
      'Als je je apparaat verliest, is elk van deze codes één keer je tweede stap. Ze worden niet nog eens getoond.',
    codesHint: 'Druk ze af of bewaar ze in een wachtwoordmanager.',
    saved: 'Ik heb de codes bewaard',
    passkeyFailed: 'Dat is niet gelukt. Probeer het opnieuw of kies een andere manier.',
  },
  signOut: {
    confirmTitle: 'Uitloggen?',
    asks: (client) => mixed`${client} vraagt om je uit te loggen.`,
    everywhere: (brand) => mixed`Je wordt in deze browser uitgelogd bij ${brand}.`,
    signOut: 'Uitloggen',
    stay: 'Ingelogd blijven',
    stayedTitle: 'Je bent nog ingelogd',
    stayed: 'Er is niets veranderd. Je kunt dit venster nu sluiten.',
    doneTitle: 'Je bent uitgelogd',
    done: 'Je kunt dit venster nu sluiten.',
    shared: 'Sluit op een gedeelde computer ook de browser.',
    continueTo: (name) => mixed`Doorgaan naar ${name}`,
    waitTitle: 'Bezig met uitloggen',
    waited: 'Je bent uitgelogd.',
  },
}
