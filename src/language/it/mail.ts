// The Italian messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: 'Account',
    askedFrom: 'Richiesto da',
    validUntil: 'Valido fino al',
    changedAt: 'Modificato',
    name: 'Nome',
    code: 'Codice',
    browser: 'Browser',
    address: 'Indirizzo',
    signedIn: 'Accesso',
    alone: 'Il link è solo per te e funziona una volta. Non inoltrarlo.',
    nothingToDo: 'Se sei stato tu, non devi fare nulla.',
    notYou: 'Non sei stato tu? Imposta una nuova password',
  },
  recoveryMail: {
    title: 'Imposta una nuova password',
    sentence: 'Qualcuno ha chiesto di impostare una nuova password per il tuo account.',
    closing: 'Se non sei stato tu, non fare nulla: la tua password rimane com’è.',
  },
  verificationMail: {
    title: 'Conferma il tuo indirizzo e-mail',
    sentence: 'Conferma che questo indirizzo è tuo.',
    action: 'Conferma l’indirizzo',
    closing: 'Se non hai un account lì, non fare nulla.',
  },
  registrationMail: {
    title: 'Crea il tuo account',
    sentence: 'Qualcuno ha iniziato a creare un account con questo indirizzo.',
    action: 'Continua',
    closing: 'Se non sei stato tu, non fare nulla: senza il link non viene creato nessun account.',
  },
  signInMail: {
    title: 'Accedi',
    sentence:
      'Inserisci il codice nella pagina in cui hai iniziato l’accesso. Oppure apri il link nello stesso browser.',
    alone:
      'Il codice e il link sono solo per te, e uno dei due funziona, una volta. Non dire il codice a nessuno: non lo chiediamo mai.',
    closing: 'Se non sei stato tu, non fare nulla: nessuno accede senza il codice o il link.',
  },
  accountExistsMail: {
    title: 'Hai già un account',
    sentence:
      'Qualcuno ha iniziato a creare un account con questo indirizzo, ma ne esiste già uno. Usalo per accedere dove vuoi andare.',
    action: 'Password dimenticata? Impostane una nuova',
    closing: 'Se non sei stato tu, non fare nulla.',
  },
  passwordChangedMail: {
    title: 'La tua password è stata cambiata',
    sentence: 'La password del tuo account è stata cambiata e sei uscito ovunque.',
    sentenceKeptOne: 'La password del tuo account è stata cambiata e sei uscito in tutti gli altri posti.',
    removedTitle: 'La tua password è stata rimossa',
    removed: 'La password del tuo account è stata rimossa e sei uscito in tutti gli altri posti.',
  },
  addressChangedMail: {
    title: 'L’indirizzo del tuo account è stato cambiato',
    former:
      'Un amministratore ha dato un altro indirizzo al tuo account. Ora accedi con quello, e i messaggi vengono inviati lì.',
    present:
      'Un amministratore ha dato questo indirizzo a un account. Il suo titolare ora accede con questo, e i messaggi arrivano qui.',
    advice: 'Se non ne sai nulla, dillo a chi gestisce questo servizio.',
    formerAddress: 'Indirizzo precedente',
  },
  accountDeletedMail: {
    title: 'Il tuo account è stato eliminato',
    sentence: 'Il tuo account è stato eliminato dalla sua pagina, e sei stato disconnesso ovunque.',
    advice: 'Se non sei stato tu, avvisa subito chi gestisce questo servizio.',
    action: 'Vai al servizio',
  },
  sms: {
    code: (code, realm) => `${code} è il tuo codice per ${realm}. Non dirlo a nessuno.`,
    test: (realm) => `Questo è un messaggio di prova di ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'È stata aggiunta una passkey',
      'È stata aggiunta una passkey al tuo account. Chi ce l’ha può accedere al posto tuo.',
    ],
    passkey_removed: ['È stata rimossa una passkey', 'È stata rimossa una passkey del tuo account.'],
    app_added: [
      'È stata aggiunta un’app di autenticazione',
      'È stata aggiunta un’app di autenticazione al tuo account. Chi ce l’ha conosce i codici del tuo secondo passaggio.',
    ],
    app_removed: [
      'È stata rimossa un’app di autenticazione',
      'È stata rimossa un’app di autenticazione del tuo account.',
    ],
    phone_added: [
      'È stato aggiunto un telefono',
      'È stato aggiunto un numero di telefono al tuo account. Chi ha il telefono riceve i codici del tuo secondo passaggio.',
    ],
    phone_removed: ['È stato rimosso un telefono', 'È stato rimosso un numero di telefono del tuo account.'],
    codes_renewed: [
      'I tuoi codici di recupero sono stati sostituiti',
      'Sono stati creati nuovi codici di recupero per il tuo account. I precedenti non funzionano più.',
    ],
    all_removed: [
      'I tuoi secondi fattori sono stati rimossi',
      'Un amministratore ha rimosso tutte le passkey, le app di autenticazione e i codici di recupero del tuo account, e sei uscito ovunque.',
    ],
    account_linked: [
      'È stato collegato un account',
      'Un account di un altro servizio è stato collegato al tuo account. Chi ce l’ha può accedere al posto tuo.',
    ],
    account_unlinked: [
      'È stato scollegato un account',
      'Un account di un altro servizio è stato scollegato dal tuo account. Nessuno può più usarlo per accedere.',
    ],
    all: 'Tutti',
    advice:
      'Se sei stato tu, non devi fare nulla. Se non sei stato tu, imposta una nuova password, poi rimuovi dal tuo account ciò che non riconosci. Se non riesci più ad accedere, dillo a chi gestisce questo servizio.',
    action: 'Guarda con che cosa accedi',
  },
  newBrowserMail: {
    title: 'Accesso da un nuovo browser',
    sentence:
      'Qualcuno ha effettuato l’accesso al tuo account in un browser che non è conosciuto. Un browser è conosciuto per un anno, e finché la password non cambia.',
    advice:
      'Se sei stato tu, non devi fare nulla. Se non sei stato tu, imposta una nuova password, il che termina tutte le sessioni, e rimuovi dal tuo account ciò che non conosci.',
    action: 'Guarda dove hai effettuato l’accesso',
  },
  approvalMail: {
    title: 'Un’app chiede la tua approvazione',
    sentence: (client) =>
      mixed`${client} ti chiede di approvare qualcosa. Guarda di che cosa si tratta e approva solo se te lo aspetti.`,
    sentenceUnnamed:
      'Un’app ti chiede di approvare qualcosa. Guarda di che cosa si tratta e approva solo se te lo aspetti.',
    decideBefore: 'Decidi entro il',
    action: 'Guarda la richiesta',
    closing: 'Se non te la aspetti, rifiutala lì o non fare nulla.',
  },
  invitationMail: {
    subject: 'Invito a un’organizzazione',
    subjectOf: (organization, realm) => mixed`Invito a ${organization} – ${realm}`,
    heading: (organization, realm) => mixed`Unisciti a ${organization} – ${realm}`,
    sentence: (organization) => mixed`Hai ricevuto un invito a diventare membro di ${organization}.`,
    organization: 'Organizzazione',
    inviter: 'Invitato da',
    role: 'Il tuo ruolo',
    action: 'Accetta l’invito',
    alone: 'Il link è solo per te e funziona una volta. Non inoltrarlo.',
    closing: 'Se non te lo aspettavi, non fare nulla: nessuno diventa membro senza seguire il link.',
  },
}
