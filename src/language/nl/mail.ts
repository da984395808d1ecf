// The Dutch messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: 'Account',
    askedFrom: 'Aangevraagd vanaf',
    validUntil: 'Geldig tot',
    changedAt: 'Gewijzigd',
    name: 'Naam',
    code: 'Code',
    browser: 'Browser',
    address: 'Adres',
    signedIn: 'Ingelogd',
    alone: 'De link is alleen voor jou en werkt één keer. Geef hem niet door.',
    nothingToDo: 'Als jij het was, hoef je niets te doen.',
    notYou: 'Was jij het niet? Stel een nieuw wachtwoord in',
  },
  recoveryMail: {
    title: 'Stel een nieuw wachtwoord in',
    sentence: 'Iemand heeft gevraagd om een nieuw wachtwoord voor je account in te stellen.',
    closing: 'Als jij het niet was, doe dan niets: je wachtwoord blijft zoals het is.',
  },
  verificationMail: {
    title: 'Bevestig je e-mailadres',
    sentence: 'Bevestig dat dit adres van jou is.',
    action: 'Adres bevestigen',
    closing: 'Als je daar geen account hebt, doe dan niets.',
  },
  registrationMail: {
    title: 'Maak je account aan',
    sentence: 'Iemand is begonnen met dit adres een account aan te maken.',
    action: 'Verdergaan',
    closing: 'Als jij het niet was, doe dan niets: zonder de link wordt er geen account aangemaakt.',
  },
  signInMail: {
    title: 'Inloggen',
    sentence: 'Vul de code in op de pagina waar je begon in te loggen. Of open de link in dezelfde browser.',
    alone:
      'De code en de link zijn alleen voor jou, en een van beide werkt, één keer. Geef de code aan niemand: wij vragen er nooit om.',
    closing: 'Als jij het niet was, doe dan niets: zonder de code of de link logt niemand in.',
  },
  accountExistsMail: {
    title: 'Je hebt een account',
    sentence:
      'Iemand is begonnen met dit adres een account aan te maken, maar er is er al een. Log daarmee in waar je naartoe wilt.',
    action: 'Wachtwoord vergeten? Stel een nieuw in',
    closing: 'Als jij het niet was, doe dan niets.',
  },
  passwordChangedMail: {
    title: 'Je wachtwoord is gewijzigd',
    sentence: 'Het wachtwoord van je account is gewijzigd en je bent overal uitgelogd.',
    sentenceKeptOne: 'Het wachtwoord van je account is gewijzigd en je bent op alle andere plekken uitgelogd.',
    removedTitle: 'Je wachtwoord is verwijderd',
    removed: 'Het wachtwoord van je account is verwijderd en je bent op alle andere plekken uitgelogd.',
  },
  addressChangedMail: {
    title: 'Het adres van je account is gewijzigd',
    former: 'Een beheerder heeft je account een ander adres gegeven. Je logt nu daarmee in, en e-mails gaan daarheen.',
    present:
      'Een beheerder heeft een account dit adres gegeven. De eigenaar logt er nu mee in, en e-mails komen hier aan.',
    advice: 'Als je hier niets van weet, meld het dan bij de beheerders van deze dienst.',
    formerAddress: 'Vorig adres',
  },
  accountDeletedMail: {
    title: 'Je account is verwijderd',
    sentence: 'Je account is op zijn eigen pagina verwijderd, en je bent overal uitgelogd.',
    advice: 'Was jij het niet? Laat het de beheerders van deze dienst dan meteen weten.',
    action: 'Naar de dienst',
  },
  sms: {
    code: (code, realm) => `${code} is je code voor ${realm}. Geef hem aan niemand door.`,
    test: (realm) => `Dit is een testbericht van ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'Er is een passkey toegevoegd',
      'Er is een passkey aan je account toegevoegd. Wie hem heeft, kan als jou inloggen.',
    ],
    passkey_removed: ['Er is een passkey verwijderd', 'Er is een passkey van je account verwijderd.'],
    app_added: [
      'Er is een authenticator-app toegevoegd',
      'Er is een authenticator-app aan je account toegevoegd. Wie haar heeft, kent de codes van je tweede stap.',
    ],
    app_removed: ['Er is een authenticator-app verwijderd', 'Er is een authenticator-app van je account verwijderd.'],
    phone_added: [
      'Er is een telefoon toegevoegd',
      'Er is een telefoonnummer aan je account toegevoegd. Wie de telefoon heeft, krijgt de codes van je tweede stap.',
    ],
    phone_removed: ['Er is een telefoon verwijderd', 'Er is een telefoonnummer van je account verwijderd.'],
    codes_renewed: [
      'Je herstelcodes zijn vervangen',
      'Er zijn nieuwe herstelcodes voor je account gemaakt. De vorige werken niet meer.',
    ],
    all_removed: [
      'Je tweede factoren zijn verwijderd',
      'Een beheerder heeft alle passkeys, authenticator-apps en herstelcodes van je account verwijderd, en je bent overal uitgelogd.',
    ],
    account_linked: [
      'Er is een account gekoppeld',
      'Er is een account bij een andere dienst aan je account gekoppeld. Wie het heeft, kan als jou inloggen.',
    ],
    account_unlinked: [
      'Er is een account ontkoppeld',
      'Een account bij een andere dienst is van je account ontkoppeld. Niemand logt er nog mee in.',
    ],
    all: 'Alle',
    advice:
      'Als jij het was, hoef je niets te doen. Was jij het niet, stel dan een nieuw wachtwoord in en verwijder daarna uit je account wat je niet kent. Kun je niet meer inloggen, meld het dan bij de beheerders van deze dienst.',
    action: 'Bekijk waarmee je inlogt',
  },
  newBrowserMail: {
    title: 'Ingelogd vanuit een nieuwe browser',
    sentence:
      'Iemand heeft op je account ingelogd in een browser die daarvoor niet bekend is. Een browser is een jaar lang bekend, en tot het wachtwoord verandert.',
    advice:
      'Als jij het was, hoef je niets te doen. Was jij het niet, stel dan een nieuw wachtwoord in, wat alle sessies beëindigt, en verwijder uit je account wat je niet kent.',
    action: 'Bekijk waar je bent ingelogd',
  },
  approvalMail: {
    title: 'Een app vraagt om je goedkeuring',
    sentence: (client) =>
      mixed`${client} vraagt je iets goed te keuren. Bekijk wat het is en keur het alleen goed als je het verwacht.`,
    sentenceUnnamed:
      'Een app vraagt je iets goed te keuren. Bekijk wat het is en keur het alleen goed als je het verwacht.',
    decideBefore: 'Beslis vóór',
    action: 'Het verzoek bekijken',
    closing: 'Verwacht je het niet, weiger het daar dan of doe niets.',
  },
  invitationMail: {
    subject: 'Uitnodiging voor een organisatie',
    subjectOf: (organization, realm) => mixed`Uitnodiging voor ${organization} – ${realm}`,
    heading: (organization, realm) => mixed`Word lid van ${organization} – ${realm}`,
    sentence: (organization) => mixed`Je bent uitgenodigd om lid te worden van ${organization}.`,
    organization: 'Organisatie',
    inviter: 'Uitgenodigd door',
    role: 'Je rol',
    action: 'Uitnodiging aannemen',
    alone: 'De link is alleen voor jou en werkt één keer. Geef hem niet door.',
    closing: 'Als je dit niet verwachtte, doe dan niets: niemand wordt lid zonder de link te volgen.',
  },
}
