// The German messages of the pages on which people sign in and out.
import type { signInMessages as English } from '../en/sign-in.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('de')

export const signInMessages: typeof English = {
  layout: {
    skip: 'Zum Inhalt springen',
    footer: 'Gesichert mit Countersign',
    support: 'Hilfe',
    error: (title) => `Fehler: ${title}`,
    language: 'Sprache',
    administration: 'Verwaltung dieses Servers',
    administrationOf: (tenant) => `Verwaltung von ${tenant}`,
  },
  form: {
    email: 'E-Mail-Adresse',
    password: 'Passwort',
    newPassword: 'Neues Passwort',
    newPasswordOptional: 'Neues Passwort (freiwillig)',
    nameOptional: 'Name (freiwillig)',
    passwordRule: (length) =>
      `Mindestens ${length} Zeichen. Ein paar Wörter ohne Zusammenhang sind sicher und leicht zu merken.`,
    unnamedApp: 'App ohne Namen',
    fact: (name, value) => mixed`${name}: ${value}`,
    signedInAs: 'Angemeldet als',
    addressNeeded: 'Geben Sie Ihre E-Mail-Adresse ein.',
    signIn: 'Anmelden',
    useAnother: 'Anderes Konto verwenden',
    switchAccount: 'Nicht Sie? Konto wechseln',
    allow: 'Erlauben',
    deny: 'Ablehnen',
    proceed: 'Weiter',
    mailsAnHour: (count) =>
      plural(count, {
        one: 'An eine Adresse geht höchstens # Mail pro Stunde.',
        other: 'An eine Adresse gehen höchstens # Mails pro Stunde.',
      }),
    nothingArrived: 'Nichts angekommen? Sehen Sie im Spam-Ordner nach, und prüfen Sie die Adresse.',
    emailOrUsername: 'E-Mail oder Benutzername',
    emailOrPhone: 'E-Mail oder Telefonnummer',
    emailUsernameOrPhone: 'E-Mail, Benutzername oder Telefonnummer',
  },
  password: {
    notText: 'Das Passwort ist kein Text.',
    tooShort: (length) =>
      plural(length, {
        one: 'Das Passwort hat weniger als # Zeichen.',
        other: 'Das Passwort hat weniger als # Zeichen.',
      }),
    tooLong: (length) =>
      plural(length, { one: 'Das Passwort hat mehr als # Zeichen.', other: 'Das Passwort hat mehr als # Zeichen.' }),
    isAddress: 'Das Passwort ist die E-Mail-Adresse.',
    isCommon: 'Das Passwort ist eines der ersten, die jeder ausprobieren würde.',
    isBreached: 'Das Passwort kommt in einem Datenleck vor.',
    noSpecial: 'Das Passwort braucht ein Zeichen, das weder ein Buchstabe noch eine Ziffer ist.',
    refused: 'Dieses Passwort kann nicht verwendet werden.',
  },
  signIn: {
    title: 'Anmelden',
    confirmTitle: 'Bestätigen Sie, dass Sie es sind',
    continueTo: (client) => mixed`weiter zu ${client}`,
    confirmFor: (client) => mixed`Geben Sie Ihr Passwort noch einmal ein. Danach geht es weiter zu ${client}`,
    confirmAlone: 'Geben Sie Ihr Passwort noch einmal ein, um fortzufahren.',
    returnTo: (host) => mixed`Danach kehren Sie zu ${host} zurück.`,
    switch: 'Nicht Sie? Anderes Konto verwenden',
    incorrect: 'E-Mail-Adresse und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es noch einmal.',
    confirmIncorrect: 'Das Passwort ist nicht richtig. Versuchen Sie es noch einmal.',
    incomplete: 'Geben Sie Ihre E-Mail-Adresse und Ihr Passwort ein.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Zu viele Versuche. Warten Sie # Sekunde und versuchen Sie es dann noch einmal.',
        other: 'Zu viele Versuche. Warten Sie # Sekunden und versuchen Sie es dann noch einmal.',
      }),
    waitMinutes: (count) =>
      plural(count, {
        one: 'Zu viele Versuche. Warten Sie # Minute und versuchen Sie es dann noch einmal.',
        other: 'Zu viele Versuche. Warten Sie # Minuten und versuchen Sie es dann noch einmal.',
      }),
    forgot: 'Passwort vergessen?',
    register: 'Konto anlegen',
    mail: 'Stattdessen per E-Mail anmelden',
    no_address: 'Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen eine Mail mit einem Code und einem Link.',
    provider: (name) => mixed`Weiter mit ${name}`,
    passkeyButton: 'Mit Passkey anmelden',
    passkey:
      'Dieser Passkey funktioniert hier nicht. Versuchen Sie es mit einem anderen, oder melden Sie sich anders an.',
    passkey_stale: 'Das hat zu lange gedauert. Versuchen Sie es noch einmal.',
    stale: 'Diese Seite war zu lange geöffnet. Geben Sie Ihr Passwort noch einmal ein.',
  },
  proof: {
    why: 'Damit Programme keine Passwörter durchprobieren, führt Ihr Browser eine kurze Berechnung aus, bevor dieses Formular gesendet wird.',
    working: 'Die Berechnung läuft. Sie dauert etwa eine Sekunde.',
    done: 'Die Berechnung ist fertig.',
    missing:
      'Die Berechnung fehlte oder war zu alt. Warten Sie, bis sie fertig ist, und senden Sie das Formular dann noch einmal.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Ihr Browser kann die Berechnung nicht ausführen? Warten Sie dann # Sekunde, bevor Sie das Formular senden.',
        other:
          'Ihr Browser kann die Berechnung nicht ausführen? Warten Sie dann # Sekunden, bevor Sie das Formular senden.',
      }),
  },
  emailSignIn: {
    title: 'Sehen Sie in Ihr Postfach',
    sentTo: (email) =>
      mixed`Wenn Sie sich mit dieser Adresse anmelden können, ist eine Mail dorthin unterwegs: ${email}`,
    next: 'Geben Sie den Code aus der Mail ein, oder öffnen Sie den Link in diesem Browser. Beide gelten zehn Minuten, und nur die der neuesten Mail.',
    code: 'Code',
    missing: 'Nichts angekommen? Sehen Sie im Spam-Ordner nach.',
    again: 'Noch eine Mail senden',
    other: 'Anders anmelden',
    incorrect: 'Der Code ist nicht richtig. Geben Sie die acht Ziffern der neuesten Mail ein.',
    incomplete: 'Geben Sie den Code aus der Mail ein.',
    over: 'Diese Mail gilt nicht mehr. Fordern Sie eine neue an.',
    too_many_attempts: 'Zu viele falsche Codes: Die Mail gilt nicht mehr. Fordern Sie eine neue an.',
    dead: 'Er gilt einmal und zehn Minuten lang, und nur der neueste. Gehen Sie dorthin zurück, wo Sie sich anmelden wollten, und fordern Sie eine neue Mail an.',
    goOnAs: (email) => mixed`Sie fahren als ${email} fort.`,
    elsewhereTitle: 'Machen Sie dort weiter, wo Sie begonnen haben',
    elsewhere:
      'Der Link funktioniert nur in dem Browser, in dem Sie die Anmeldung begonnen haben. Geben Sie dort den Code aus der Mail ein.',
    askedFrom: (ip) => mixed`Die Mail wurde von ${ip} aus angefordert.`,
    warning: 'Wenn Sie keine Anmeldung begonnen haben, schließen Sie diese Seite, und nennen Sie niemandem den Code.',
  },
  flow: {
    refusedTitle: 'Sie können sich jetzt nicht anmelden',
    refused: 'Eine Regel dieses Dienstes lässt Sie nicht ein.',
    failed:
      'Was vor der Anmeldung gefragt werden muss, hat nicht so geantwortet, wie es sollte. Versuchen Sie es später noch einmal.',
    noFactor:
      'Zur Anmeldung gehört hier ein zweiter Schritt, und Ihr Konto hat keinen. Wenden Sie sich an den Betreiber dieses Dienstes.',
    weakPassword: 'Ihr Passwort ist für diesen Dienst zu schwach. Legen Sie ein neues fest.',
    newPassword: 'Neues Passwort festlegen',
    waitTitle: 'Einen Moment',
    wait: 'In einigen Sekunden geht es weiter.',
    leave: (h) => mixed`Sie machen bei ${h} weiter und kommen danach hierher zurück.`,
  },
  secondFactor: {
    title: 'Bestätigen Sie, dass Sie es sind',
    noScript: 'Passkeys brauchen JavaScript. Schalten Sie es für diese Seite ein, oder wählen Sie einen anderen Weg.',
    stale: 'Das hat zu lange gedauert. Versuchen Sie es noch einmal.',
    remember: (days) =>
      plural(days, {
        one: 'In diesem Browser # Tag lang nicht mehr fragen',
        other: 'In diesem Browser # Tage lang nicht mehr fragen',
      }),
    passkey: {
      lead: 'Verwenden Sie einen Ihrer Passkeys, um fortzufahren.',
      label: 'Passkey verwenden',
      choose: 'Passkey verwenden',
      incorrect:
        'Dieser Passkey funktioniert hier nicht. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.',
      incomplete: 'Verwenden Sie einen Ihrer Passkeys.',
    },
    totp: {
      lead: 'Geben Sie den Code ein, den Ihre Authenticator-App für dieses Konto anzeigt.',
      label: 'Code',
      choose: 'Authenticator-App verwenden',
      incorrect:
        'Der Code ist nicht richtig oder wurde schon verwendet. Geben Sie den Code ein, den die App jetzt anzeigt.',
      incomplete: 'Geben Sie die sechs Ziffern ein, die die App anzeigt.',
    },
    sms: {
      lead: 'Lassen Sie sich einen Code per SMS senden, und geben Sie ihn hier ein.',
      label: 'Code aus der SMS',
      choose: 'Code per SMS erhalten',
      incorrect:
        'Der Code ist nicht richtig oder gilt nicht mehr. Geben Sie den Code der neuesten Nachricht ein, oder fordern Sie einen neuen an.',
      incomplete: 'Geben Sie die sechs Ziffern aus der Nachricht ein.',
      send: (phone) => mixed`Code an ${phone} senden`,
      sendAgain: (phone) => mixed`Neuen Code an ${phone} senden`,
      sent: (phone) => mixed`Ein Code ist unterwegs an ${phone}. Er gilt fünf Minuten.`,
      tooMany:
        'Es wurden zu viele Codes gesendet. Versuchen Sie es später noch einmal, oder wählen Sie einen anderen Weg.',
      notSent: 'An diese Nummer werden keine Nachrichten gesendet. Wählen Sie einen anderen Weg.',
    },
    recovery_code: {
      lead: 'Geben Sie einen der Wiederherstellungscodes ein, die Sie gespeichert haben. Jeder gilt einmal.',
      label: 'Wiederherstellungscode',
      choose: 'Wiederherstellungscode verwenden',
      incorrect: 'Der Wiederherstellungscode ist nicht richtig oder wurde schon verwendet.',
      incomplete: 'Geben Sie einen Ihrer Wiederherstellungscodes ein.',
    },
  },
  enrolment: {
    title: 'Authenticator-App einrichten',
    lead: 'Um fortzufahren, brauchen Sie einen zweiten Schritt. Scannen Sie den QR-Code mit einer Authenticator-App, und geben Sie dann den Code ein, den die App anzeigt.',
    accountTitle: 'Zweiten Schritt zu Ihrem Konto hinzufügen',
    picture: 'QR-Code für Ihre Authenticator-App',
    cannotScan:
      'Sie können ihn nicht scannen? Legen Sie in der App mit diesem Schlüssel ein Konto mit zeitbasierten Codes an:',
    account: 'Konto',
    code: 'Code aus der App',
    incomplete: 'Geben Sie die sechs Ziffern ein, die die App anzeigt.',
    incorrect:
      'Der Code ist nicht richtig. Prüfen Sie, ob die Uhr Ihres Geräts richtig geht, und geben Sie den Code ein, den die App jetzt anzeigt.',
    codesTitle: 'Speichern Sie Ihre Wiederherstellungscodes',
    codesLead:
      'Wenn Sie Ihr Gerät verlieren, ist jeder dieser Codes einmal Ihr zweiter Schritt. Sie werden nicht noch einmal angezeigt.',
    codesHint: 'Drucken Sie sie aus, oder bewahren Sie sie in einem Passwortmanager auf.',
    saved: 'Ich habe die Codes gespeichert',
    passkeyFailed: 'Das hat nicht geklappt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.',
  },
  paywall: {
    title: 'Höherer Tarif nötig',
    lead: (tier: string) => `Dieser Teil der Anwendung gehört zum Tarif „${tier}“. Ihr Konto gehört nicht dazu.`,
    upgrade: 'Möglichkeiten ansehen',
    back: 'Zurück',
  },
  signOut: {
    confirmTitle: 'Abmelden?',
    asks: (client) => mixed`${client} möchte Sie abmelden.`,
    everywhere: (brand) => mixed`Sie werden in diesem Browser von ${brand} abgemeldet.`,
    signOut: 'Abmelden',
    stay: 'Angemeldet bleiben',
    stayedTitle: 'Sie sind weiterhin angemeldet',
    stayed: 'Es wurde nichts geändert. Sie können dieses Fenster jetzt schließen.',
    doneTitle: 'Sie sind abgemeldet',
    done: 'Sie können dieses Fenster jetzt schließen.',
    shared: 'Schließen Sie an einem gemeinsam genutzten Computer auch den Browser.',
    continueTo: (name) => mixed`Weiter zu ${name}`,
    waitTitle: 'Abmeldung läuft',
    waited: 'Sie sind abgemeldet.',
  },
}
