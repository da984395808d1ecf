// The French messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'Consultez votre messagerie',
    deadTitle: 'Ce lien ne fonctionne plus',
    sendMail: 'Envoyer l’e-mail',
    newLink: 'Demander un nouveau lien',
  },
  recovery: {
    title: 'Mot de passe oublié ?',
    lead: 'Saisissez l’adresse de votre compte. Un e-mail avec un lien pour définir un nouveau mot de passe y est envoyé.',
    sent: 'S’il existe un compte avec cette adresse, un e-mail avec un lien est en route. Le lien est valable une heure, et seulement le plus récent.',
    setTitle: 'Définir un nouveau mot de passe',
    setLead: 'Vous serez déconnecté partout.',
    set: 'Définir le mot de passe',
    changedTitle: 'Votre mot de passe est changé',
    changed: 'Vous avez été déconnecté partout. Utilisez désormais le nouveau mot de passe.',
    dead: 'Il fonctionne une seule fois, pendant une heure, et seulement le plus récent. Demandez un nouveau lien pour définir un mot de passe.',
  },
  verification: {
    title: 'Confirmez votre adresse',
    question: (email) => mixed`${email} est-elle l’adresse de votre compte ici ?`,
    yes: 'Oui, c’est la mienne',
    unconfirmed: (email) =>
      mixed`Personne n’a encore confirmé que ${email} est à vous. Un e-mail avec un lien y est envoyé.`,
    tooManyTitle: 'Trop d’e-mails',
    later: 'Réessayez plus tard.',
    sent: (email) =>
      mixed`Un e-mail avec un lien est en route vers ${email}. Le lien est valable un jour, et seulement le plus récent.`,
    doneTitle: 'Votre adresse est confirmée',
    done: (email) => mixed`${email} est confirmée. Vous pouvez fermer cette fenêtre.`,
    dead: 'Il fonctionne une seule fois, pendant un jour, et seulement le plus récent.',
    deadAdvice: 'Pour en demander un nouveau, connectez-vous et ouvrez à nouveau cette page.',
  },
  signUp: {
    title: 'Créer un compte',
    lead: 'Saisissez votre adresse e-mail. Un e-mail avec un lien pour continuer y est envoyé.',
    domains: 'Les comptes sont réservés ici aux adresses de certains domaines.',
    haveAccount: 'Vous avez un compte ? Se connecter',
    sent: 'Un e-mail est en route vers vous. Son lien est valable une heure, et seulement le plus récent. Ouvrez-le dans ce navigateur pour continuer.',
    dead: 'Il fonctionne une seule fois, pendant une heure, et seulement le plus récent. Si vous avez maintenant un compte, connectez-vous là où vous voulez aller.',
    confirmTitle: 'Créez votre compte',
    choose: 'Votre adresse est confirmée. Choisissez un mot de passe.',
    chooseOrMail: 'Votre adresse est confirmée. Choisissez un mot de passe, ou connectez-vous chaque fois par e-mail.',
    create: 'Créer le compte',
    readyTitle: 'Votre compte est créé',
    ready: 'Revenez là où vous vouliez vous connecter, et connectez-vous.',
    refusedTitle: 'Aucun compte n’a été créé',
    already_exists: 'Il existe un compte avec cette adresse, ou avec une adresse qui lui ressemble.',
    limit_reached: 'Aucun autre compte ne peut être créé ici. Adressez-vous aux responsables de ce service.',
  },
}
