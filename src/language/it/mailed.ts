// The Italian messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'Controlla la posta',
    deadTitle: 'Questo link non funziona più',
    sendMail: 'Invia il messaggio',
    newLink: 'Chiedi un nuovo link',
  },
  recovery: {
    title: 'Password dimenticata?',
    lead: 'Inserisci l’indirizzo del tuo account. Gli viene inviato un messaggio con un link per impostare una nuova password.',
    sent: 'Se c’è un account con questo indirizzo, un messaggio con un link è in arrivo. Il link vale un’ora, e solo il più recente.',
    setTitle: 'Imposta una nuova password',
    setLead: 'Uscirai ovunque.',
    set: 'Imposta la password',
    changedTitle: 'La tua password è cambiata',
    changed: 'Sei uscito ovunque. D’ora in poi usa la nuova password.',
    dead: 'Funziona una volta sola, per un’ora, e solo il più recente. Chiedi un nuovo link per impostare una password.',
  },
  verification: {
    title: 'Conferma il tuo indirizzo',
    question: (email) => mixed`${email} è l’indirizzo del tuo account qui?`,
    yes: 'Sì, è il mio',
    unconfirmed: (email) =>
      mixed`Nessuno ha ancora confermato che ${email} è tuo. Gli viene inviato un messaggio con un link.`,
    tooManyTitle: 'Troppi messaggi',
    later: 'Riprova più tardi.',
    sent: (email) =>
      mixed`Un messaggio con un link è in arrivo a ${email}. Il link vale un giorno, e solo il più recente.`,
    doneTitle: 'Il tuo indirizzo è confermato',
    done: (email) => mixed`${email} è confermato. Puoi chiudere questa finestra.`,
    dead: 'Funziona una volta sola, per un giorno, e solo il più recente.',
    deadAdvice: 'Per chiederne uno nuovo, accedi e apri di nuovo questa pagina.',
  },
  signUp: {
    title: 'Crea un account',
    lead: 'Inserisci il tuo indirizzo e-mail. Gli viene inviato un messaggio con un link per continuare.',
    domains: 'Qui gli account sono solo per indirizzi di certi domini.',
    haveAccount: 'Hai un account? Accedi',
    sent: 'Un messaggio è in arrivo. Il suo link vale un’ora, e solo il più recente. Aprilo in questo browser per continuare.',
    dead: 'Funziona una volta sola, per un’ora, e solo il più recente. Se ora hai un account, accedi dove vuoi andare.',
    confirmTitle: 'Crea il tuo account',
    choose: 'Il tuo indirizzo è confermato. Scegli una password.',
    chooseOrMail: 'Il tuo indirizzo è confermato. Scegli una password, oppure accedi ogni volta tramite e-mail.',
    create: 'Crea l’account',
    readyTitle: 'Il tuo account è stato creato',
    ready: 'Torna dove volevi accedere e accedi lì.',
    refusedTitle: 'Nessun account è stato creato',
    already_exists: 'C’è già un account con questo indirizzo o con uno che sembra uguale.',
    limit_reached: 'Qui non si possono creare altri account. Rivolgiti a chi gestisce questo servizio.',
  },
}
