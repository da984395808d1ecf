// The Dutch messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('nl')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`Mag ${client} je account gebruiken?`,
    firstParty: (brand) => mixed`Een app van ${brand}`,
    unverified: 'Niet gecontroleerd',
    unverifiedText: (brand) =>
      mixed`Iedereen kan een app deze naam geven. ${brand} heeft niet gecontroleerd wie erachter zit: sta het alleen toe als je de app kent.`,
    may: (resource) => mixed`Bij ${resource} kan de app:`,
    mayAlone: 'De app kan:',
    further: 'En ook:',
    nothing: 'Niets anders dan weten dat je bent ingelogd',
    undescribed: 'Iets wat de beheerder niet heeft beschreven',
    returns: 'Brengt je terug naar',
    organization: 'Organisatie',
    app: (scheme) => mixed`een app op dit apparaat die ${scheme} opent`,
    device: (host) => mixed`een programma op deze computer, ${host}`,
    deviceText: 'De app draait op deze computer. Sta het alleen toe als je de app net zelf hebt gestart.',
    password: 'Je wachtwoord wordt nooit met de app gedeeld.',
    links: { website: 'Website', policy: 'Privacyverklaring', terms: 'Gebruiksvoorwaarden' },
    scopes: {
      openid: 'Weten wie je bent',
      profile: 'Je naam en foto zien',
      email: 'Je e-mailadres zien',
      address: 'Je postadres zien',
      phone: 'Je telefoonnummer zien',
      groups: 'Zien bij welke groepen je hoort',
      roles: 'Zien welke rollen je hebt',
      organization: 'De organisatie zien waarvoor je inlogt',
      offline_access: 'Deze toegang houden terwijl je er niet bent, totdat je hem intrekt',
    },
  },
  organization: {
    title: 'Kies een organisatie',
    lead: (client) => mixed`Je gebruikt ${client} steeds voor één van je organisaties.`,
    foreignTitle: 'Je bent geen lid',
    foreign: (client) =>
      mixed`Dit account is geen lid van de organisatie waarvoor ${client} je laat inloggen. Gebruik een ander account of vraag om een uitnodiging.`,
    none: (client) =>
      mixed`${client} is voor leden van organisaties, en dit account is nergens lid. Gebruik een ander account of vraag om een uitnodiging.`,
    cancel: 'Annuleren',
  },
  external: {
    refusedTitle: 'Je kunt hier niet inloggen',
    refused: (provider) =>
      mixed`Het account waaraan je account bij ${provider} is gekoppeld, mag niet inloggen. Vraag het de beheerders van deze dienst.`,
    noAccountTitle: 'Je account is hier niet gekoppeld',
    noAccount: (provider) => mixed`Niemand hier is gekoppeld aan je account bij ${provider}.`,
    noAccountAdvice:
      'Als je hier een account hebt, log dan in zoals je eerder deed en koppel daarna het andere. Vervolgens kun je met beide inloggen.',
    signInAndLink: 'Inloggen en koppelen',
    deniedTitle: 'Er is niemand ingelogd',
    denied: (provider) =>
      mixed`Je bent niet ingelogd bij ${provider}, of het is geweigerd. Probeer het opnieuw of kies een andere manier.`,
    failedTitle: 'Het inloggen is niet gelukt',
    failed: (provider) =>
      mixed`Er ging iets mis tussen deze dienst en ${provider}. Probeer het opnieuw of kies een andere manier.`,
    takenTitle: 'Het is al gekoppeld',
    taken: (provider) => mixed`Je account bij ${provider} is hier aan een ander account gekoppeld.`,
    back: 'Terug',
    help: (id) => mixed`Als je om hulp vraagt, geef dan deze id door: ${id}`,
  },
  device: {
    codeTitle: 'Apparaat verbinden',
    enter: 'Vul de code in die je apparaat of programma toont.',
    compare: 'Ga alleen door als je apparaat of programma precies deze code toont.',
    code: 'Code',
    hint: '8 letters, bijvoorbeeld WDJB-MJHT',
    unknown: 'Geen apparaat wacht op deze code. Controleer de letters of laat het apparaat een andere code tonen.',
    tooMany: (minutes) =>
      plural(minutes, {
        one: 'Te veel codes waarop geen apparaat wacht. Probeer het over # minuut opnieuw.',
        other: 'Te veel codes waarop geen apparaat wacht. Probeer het over # minuten opnieuw.',
      }),
    heading: (client) => mixed`${client} verbinden met je account?`,
    warning:
      'Keur dit alleen goed als je het net zelf hebt gestart, op een apparaat voor je dat deze code toont. Heeft iemand je de code of een link naar deze pagina gestuurd, weiger dan: wie dat apparaat heeft, zou je account gebruiken.',
    shown: 'Het apparaat toont',
    from: 'De vraag komt van',
    program: (place, program) => mixed`${place} en noemt zich ${program}`,
    unknownPlace: 'een onbekend adres',
    when: 'Gevraagd',
    moments: 'minder dan een minuut geleden',
    minutes: (count) => plural(count, { one: '# minuut geleden', other: '# minuten geleden' }),
    approve: 'Goedkeuren',
    approvedTitle: 'Je apparaat is verbonden',
    approved: 'Het apparaat gaat over een paar seconden verder. Je kunt dit venster nu sluiten.',
    deniedTitle: 'Het apparaat is geweigerd',
    denied: 'Het heeft geen toegang tot je account. Je kunt dit venster nu sluiten.',
  },
  invitation: {
    heading: (organization) => mixed`Word lid van ${organization}`,
    unnamed: 'een organisatie zonder naam',
    lead: (organization) => mixed`Je bent uitgenodigd om lid te worden van ${organization}.`,
    invited: 'De uitnodiging is voor',
    until: 'Ze is geldig tot',
    wrongAccount: (email) =>
      mixed`Je bent ingelogd als ${email}, maar de uitnodiging is voor een ander adres. Gebruik het account van dat adres om haar aan te nemen.`,
    haveAccount: 'Je hebt hier een account. Vul het wachtwoord in om de uitnodiging aan te nemen.',
    needAccount: 'Je hebt hier nog geen account. Kies een wachtwoord, dan wordt het voor je aangemaakt.',
    join: 'Uitnodiging aannemen',
    sign_in: 'Inloggen en aannemen',
    register: 'Account aanmaken en aannemen',
    unknownTitle: 'Deze link leidt naar geen uitnodiging',
    unknown: 'Misschien is hij onvolledig of te oud. Open hem opnieuw vanuit de e-mail of kopieer hem helemaal.',
    unknownAdvice: 'Helpt dat niet, vraag dan een nieuwe uitnodiging aan wie je heeft uitgenodigd.',
    acceptedTitle: 'Deze uitnodiging is al aangenomen',
    accepted: 'De link werkt één keer. Als jij het was, hoef je niets meer te doen: log in waar je naartoe wilt.',
    revokedTitle: 'Deze uitnodiging is ingetrokken',
    revoked: 'De link werkt niet meer. Denk je dat het een vergissing is, vraag het dan wie je heeft uitgenodigd.',
    expiredTitle: 'Deze uitnodiging is verlopen',
    expired: 'De link werkt niet meer. Vraag een nieuwe aan wie je heeft uitgenodigd.',
    otherWayTitle: 'Log eerst in',
    otherWay:
      'Je account heeft hier geen wachtwoord. Log in zoals je gewend bent en open daarna de link van de uitnodiging in dezelfde browser.',
    memberTitle: (organization) => mixed`Je bent lid van ${organization}`,
    member: 'De uitnodiging is aangenomen. Je kunt dit venster nu sluiten of inloggen waar je naartoe wilt.',
  },
  error: {
    detail: 'Bijzonderheden',
    code: 'Foutcode',
    request: 'Id van het verzoek',
    onward: (host) =>
      mixed`De app wil je terugbrengen naar ${host}. Niemand heeft gecontroleerd wie erachter zit: ga alleen verder als je de app kent.`,
    goOn: 'Verder naar de app',
    support:
      'Als dit blijft gebeuren, meld het dan bij de beheerders van de app of van deze dienst, met de id van het verzoek.',
    otherTitle: 'Dit verzoek kan niet worden voltooid',
    other: 'De app die je hierheen bracht, deed een verzoek dat we niet kunnen aannemen.',
    byCode: {
      access_denied: ['De toegang is geweigerd', 'Je bent ingelogd, maar kunt met deze app niet verder.'],
      forbidden: ['Dit verzoek is geweigerd', 'Ga terug naar waar je vandaan kwam en probeer het daar opnieuw.'],
      unmet_authentication_requirements: [
        'Je kunt op dit adres niet verder',
        'Er is een tweede stap nodig, en je hebt er geen die hier werkt. Ga naar waar je je tweede stap hebt ingesteld of vraag het de beheerders van deze dienst.',
      ],
      expired: [
        'Deze pagina is niet meer geldig',
        'Ze is al gebruikt of stond te lang open. Ga terug en begin opnieuw.',
      ],
      not_found: ['Hier is niets', 'Controleer het adres, of ga terug naar de app en begin opnieuw.'],
      method_not_allowed: ['Deze pagina kan zo niet worden geopend', 'Ga terug naar de app en begin opnieuw.'],
      too_many_requests: ['Te veel verzoeken', 'Wacht even en probeer het dan opnieuw.'],
      server_error: ['Er ging hier iets mis', 'De fout ligt bij ons, niet bij jou. Probeer het zo meteen opnieuw.'],
      identity_provider_failed: [
        'Het inloggen is niet gelukt',
        'De dienst die je wachtwoord kent, antwoordt niet goed. Probeer het zo meteen opnieuw.',
      ],
      temporarily_unavailable: ['We kunnen nu niet antwoorden', 'Probeer het zo meteen opnieuw.'],
      invalid_redirect_uri: [
        'Het is niet veilig dit verzoek van een app te volgen',
        'De app wil je naar een adres sturen dat niet voor haar is geregistreerd. Voor je veiligheid blijf je hier.',
      ],
      invalid_client: [
        'Deze app is hier niet bekend',
        'De app die je hierheen bracht, is niet geregistreerd of is verwijderd.',
      ],
      unauthorized_client: ['Deze app mag je niet inloggen', 'De app mag dit soort verzoeken niet doen.'],
    },
  },
  getStarted: {
    title: 'Maak de eerste beheerder aan',
    lead: 'Deze server is nieuw. Wie deze link heeft, wordt de beheerder; de link werkt één keer.',
    problems: 'Het account is niet aangemaakt. Verbeter wat hieronder is aangegeven.',
    wrongEmail: 'Dat is geen e-mailadres.',
    submit: 'Beheerder aanmaken',
    doneTitle: 'Alles is ingesteld',
    done: (email) =>
      mixed`${email} is nu de beheerder van deze server. Bewaar het wachtwoord op een veilige plek: er is geen tweede link.`,
    secondStep:
      'Alleen een wachtwoord beschermt deze server nu. Stel in je account een passkey of een authenticator-app in.',
    account: 'Je account openen',
    next: 'Bekijk wat je nu kunt doen',
    expiredTitle: 'Deze link is niet meer geldig',
    expired: 'Hij is al gebruikt, verlopen of onvolledig.',
    expiredAdvice:
      'Als nog niemand een account heeft, zoek dan een nieuwere link in het logboek van de server. Heb je er een, log dan in.',
  },
  landing: {
    serverTitle: 'Deze server is om in te loggen',
    server:
      'Apps sturen je hierheen om in te loggen, en daarna keer je ernaar terug. Open de app die je wilt gebruiken.',
    serverAdmin: 'Het beheer van deze server heeft een eigen adres. De beheerders van de server kennen het.',
    login:
      'Beheerders werken met de opdrachtregel: ‘countersign login’ logt je in, met ‘--tenant’ en de id ook als beheerder van een tenant.',
    doctor:
      'Met ‘countersign doctor’ zie je of alles is ingesteld. Met ‘countersign client create --help’ zie je hoe je de eerste app registreert.',
    account:
      'In je account wijzig je je wachtwoord en stel je een passkey of een authenticator-app in. Om dat van elke beheerder te eisen, gebruik je ‘countersign tenant update default --admin-min-aal 2’.',
    docs: 'De documentatie van de API lezen',
  },
}
