// The German messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: 'Konto',
    askedFrom: 'Angefordert von',
    validUntil: 'Gültig bis',
    changedAt: 'Geändert',
    name: 'Name',
    code: 'Code',
    browser: 'Browser',
    address: 'Adresse',
    signedIn: 'Angemeldet',
    alone: 'Der Link ist nur für Sie und gilt einmal. Geben Sie ihn nicht weiter.',
    nothingToDo: 'Wenn Sie es waren, ist nichts zu tun.',
    notYou: 'Sie waren es nicht? Neues Passwort festlegen',
  },
  recoveryMail: {
    title: 'Neues Passwort festlegen',
    sentence: 'Jemand möchte für Ihr Konto ein neues Passwort festlegen.',
    closing: 'Wenn Sie es nicht waren, tun Sie nichts: Ihr Passwort bleibt, wie es ist.',
  },
  verificationMail: {
    title: 'E-Mail-Adresse bestätigen',
    sentence: 'Bitte bestätigen Sie, dass diese Adresse Ihnen gehört.',
    action: 'Adresse bestätigen',
    closing: 'Wenn Sie dort kein Konto haben, tun Sie nichts.',
  },
  registrationMail: {
    title: 'Konto anlegen',
    sentence: 'Jemand hat begonnen, mit dieser Adresse ein Konto anzulegen.',
    action: 'Fortfahren',
    closing: 'Wenn Sie es nicht waren, tun Sie nichts: Ohne den Link wird kein Konto angelegt.',
  },
  signInMail: {
    title: 'Anmelden',
    sentence:
      'Geben Sie den Code auf der Seite ein, auf der Sie die Anmeldung begonnen haben. Oder öffnen Sie den Link im selben Browser.',
    alone:
      'Code und Link sind nur für Sie, und einer von beiden gilt, einmal. Nennen Sie niemandem den Code: Wir fragen nie danach.',
    closing: 'Wenn Sie es nicht waren, tun Sie nichts: Ohne Code oder Link meldet sich niemand an.',
  },
  accountExistsMail: {
    title: 'Sie haben schon ein Konto',
    sentence:
      'Jemand hat begonnen, mit dieser Adresse ein Konto anzulegen, es gibt aber schon eines. Melden Sie sich damit dort an, wohin Sie wollen.',
    action: 'Passwort vergessen? Neues festlegen',
    closing: 'Wenn Sie es nicht waren, tun Sie nichts.',
  },
  passwordChangedMail: {
    title: 'Ihr Passwort wurde geändert',
    sentence: 'Das Passwort Ihres Kontos wurde geändert, und Sie wurden überall abgemeldet.',
    sentenceKeptOne: 'Das Passwort Ihres Kontos wurde geändert, und Sie wurden überall sonst abgemeldet.',
    removedTitle: 'Ihr Passwort wurde entfernt',
    removed: 'Das Passwort Ihres Kontos wurde entfernt, und Sie wurden überall sonst abgemeldet.',
  },
  addressChangedMail: {
    title: 'Die Adresse Ihres Kontos wurde geändert',
    former:
      'Ein Administrator hat Ihrem Konto eine andere Adresse gegeben. Sie melden sich jetzt mit dieser an, und Mails gehen dorthin.',
    present:
      'Ein Administrator hat einem Konto diese Adresse gegeben. Wem es gehört, meldet sich jetzt mit ihr an, und Mails kommen hierher.',
    advice: 'Wenn Sie davon nichts wissen, sagen Sie es dem Betreiber dieses Dienstes.',
    formerAddress: 'Bisherige Adresse',
  },
  accountDeletedMail: {
    title: 'Ihr Konto wurde gelöscht',
    sentence: 'Ihr Konto wurde auf seiner eigenen Seite gelöscht, und Sie wurden überall abgemeldet.',
    advice: 'Wenn Sie es nicht waren, sagen Sie es sofort den Betreibern dieses Dienstes.',
    action: 'Zum Dienst',
  },
  sms: {
    code: (code, realm) => `${code} ist Ihr Code für ${realm}. Geben Sie ihn niemandem weiter.`,
    test: (realm) => `Dies ist eine Testnachricht von ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'Ein Passkey wurde hinzugefügt',
      'Ihrem Konto wurde ein Passkey hinzugefügt. Wer ihn hat, kann sich als Sie anmelden.',
    ],
    passkey_removed: ['Ein Passkey wurde entfernt', 'Ein Passkey Ihres Kontos wurde entfernt.'],
    app_added: [
      'Eine Authenticator-App wurde hinzugefügt',
      'Ihrem Konto wurde eine Authenticator-App hinzugefügt. Wer sie hat, kennt die Codes Ihres zweiten Schritts.',
    ],
    app_removed: ['Eine Authenticator-App wurde entfernt', 'Eine Authenticator-App Ihres Kontos wurde entfernt.'],
    phone_added: [
      'Ein Telefon wurde hinzugefügt',
      'Ihrem Konto wurde eine Telefonnummer hinzugefügt. Wer das Telefon hat, erhält die Codes Ihres zweiten Schritts.',
    ],
    phone_removed: ['Ein Telefon wurde entfernt', 'Eine Telefonnummer Ihres Kontos wurde entfernt.'],
    codes_renewed: [
      'Ihre Wiederherstellungscodes wurden ersetzt',
      'Für Ihr Konto wurden neue Wiederherstellungscodes erstellt. Die bisherigen gelten nicht mehr.',
    ],
    all_removed: [
      'Ihre zweiten Faktoren wurden entfernt',
      'Ein Administrator hat alle Passkeys, Authenticator-Apps und Wiederherstellungscodes Ihres Kontos entfernt, und Sie wurden überall abgemeldet.',
    ],
    account_linked: [
      'Ein Konto wurde verknüpft',
      'Ein Konto bei einem anderen Dienst wurde mit Ihrem Konto verknüpft. Wer es hat, kann sich als Sie anmelden.',
    ],
    account_unlinked: [
      'Die Verknüpfung mit einem Konto wurde gelöst',
      'Ein Konto bei einem anderen Dienst ist nicht mehr mit Ihrem Konto verknüpft. Damit meldet sich niemand mehr an.',
    ],
    all: 'Alle',
    advice:
      'Wenn Sie es waren, ist nichts zu tun. Wenn Sie es nicht waren, legen Sie ein neues Passwort fest, und entfernen Sie dann aus Ihrem Konto, was Sie nicht kennen. Wenn Sie sich nicht mehr anmelden können, sagen Sie es dem Betreiber dieses Dienstes.',
    action: 'Ansehen, womit Sie sich anmelden',
  },
  newBrowserMail: {
    title: 'Anmeldung in einem neuen Browser',
    sentence:
      'Jemand hat sich in einem Browser an Ihrem Konto angemeldet, der dafür nicht bekannt ist. Ein Browser ist ein Jahr lang bekannt, und bis das Passwort ein anderes ist.',
    advice:
      'Wenn Sie es waren, ist nichts zu tun. Wenn Sie es nicht waren, legen Sie ein neues Passwort fest, was alle Sitzungen beendet, und entfernen Sie aus Ihrem Konto, was Sie nicht kennen.',
    action: 'Ansehen, wo Sie angemeldet sind',
  },
  approvalMail: {
    title: 'Eine App bittet um Ihre Zustimmung',
    sentence: (client) =>
      mixed`${client} bittet Sie um eine Zustimmung. Sehen Sie nach, worum es geht, und stimmen Sie nur zu, wenn Sie es erwarten.`,
    sentenceUnnamed:
      'Eine App bittet Sie um eine Zustimmung. Sehen Sie nach, worum es geht, und stimmen Sie nur zu, wenn Sie es erwarten.',
    decideBefore: 'Zu entscheiden bis',
    action: 'Anfrage ansehen',
    closing: 'Wenn Sie es nicht erwarten, lehnen Sie es dort ab, oder tun Sie nichts.',
  },
  invitationMail: {
    subject: 'Einladung in eine Organisation',
    subjectOf: (organization, realm) => mixed`Einladung zu ${organization} – ${realm}`,
    heading: (organization, realm) => mixed`${organization} beitreten – ${realm}`,
    sentence: (organization) => mixed`Sie sind eingeladen, Mitglied von ${organization} zu werden.`,
    organization: 'Organisation',
    inviter: 'Eingeladen von',
    role: 'Ihre Rolle',
    action: 'Einladung annehmen',
    alone: 'Der Link ist nur für Sie und gilt einmal. Geben Sie ihn nicht weiter.',
    closing: 'Wenn Sie das nicht erwartet haben, tun Sie nichts: Niemand wird Mitglied, ohne dem Link zu folgen.',
  },
}
