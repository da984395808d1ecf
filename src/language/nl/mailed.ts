// The Dutch messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'Kijk in je mailbox',
    deadTitle: 'Deze link werkt niet meer',
    sendMail: 'E-mail sturen',
    newLink: 'Nieuwe link aanvragen',
  },
  recovery: {
    title: 'Wachtwoord vergeten?',
    lead: 'Vul het adres van je account in. Er wordt een e-mail met een link naartoe gestuurd om een nieuw wachtwoord in te stellen.',
    sent: 'Als er een account met dit adres is, is een e-mail met een link onderweg. De link is een uur geldig, en alleen de nieuwste.',
    setTitle: 'Stel een nieuw wachtwoord in',
    setLead: 'Je wordt overal uitgelogd.',
    set: 'Wachtwoord instellen',
    changedTitle: 'Je wachtwoord is gewijzigd',
    changed: 'Je bent overal uitgelogd. Gebruik vanaf nu het nieuwe wachtwoord.',
    dead: 'Hij werkt één keer, een uur lang, en alleen de nieuwste. Vraag een nieuwe link aan om een wachtwoord in te stellen.',
  },
  verification: {
    title: 'Bevestig je adres',
    question: (email) => mixed`Is ${email} het adres van je account hier?`,
    yes: 'Ja, het is van mij',
    unconfirmed: (email) =>
      mixed`Nog niemand heeft bevestigd dat ${email} van jou is. Er wordt een e-mail met een link naartoe gestuurd.`,
    tooManyTitle: 'Te veel e-mails',
    later: 'Probeer het later opnieuw.',
    sent: (email) =>
      mixed`Een e-mail met een link is onderweg naar ${email}. De link is een dag geldig, en alleen de nieuwste.`,
    doneTitle: 'Je adres is bevestigd',
    done: (email) => mixed`${email} is bevestigd. Je kunt dit venster nu sluiten.`,
    dead: 'Hij werkt één keer, een dag lang, en alleen de nieuwste.',
    deadAdvice: 'Log in en open deze pagina opnieuw om een nieuwe aan te vragen.',
  },
  signUp: {
    title: 'Account aanmaken',
    lead: 'Vul je e-mailadres in. Er wordt een e-mail met een link naartoe gestuurd om verder te gaan.',
    domains: 'Accounts zijn hier alleen voor adressen van bepaalde domeinen.',
    haveAccount: 'Heb je een account? Log in',
    sent: 'Er is een e-mail naar je onderweg. De link is een uur geldig, en alleen de nieuwste. Open hem in deze browser om verder te gaan.',
    dead: 'Hij werkt één keer, een uur lang, en alleen de nieuwste. Heb je intussen een account, log dan in waar je naartoe wilt.',
    confirmTitle: 'Maak je account aan',
    choose: 'Je adres is bevestigd. Kies een wachtwoord.',
    chooseOrMail: 'Je adres is bevestigd. Kies een wachtwoord of log elke keer per e-mail in.',
    create: 'Account aanmaken',
    readyTitle: 'Je account is aangemaakt',
    ready: 'Ga terug naar waar je wilde inloggen en log daar in.',
    refusedTitle: 'Er is geen account aangemaakt',
    already_exists: 'Er is een account met dit adres of met een adres dat er hetzelfde uitziet.',
    limit_reached: 'Er kunnen hier geen accounts meer worden aangemaakt. Vraag het de beheerders van deze dienst.',
  },
}
