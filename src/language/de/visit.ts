// The German messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('de')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`Darf ${client} Ihr Konto verwenden?`,
    firstParty: (brand) => mixed`Eine App von ${brand}`,
    unverified: 'Nicht geprüft',
    unverifiedText: (brand) =>
      mixed`Jeder kann einer App diesen Namen geben. ${brand} hat nicht geprüft, wer dahintersteht: Erlauben Sie es nur, wenn Sie die App kennen.`,
    may: (resource) => mixed`Bei ${resource} kann sie:`,
    mayAlone: 'Sie kann:',
    further: 'Und außerdem:',
    nothing: 'Nichts, außer zu wissen, dass Sie sich angemeldet haben',
    undescribed: 'Etwas, das der Betreiber nicht beschrieben hat',
    returns: 'Bringt Sie zurück zu',
    organization: 'Organisation',
    app: (scheme) => mixed`einer App auf diesem Gerät, die ${scheme} öffnet`,
    device: (host) => mixed`einem Programm auf diesem Computer, ${host}`,
    deviceText: 'Die App läuft auf diesem Computer. Erlauben Sie es nur, wenn Sie sie gerade selbst gestartet haben.',
    password: 'Ihr Passwort wird nie an die App weitergegeben.',
    links: { website: 'Webseite', policy: 'Datenschutzerklärung', terms: 'Nutzungsbedingungen' },
    scopes: {
      openid: 'Wissen, wer Sie sind',
      profile: 'Ihren Namen und Ihr Bild sehen',
      email: 'Ihre E-Mail-Adresse sehen',
      address: 'Ihre Postanschrift sehen',
      phone: 'Ihre Telefonnummer sehen',
      groups: 'Sehen, zu welchen Gruppen Sie gehören',
      roles: 'Sehen, welche Rollen Sie haben',
      organization: 'Die Organisation sehen, für die Sie sich anmelden',
      offline_access: 'Diesen Zugriff behalten, während Sie nicht da sind, bis Sie ihn widerrufen',
    },
  },
  organization: {
    title: 'Organisation wählen',
    lead: (client) => mixed`Sie nutzen ${client} jeweils für eine Ihrer Organisationen.`,
    foreignTitle: 'Sie sind kein Mitglied',
    foreign: (client) =>
      mixed`Dieses Konto ist kein Mitglied der Organisation, für die ${client} Sie anmeldet. Nutzen Sie ein anderes Konto, oder bitten Sie um eine Einladung.`,
    none: (client) =>
      mixed`${client} ist für Mitglieder von Organisationen, und dieses Konto ist in keiner Mitglied. Nutzen Sie ein anderes Konto, oder bitten Sie um eine Einladung.`,
    cancel: 'Abbrechen',
  },
  external: {
    refusedTitle: 'Sie können sich hier nicht anmelden',
    refused: (provider) =>
      mixed`Das Konto, mit dem Ihr Konto bei ${provider} verknüpft ist, darf sich nicht anmelden. Fragen Sie den Betreiber dieses Dienstes.`,
    noAccountTitle: 'Ihr Konto ist hier nicht verknüpft',
    noAccount: (provider) => mixed`Mit Ihrem Konto bei ${provider} ist hier niemand verknüpft.`,
    noAccountAdvice:
      'Wenn Sie hier ein Konto haben, melden Sie sich wie bisher an und verknüpfen Sie dann das andere. Danach können Sie sich mit beiden anmelden.',
    signInAndLink: 'Anmelden und verknüpfen',
    deniedTitle: 'Niemand wurde angemeldet',
    denied: (provider) =>
      mixed`Sie haben sich bei ${provider} nicht angemeldet, oder es wurde abgelehnt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.`,
    failedTitle: 'Die Anmeldung hat nicht geklappt',
    failed: (provider) =>
      mixed`Zwischen diesem Dienst und ${provider} ist etwas schiefgegangen. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.`,
    takenTitle: 'Es ist schon verknüpft',
    taken: (provider) => mixed`Ihr Konto bei ${provider} ist hier mit einem anderen Konto verknüpft.`,
    back: 'Zurück',
    help: (id) => mixed`Wenn Sie um Hilfe bitten, nennen Sie diese ID: ${id}`,
  },
  device: {
    codeTitle: 'Gerät verbinden',
    enter: 'Geben Sie den Code ein, den Ihr Gerät oder Programm anzeigt.',
    compare: 'Fahren Sie nur fort, wenn Ihr Gerät oder Programm genau diesen Code anzeigt.',
    code: 'Code',
    hint: '8 Buchstaben, zum Beispiel WDJB-MJHT',
    unknown:
      'Auf diesen Code wartet kein Gerät. Prüfen Sie die Buchstaben, oder lassen Sie das Gerät einen neuen Code anzeigen.',
    tooMany: (minutes) =>
      plural(minutes, {
        one: 'Zu viele Codes, auf die kein Gerät wartet. Versuchen Sie es in # Minute noch einmal.',
        other: 'Zu viele Codes, auf die kein Gerät wartet. Versuchen Sie es in # Minuten noch einmal.',
      }),
    heading: (client) => mixed`${client} mit Ihrem Konto verbinden?`,
    warning:
      'Stimmen Sie nur zu, wenn Sie dies gerade selbst gestartet haben, auf einem Gerät vor Ihnen, das diesen Code anzeigt. Hat Ihnen jemand den Code oder einen Link zu dieser Seite geschickt, lehnen Sie ab: Wer dieses Gerät hat, würde Ihr Konto verwenden.',
    shown: 'Das Gerät zeigt',
    from: 'Die Anfrage kommt von',
    program: (place, program) => mixed`${place} und nennt sich ${program}`,
    unknownPlace: 'einer unbekannten Adresse',
    when: 'Gefragt wurde',
    moments: 'vor weniger als einer Minute',
    minutes: (count) => plural(count, { one: 'vor einer Minute', other: 'vor # Minuten' }),
    approve: 'Zustimmen',
    approvedTitle: 'Ihr Gerät ist verbunden',
    approved: 'Auf dem Gerät geht es in wenigen Sekunden weiter. Sie können dieses Fenster jetzt schließen.',
    deniedTitle: 'Das Gerät wurde abgelehnt',
    denied: 'Es hat keinen Zugriff auf Ihr Konto. Sie können dieses Fenster jetzt schließen.',
  },
  invitation: {
    heading: (organization) => mixed`${organization} beitreten`,
    unnamed: 'Organisation ohne Namen',
    lead: (organization) => mixed`Sie sind eingeladen, Mitglied von ${organization} zu werden.`,
    invited: 'Die Einladung gilt für',
    until: 'Sie gilt bis',
    wrongAccount: (email) =>
      mixed`Sie sind als ${email} angemeldet, die Einladung gilt aber für eine andere Adresse. Verwenden Sie deren Konto, um sie anzunehmen.`,
    haveAccount: 'Sie haben hier ein Konto. Geben Sie dessen Passwort ein, um die Einladung anzunehmen.',
    needAccount: 'Sie haben hier noch kein Konto. Wählen Sie ein Passwort, dann wird es für Sie angelegt.',
    join: 'Einladung annehmen',
    sign_in: 'Anmelden und annehmen',
    register: 'Konto anlegen und annehmen',
    unknownTitle: 'Dieser Link führt zu keiner Einladung',
    unknown:
      'Vielleicht ist er unvollständig oder zu alt. Öffnen Sie ihn noch einmal aus der Mail, oder kopieren Sie ihn ganz.',
    unknownAdvice: 'Wenn das nicht hilft, bitten Sie um eine neue Einladung.',
    acceptedTitle: 'Diese Einladung wurde schon angenommen',
    accepted:
      'Ihr Link gilt einmal. Wenn Sie es waren, ist nichts weiter zu tun: Melden Sie sich dort an, wohin Sie wollen.',
    revokedTitle: 'Diese Einladung wurde zurückgezogen',
    revoked:
      'Ihr Link gilt nicht mehr. Wenn Sie das für ein Versehen halten, fragen Sie nach, wo Sie eingeladen wurden.',
    expiredTitle: 'Diese Einladung ist abgelaufen',
    expired: 'Ihr Link gilt nicht mehr. Bitten Sie um eine neue Einladung.',
    otherWayTitle: 'Melden Sie sich zuerst an',
    otherWay:
      'Ihr Konto hier hat kein Passwort. Melden Sie sich wie gewohnt an, und öffnen Sie den Link der Einladung dann noch einmal im selben Browser.',
    memberTitle: (organization) => mixed`Sie sind Mitglied von ${organization}`,
    member:
      'Die Einladung ist angenommen. Sie können dieses Fenster jetzt schließen oder sich dort anmelden, wohin Sie wollen.',
  },
  error: {
    detail: 'Einzelheiten',
    code: 'Fehlercode',
    request: 'Anfrage-ID',
    onward: (host) =>
      mixed`Die App möchte Sie zurück zu ${host} bringen. Niemand hat geprüft, wer dahintersteht: Gehen Sie nur weiter, wenn Sie die App kennen.`,
    goOn: 'Weiter zur App',
    support:
      'Wenn das immer wieder geschieht, sagen Sie es dem Betreiber der App oder dieses Dienstes, und nennen Sie die Anfrage-ID.',
    otherTitle: 'Diese Anfrage kann nicht ausgeführt werden',
    other: 'Die App, die Sie hierher gebracht hat, hat eine Anfrage gestellt, die wir nicht annehmen können.',
    byCode: {
      access_denied: [
        'Der Zugriff wurde verweigert',
        'Sie sind angemeldet, können aber mit dieser App nicht fortfahren.',
      ],
      forbidden: [
        'Diese Anfrage wurde abgelehnt',
        'Gehen Sie dorthin zurück, woher Sie gekommen sind, und versuchen Sie es von dort noch einmal.',
      ],
      unmet_authentication_requirements: [
        'An dieser Adresse können Sie nicht fortfahren',
        'Ein zweiter Schritt ist nötig, und Sie haben keinen, der hier funktioniert. Gehen Sie dorthin, wo Sie Ihren zweiten Schritt eingerichtet haben, oder fragen Sie den Betreiber dieses Dienstes.',
      ],
      expired: [
        'Diese Seite gilt nicht mehr',
        'Sie wurde schon verwendet oder war zu lange geöffnet. Gehen Sie zurück und beginnen Sie noch einmal.',
      ],
      not_found: [
        'Hier gibt es nichts',
        'Prüfen Sie die Adresse, oder gehen Sie zurück zur App und beginnen Sie noch einmal.',
      ],
      method_not_allowed: [
        'Diese Seite lässt sich so nicht öffnen',
        'Gehen Sie zurück zur App und beginnen Sie noch einmal.',
      ],
      too_many_requests: ['Zu viele Anfragen', 'Warten Sie ein wenig und versuchen Sie es dann noch einmal.'],
      server_error: [
        'Hier ist etwas schiefgegangen',
        'Der Fehler liegt bei uns, nicht bei Ihnen. Versuchen Sie es gleich noch einmal.',
      ],
      identity_provider_failed: [
        'Die Anmeldung hat nicht geklappt',
        'Der Dienst, der Ihr Passwort kennt, antwortet gerade nicht richtig. Versuchen Sie es gleich noch einmal.',
      ],
      temporarily_unavailable: ['Wir können gerade nicht antworten', 'Versuchen Sie es gleich noch einmal.'],
      invalid_redirect_uri: [
        'Dieser Anfrage einer App zu folgen, ist nicht sicher',
        'Die App möchte Sie zu einer Adresse bringen, die für sie nicht eingetragen ist. Zu Ihrer Sicherheit bleiben Sie hier.',
      ],
      invalid_client: [
        'Diese App ist hier nicht bekannt',
        'Die App, die Sie hierher gebracht hat, ist nicht eingetragen oder wurde entfernt.',
      ],
      unauthorized_client: ['Diese App darf Sie nicht anmelden', 'Die App darf Anfragen dieser Art nicht stellen.'],
    },
  },
  getStarted: {
    title: 'Ersten Administrator anlegen',
    lead: 'Dieser Server ist neu. Wer diesen Link hat, wird sein Administrator; der Link gilt einmal.',
    problems: 'Das Konto wurde nicht angelegt. Berichtigen Sie, was unten markiert ist.',
    wrongEmail: 'Das ist keine E-Mail-Adresse.',
    submit: 'Administrator anlegen',
    doneTitle: 'Alles ist eingerichtet',
    done: (email) =>
      mixed`${email} ist jetzt Administrator dieses Servers. Bewahren Sie das Passwort sicher auf: Einen zweiten Link gibt es nicht.`,
    secondStep:
      'Diesen Server schützt jetzt nur ein Passwort. Richten Sie in Ihrem Konto einen Passkey oder eine Authenticator-App ein.',
    account: 'Konto öffnen',
    next: 'Die nächsten Schritte ansehen',
    expiredTitle: 'Dieser Link gilt nicht mehr',
    expired: 'Er wurde schon verwendet, ist abgelaufen oder unvollständig.',
    expiredAdvice:
      'Wenn noch niemand ein Konto hat, suchen Sie im Log des Servers nach einem neueren Link. Wenn Sie eines haben, melden Sie sich an.',
  },
  landing: {
    serverTitle: 'Dieser Server meldet Menschen an',
    server:
      'Apps bringen Sie zum Anmelden hierher, und danach kehren Sie zu ihnen zurück. Öffnen Sie die App, die Sie verwenden möchten.',
    serverAdmin: 'Die Verwaltung dieses Servers hat eine eigene Adresse. Der Betreiber des Servers kennt sie.',
    login:
      'Administratoren arbeiten mit der Kommandozeile: „countersign login“ meldet Sie an, mit „--tenant“ und dessen ID auch als Administrator eines Mandanten.',
    doctor:
      'Ob alles eingerichtet ist, zeigt „countersign doctor“. Wie Sie die erste App eintragen, zeigt „countersign client create --help“.',
    account:
      'In Ihrem Konto ändern Sie Ihr Passwort und richten einen Passkey oder eine Authenticator-App ein. Um das von jedem Administrator zu verlangen, verwenden Sie „countersign tenant update default --admin-min-aal 2“.',
    docs: 'Dokumentation der API lesen',
  },
}
