// The Italian messages of the pages on which people sign in and out.
import type { signInMessages as English } from '../en/sign-in.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('it')

export const signInMessages: typeof English = {
  layout: {
    skip: 'Vai al contenuto',
    footer: 'Protetto da Countersign',
    error: (title) => `Errore: ${title}`,
    language: 'Lingua',
    administration: 'Amministrazione di questo server',
    administrationOf: (tenant) => `Amministrazione di ${tenant}`,
  },
  form: {
    email: 'Indirizzo e-mail',
    password: 'Password',
    newPassword: 'Nuova password',
    newPasswordOptional: 'Nuova password (facoltativa)',
    nameOptional: 'Nome (facoltativo)',
    passwordRule: (length) =>
      `Almeno ${length} caratteri. Alcune parole senza legame tra loro sono sicure e facili da ricordare.`,
    unnamedApp: 'un’app senza nome',
    fact: (name, value) => mixed`${name}: ${value}`,
    signedInAs: 'Accesso effettuato come',
    addressNeeded: 'Inserisci il tuo indirizzo e-mail.',
    signIn: 'Accedi',
    useAnother: 'Usa un altro account',
    switchAccount: 'Non sei tu? Cambia account',
    allow: 'Consenti',
    deny: 'Rifiuta',
    proceed: 'Continua',
    mailsAnHour: (count) =>
      plural(count, {
        one: 'Un indirizzo riceve al massimo # e-mail all’ora.',
        other: 'Un indirizzo riceve al massimo # e-mail all’ora.',
      }),
    nothingArrived: 'Non è arrivato nulla? Guarda nella cartella della posta indesiderata e controlla l’indirizzo.',
  },
  password: {
    notText: 'La password non è testo.',
    tooShort: (length) =>
      plural(length, {
        one: 'La password ha meno di # carattere.',
        other: 'La password ha meno di # caratteri.',
      }),
    tooLong: (length) =>
      plural(length, { one: 'La password ha più di # carattere.', other: 'La password ha più di # caratteri.' }),
    isAddress: 'La password è l’indirizzo e-mail.',
    isCommon: 'Questa password è una delle prime che chiunque proverebbe.',
    isBreached: 'Questa password compare in una fuga di dati.',
    refused: 'Questa password non può essere usata.',
  },
  signIn: {
    title: 'Accedi',
    confirmTitle: 'Conferma la tua identità',
    continueTo: (client) => mixed`per continuare su ${client}`,
    confirmFor: (client) => mixed`Inserisci di nuovo la password per continuare su ${client}`,
    confirmAlone: 'Inserisci di nuovo la password per continuare.',
    returnTo: (host) => mixed`Poi tornerai a ${host}.`,
    switch: 'Non sei tu? Usa un altro account',
    incorrect: 'L’indirizzo e-mail e la password non corrispondono. Controllali e riprova.',
    confirmIncorrect: 'La password non è corretta. Riprova.',
    incomplete: 'Inserisci il tuo indirizzo e-mail e la password.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Troppi tentativi. Attendi # secondo e riprova.',
        other: 'Troppi tentativi. Attendi # secondi e riprova.',
      }),
    waitMinutes: (count) =>
      plural(count, {
        one: 'Troppi tentativi. Attendi # minuto e riprova.',
        other: 'Troppi tentativi. Attendi # minuti e riprova.',
      }),
    forgot: 'Password dimenticata?',
    register: 'Crea un account',
    mail: 'Accedi invece tramite e-mail',
    no_address: 'Inserisci il tuo indirizzo e-mail: riceverai un messaggio con un codice e un link.',
    provider: (name) => mixed`Continua con ${name}`,
    passkeyButton: 'Accedi con una passkey',
    passkey: 'Questa passkey non funziona qui. Provane un’altra o accedi in un altro modo.',
    passkey_stale: 'Ci è voluto troppo tempo. Riprova.',
    stale: 'Questa pagina è rimasta aperta troppo a lungo. Inserisci di nuovo la password.',
  },
  emailSignIn: {
    title: 'Controlla la posta',
    sentTo: (email) => mixed`Se puoi accedere con questo indirizzo, un messaggio è in arrivo: ${email}`,
    next: 'Inserisci il codice del messaggio o apri il suo link in questo browser. Entrambi valgono dieci minuti, e solo quelli del messaggio più recente.',
    code: 'Codice',
    missing: 'Non è arrivato nulla? Guarda nella cartella della posta indesiderata.',
    again: 'Invia un altro messaggio',
    other: 'Accedi in un altro modo',
    incorrect: 'Il codice non è corretto. Inserisci le otto cifre del messaggio più recente.',
    incomplete: 'Inserisci il codice del messaggio.',
    over: 'Quel messaggio non vale più. Chiedine un altro.',
    too_many_attempts: 'Troppi codici sbagliati: il messaggio non vale più. Chiedine un altro.',
    dead: 'Funziona una volta sola, per dieci minuti, e solo il più recente. Torna dove volevi accedere e chiedi un altro messaggio.',
    goOnAs: (email) => mixed`Continui come ${email}.`,
    elsewhereTitle: 'Continua dove hai iniziato',
    elsewhere: 'Il link funziona solo nel browser in cui hai iniziato l’accesso. Inserisci lì il codice del messaggio.',
    askedFrom: (ip) => mixed`Il messaggio è stato richiesto da ${ip}.`,
    warning: 'Se non hai iniziato un accesso, chiudi questa pagina e non dire il codice a nessuno.',
  },
  secondFactor: {
    title: 'Conferma la tua identità',
    noScript: 'Le passkey hanno bisogno di JavaScript. Attivalo per questa pagina o scegli un altro modo.',
    stale: 'Ci è voluto troppo tempo. Riprova.',
    remember: (days) =>
      plural(days, {
        one: 'Non chiedere più in questo browser per # giorno',
        other: 'Non chiedere più in questo browser per # giorni',
      }),
    passkey: {
      lead: 'Usa una delle tue passkey per continuare.',
      label: 'Usa una passkey',
      choose: 'Usa una passkey',
      incorrect: 'Questa passkey non funziona qui. Riprova o scegli un altro modo.',
      incomplete: 'Usa una delle tue passkey.',
    },
    totp: {
      lead: 'Inserisci il codice che la tua app di autenticazione mostra per questo account.',
      label: 'Codice',
      choose: 'Usa la tua app di autenticazione',
      incorrect: 'Il codice non è corretto o è già stato usato. Inserisci il codice che l’app mostra ora.',
      incomplete: 'Inserisci le sei cifre che l’app mostra.',
    },
    recovery_code: {
      lead: 'Inserisci uno dei codici di recupero che hai salvato. Ognuno funziona una volta.',
      label: 'Codice di recupero',
      choose: 'Usa un codice di recupero',
      incorrect: 'Il codice di recupero non è corretto o è già stato usato.',
      incomplete: 'Inserisci uno dei tuoi codici di recupero.',
    },
  },
  enrolment: {
    title: 'Configura un’app di autenticazione',
    lead: 'Per continuare serve un secondo passaggio. Scansiona il codice QR con un’app di autenticazione, poi inserisci il codice che mostra.',
    accountTitle: 'Aggiungi un secondo passaggio al tuo account',
    picture: 'Codice QR per la tua app di autenticazione',
    cannotScan: 'Non riesci a scansionarlo? Aggiungi un account nell’app con questa chiave, con codici a tempo:',
    account: 'Account',
    code: 'Codice dell’app',
    incomplete: 'Inserisci le sei cifre che l’app mostra.',
    incorrect:
      'Il codice non è corretto. Controlla che l’orologio del dispositivo sia giusto e inserisci il codice che l’app mostra ora.',
    codesTitle: 'Salva i tuoi codici di recupero',
    codesLead:
      'Se perdi il dispositivo, ognuno di questi codici vale come secondo passaggio, una volta. Non verranno più mostrati.',
    codesHint: 'Stampali o conservali in un gestore di password.',
    saved: 'Ho salvato i codici',
    passkeyFailed: 'Non ha funzionato. Riprova o scegli un altro modo.',
  },
  signOut: {
    confirmTitle: 'Vuoi uscire?',
    asks: (client) => mixed`${client} chiede di farti uscire.`,
    everywhere: (brand) => mixed`Uscirai da ${brand} in questo browser.`,
    signOut: 'Esci',
    stay: 'Rimani connesso',
    stayedTitle: 'Sei ancora connesso',
    stayed: 'Non è stato cambiato nulla. Puoi chiudere questa finestra.',
    doneTitle: 'Sei uscito',
    done: 'Puoi chiudere questa finestra.',
    shared: 'Su un computer condiviso, chiudi anche il browser.',
    continueTo: (name) => mixed`Continua su ${name}`,
    waitTitle: 'Uscita in corso',
    waited: 'Sei uscito.',
  },
}
