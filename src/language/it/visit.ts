// The Italian messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('it')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`Consentire a ${client} di usare il tuo account?`,
    firstParty: (brand) => mixed`Un’app di ${brand}`,
    unverified: 'Non verificata',
    unverifiedText: (brand) =>
      mixed`Chiunque può dare questo nome a un’app. ${brand} non ha controllato chi c’è dietro: consentilo solo se la conosci.`,
    may: (resource) => mixed`Presso ${resource} potrà:`,
    mayAlone: 'Potrà:',
    further: 'E inoltre:',
    nothing: 'Nulla oltre a sapere che hai effettuato l’accesso',
    undescribed: 'Qualcosa che il suo gestore non ha descritto',
    returns: 'Ti riporta a',
    organization: 'Organizzazione',
    app: (scheme) => mixed`un’app su questo dispositivo che apre ${scheme}`,
    device: (host) => mixed`un programma su questo computer, ${host}`,
    deviceText: 'L’app è in esecuzione su questo computer. Consentilo solo se l’hai appena avviata tu.',
    password: 'La tua password non viene mai condivisa con l’app.',
    links: { website: 'Sito web', policy: 'Informativa sulla privacy', terms: 'Termini di servizio' },
    scopes: {
      openid: 'Sapere chi sei',
      profile: 'Vedere il tuo nome e la tua foto',
      email: 'Vedere il tuo indirizzo e-mail',
      address: 'Vedere il tuo indirizzo postale',
      phone: 'Vedere il tuo numero di telefono',
      groups: 'Vedere a quali gruppi appartieni',
      roles: 'Vedere quali ruoli hai',
      organization: 'Vedere l’organizzazione per cui accedi',
      offline_access: 'Mantenere questo accesso in tua assenza, finché non lo revochi',
    },
  },
  organization: {
    title: 'Scegli un’organizzazione',
    lead: (client) => mixed`Usi ${client} per una delle tue organizzazioni alla volta.`,
    foreignTitle: 'Non sei membro',
    foreign: (client) =>
      mixed`Questo account non è membro dell’organizzazione per cui ${client} ti fa accedere. Usa un altro account o chiedi un invito.`,
    none: (client) =>
      mixed`${client} è per membri di organizzazioni, e questo account non è membro di nessuna. Usa un altro account o chiedi un invito.`,
    cancel: 'Annulla',
  },
  external: {
    refusedTitle: 'Non puoi accedere qui',
    refused: (provider) =>
      mixed`L’account a cui è collegato il tuo account ${provider} non può accedere. Rivolgiti a chi gestisce questo servizio.`,
    noAccountTitle: 'Il tuo account non è collegato qui',
    noAccount: (provider) => mixed`Nessuno qui è collegato al tuo account ${provider}.`,
    noAccountAdvice:
      'Se hai un account qui, accedi come prima, poi collega l’altro. In seguito potrai accedere con entrambi.',
    signInAndLink: 'Accedi e collega',
    deniedTitle: 'Nessun accesso effettuato',
    denied: (provider) =>
      mixed`Non hai effettuato l’accesso a ${provider}, oppure è stato rifiutato. Riprova o scegli un altro modo.`,
    failedTitle: 'L’accesso non ha funzionato',
    failed: (provider) =>
      mixed`Qualcosa è andato storto tra questo servizio e ${provider}. Riprova o scegli un altro modo.`,
    takenTitle: 'È già collegato',
    taken: (provider) => mixed`Il tuo account ${provider} è collegato a un altro account qui.`,
    back: 'Indietro',
    help: (id) => mixed`Se chiedi aiuto, indica questo identificativo: ${id}`,
  },
  device: {
    codeTitle: 'Collega un dispositivo',
    enter: 'Inserisci il codice mostrato dal tuo dispositivo o programma.',
    compare: 'Continua solo se il tuo dispositivo o programma mostra esattamente questo codice.',
    code: 'Codice',
    hint: '8 lettere, per esempio WDJB-MJHT',
    unknown: 'Nessun dispositivo attende questo codice. Controlla le lettere o fai mostrare un altro codice.',
    tooMany: (minutes) =>
      plural(minutes, {
        one: 'Troppi codici che nessun dispositivo attende. Riprova tra # minuto.',
        other: 'Troppi codici che nessun dispositivo attende. Riprova tra # minuti.',
      }),
    heading: (client) => mixed`Collegare ${client} al tuo account?`,
    warning:
      'Approva solo se hai appena avviato tu questa operazione, su un dispositivo davanti a te che mostra questo codice. Se qualcuno ti ha inviato il codice o un link a questa pagina, rifiuta: chi ha quel dispositivo userebbe il tuo account.',
    shown: 'Il dispositivo mostra',
    from: 'La richiesta arriva da',
    program: (place, program) => mixed`${place} e si chiama ${program}`,
    unknownPlace: 'un indirizzo sconosciuto',
    when: 'Momento della richiesta',
    moments: 'meno di un minuto fa',
    minutes: (count) => plural(count, { one: '# minuto fa', other: '# minuti fa' }),
    approve: 'Approva',
    approvedTitle: 'Il tuo dispositivo è collegato',
    approved: 'Il dispositivo prosegue tra pochi secondi. Puoi chiudere questa finestra.',
    deniedTitle: 'Il dispositivo è stato rifiutato',
    denied: 'Non ha accesso al tuo account. Puoi chiudere questa finestra.',
  },
  invitation: {
    heading: (organization) => mixed`Unisciti a ${organization}`,
    unnamed: 'un’organizzazione senza nome',
    lead: (organization) => mixed`Hai ricevuto un invito a diventare membro di ${organization}.`,
    invited: 'L’invito è per',
    until: 'È valido fino al',
    wrongAccount: (email) =>
      mixed`Hai effettuato l’accesso come ${email}, ma l’invito è per un altro indirizzo. Usa l’account di quell’indirizzo per accettarlo.`,
    haveAccount: 'Hai un account qui. Inserisci la sua password per accettare.',
    needAccount: 'Non hai ancora un account qui. Scegli una password e verrà creato per te.',
    join: 'Accetta l’invito',
    sign_in: 'Accedi e accetta',
    register: 'Crea l’account e accetta',
    unknownTitle: 'Questo link non porta a nessun invito',
    unknown: 'Forse è incompleto o troppo vecchio. Aprilo di nuovo dal messaggio o copialo per intero.',
    unknownAdvice: 'Se non basta, chiedi un nuovo invito a chi ti ha invitato.',
    acceptedTitle: 'Questo invito è già stato accettato',
    accepted: 'Il suo link funziona una volta. Se sei stato tu, non c’è altro da fare: accedi dove vuoi andare.',
    revokedTitle: 'Questo invito è stato ritirato',
    revoked: 'Il suo link non funziona più. Se pensi che sia un errore, chiedi a chi ti ha invitato.',
    expiredTitle: 'Questo invito è scaduto',
    expired: 'Il suo link non funziona più. Chiedine uno nuovo a chi ti ha invitato.',
    otherWayTitle: 'Accedi prima',
    otherWay:
      'Il tuo account qui non ha una password. Accedi come al solito, poi apri di nuovo il link dell’invito nello stesso browser.',
    memberTitle: (organization) => mixed`Sei membro di ${organization}`,
    member: 'L’invito è accettato. Puoi chiudere questa finestra o accedere dove vuoi andare.',
  },
  error: {
    detail: 'Dettaglio',
    code: 'Codice di errore',
    request: 'Identificativo della richiesta',
    onward: (host) =>
      mixed`L’app vuole riportarti a ${host}. Nessuno ha controllato chi c’è dietro: continua solo se la conosci.`,
    goOn: 'Continua verso l’app',
    support:
      'Se continua a succedere, dillo a chi gestisce l’app o questo servizio, indicando l’identificativo della richiesta.',
    otherTitle: 'Questa richiesta non può essere completata',
    other: 'L’app che ti ha portato qui ha fatto una richiesta che non possiamo accettare.',
    byCode: {
      access_denied: ['Accesso rifiutato', 'Hai effettuato l’accesso, ma non puoi continuare con questa app.'],
      forbidden: ['Questa richiesta è stata rifiutata', 'Torna da dove sei venuto e riprova da lì.'],
      unmet_authentication_requirements: [
        'Non puoi continuare a questo indirizzo',
        'Serve un secondo passaggio, e nessuno dei tuoi funziona qui. Vai dove l’hai configurato o rivolgiti a chi gestisce questo servizio.',
      ],
      expired: [
        'Questa pagina non è più valida',
        'È già stata usata o è rimasta aperta troppo a lungo. Torna indietro e ricomincia.',
      ],
      not_found: ['Qui non c’è nulla', 'Controlla l’indirizzo, oppure torna all’app e ricomincia.'],
      method_not_allowed: ['Questa pagina non si può aprire così', 'Torna all’app e ricomincia.'],
      too_many_requests: ['Troppe richieste', 'Attendi un po’ e riprova.'],
      server_error: ['Qui qualcosa è andato storto', 'L’errore è nostro, non tuo. Riprova tra un momento.'],
      identity_provider_failed: [
        'L’accesso non ha funzionato',
        'Il servizio che conosce la tua password non risponde come dovrebbe. Riprova tra un momento.',
      ],
      temporarily_unavailable: ['In questo momento non possiamo rispondere', 'Riprova tra un momento.'],
      invalid_redirect_uri: [
        'Non è sicuro seguire la richiesta di questa app',
        'L’app chiede di mandarti a un indirizzo che non è registrato per lei. Per la tua sicurezza rimani qui.',
      ],
      invalid_client: [
        'Questa app non è conosciuta qui',
        'L’app che ti ha portato qui non è registrata o è stata rimossa.',
      ],
      unauthorized_client: [
        'Questa app non può farti accedere',
        'L’app non è autorizzata a fare questo tipo di richiesta.',
      ],
    },
  },
  getStarted: {
    title: 'Crea il primo amministratore',
    lead: 'Questo server è nuovo. Chi ha questo link ne diventa l’amministratore; il link funziona una volta.',
    problems: 'L’account non è stato creato. Correggi ciò che è segnalato sotto.',
    wrongEmail: 'Non è un indirizzo e-mail.',
    submit: 'Crea l’amministratore',
    doneTitle: 'È tutto pronto',
    done: (email) =>
      mixed`${email} è ora l’amministratore di questo server. Conserva la password in un luogo sicuro: non c’è un secondo link.`,
    secondStep:
      'Ora solo una password protegge questo server. Configura una passkey o un’app di autenticazione nel tuo account.',
    account: 'Apri il tuo account',
    next: 'Guarda che cosa fare dopo',
    expiredTitle: 'Questo link non è più valido',
    expired: 'È già stato usato, è scaduto o è incompleto.',
    expiredAdvice:
      'Se nessuno ha ancora un account, cerca un link più recente nel log del server. Se ne hai uno, accedi.',
  },
  landing: {
    serverTitle: 'Questo server serve per accedere',
    server: 'Le app ti mandano qui per accedere, e poi torni da loro. Apri l’app che vuoi usare.',
    serverAdmin: 'L’amministrazione di questo server ha un proprio indirizzo. Chi gestisce il server lo conosce.',
    login:
      'Gli amministratori lavorano dalla riga di comando: «countersign login» ti fa accedere, anche come amministratore di un tenant con «--tenant» e il suo identificativo.',
    doctor:
      'Per vedere se tutto è configurato, esegui «countersign doctor». Per registrare la prima app, esegui «countersign client create --help».',
    account:
      'Nel tuo account cambi la password e configuri una passkey o un’app di autenticazione. Per esigerlo da ogni amministratore, esegui «countersign tenant update default --admin-min-aal 2».',
    docs: 'Leggi la documentazione dell’API',
  },
}
