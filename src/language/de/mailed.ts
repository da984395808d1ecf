// The German messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'Sehen Sie in Ihr Postfach',
    deadTitle: 'Dieser Link gilt nicht mehr',
    sendMail: 'Mail senden',
    newLink: 'Neuen Link anfordern',
  },
  recovery: {
    title: 'Passwort vergessen?',
    lead: 'Geben Sie die Adresse Ihres Kontos ein. Wir senden dorthin eine Mail mit einem Link, mit dem Sie ein neues Passwort festlegen.',
    sent: 'Wenn es ein Konto mit dieser Adresse gibt, ist eine Mail mit einem Link unterwegs. Der Link gilt eine Stunde, und nur der neueste.',
    setTitle: 'Neues Passwort festlegen',
    setLead: 'Sie werden überall abgemeldet.',
    set: 'Passwort festlegen',
    changedTitle: 'Ihr Passwort ist geändert',
    changed: 'Sie wurden überall abgemeldet. Verwenden Sie ab jetzt das neue Passwort.',
    dead: 'Er gilt einmal und eine Stunde lang, und nur der neueste. Fordern Sie einen neuen Link an, um ein Passwort festzulegen.',
  },
  verification: {
    title: 'Adresse bestätigen',
    question: (email) => mixed`Ist ${email} die Adresse Ihres Kontos?`,
    yes: 'Ja, das ist meine',
    unconfirmed: (email) =>
      mixed`Noch hat niemand bestätigt, dass ${email} Ihnen gehört. Eine Mail mit einem Link wird dorthin gesendet.`,
    tooManyTitle: 'Zu viele Mails',
    later: 'Versuchen Sie es später noch einmal.',
    sent: (email) =>
      mixed`Eine Mail mit einem Link ist unterwegs zu ${email}. Der Link gilt einen Tag, und nur der neueste.`,
    doneTitle: 'Ihre Adresse ist bestätigt',
    done: (email) => mixed`${email} ist bestätigt. Sie können dieses Fenster jetzt schließen.`,
    dead: 'Er gilt einmal und einen Tag lang, und nur der neueste.',
    deadAdvice: 'Um einen neuen anzufordern, melden Sie sich an und öffnen Sie diese Seite noch einmal.',
  },
  signUp: {
    title: 'Konto anlegen',
    lead: 'Geben Sie Ihre E-Mail-Adresse ein. Eine Mail mit einem Link, mit dem es weitergeht, wird dorthin gesendet.',
    domains: 'Konten gibt es hier nur für Adressen bestimmter Domains.',
    haveAccount: 'Sie haben ein Konto? Anmelden',
    sent: 'Eine Mail an Sie ist unterwegs. Ihr Link gilt eine Stunde, und nur der neueste. Öffnen Sie ihn in diesem Browser, um fortzufahren.',
    dead: 'Er gilt einmal und eine Stunde lang, und nur der neueste. Wenn Sie inzwischen ein Konto haben, melden Sie sich dort an, wohin Sie wollen.',
    confirmTitle: 'Legen Sie Ihr Konto an',
    choose: 'Ihre Adresse ist bestätigt. Wählen Sie ein Passwort.',
    chooseOrMail: 'Ihre Adresse ist bestätigt. Wählen Sie ein Passwort, oder melden Sie sich jedes Mal per E-Mail an.',
    create: 'Konto anlegen',
    readyTitle: 'Ihr Konto ist angelegt',
    ready: 'Gehen Sie dorthin zurück, wo Sie sich anmelden wollten, und melden Sie sich dort an.',
    refusedTitle: 'Es wurde kein Konto angelegt',
    already_exists: 'Es gibt ein Konto mit dieser Adresse oder mit einer, die gleich aussieht.',
    limit_reached: 'Hier können keine weiteren Konten angelegt werden. Fragen Sie den Betreiber dieses Dienstes.',
  },
}
