// The French messages of the pages on which people sign in and out.
import type { signInMessages as English } from '../en/sign-in.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('fr')

export const signInMessages: typeof English = {
  layout: {
    skip: 'Aller au contenu',
    footer: 'Sécurisé par Countersign',
    support: 'Aide',
    error: (title) => `Erreur : ${title}`,
    language: 'Langue',
    administration: 'Administration de ce serveur',
    administrationOf: (tenant) => `Administration de ${tenant}`,
  },
  form: {
    email: 'Adresse e-mail',
    password: 'Mot de passe',
    newPassword: 'Nouveau mot de passe',
    newPasswordOptional: 'Nouveau mot de passe (facultatif)',
    nameOptional: 'Nom (facultatif)',
    passwordRule: (length) =>
      `Au moins ${length} caractères. Quelques mots sans lien entre eux sont sûrs et faciles à retenir.`,
    unnamedApp: 'une application sans nom',
    fact: (name, value) => mixed`${name} : ${value}`,
    signedInAs: 'Connecté en tant que',
    addressNeeded: 'Saisissez votre adresse e-mail.',
    signIn: 'Se connecter',
    useAnother: 'Utiliser un autre compte',
    switchAccount: 'Ce n’est pas vous ? Changer de compte',
    allow: 'Autoriser',
    deny: 'Refuser',
    proceed: 'Continuer',
    mailsAnHour: (count) =>
      plural(count, {
        one: 'Une adresse reçoit au plus # e-mail par heure.',
        other: 'Une adresse reçoit au plus # e-mails par heure.',
      }),
    nothingArrived: 'Rien reçu ? Regardez dans le dossier des indésirables et vérifiez l’adresse.',
    emailOrUsername: 'E-mail ou nom d’utilisateur',
    emailOrPhone: 'E-mail ou numéro de téléphone',
    emailUsernameOrPhone: 'E-mail, nom d’utilisateur ou numéro de téléphone',
  },
  password: {
    notText: 'Le mot de passe n’est pas du texte.',
    tooShort: (length) =>
      plural(length, {
        one: 'Le mot de passe a moins de # caractère.',
        other: 'Le mot de passe a moins de # caractères.',
      }),
    tooLong: (length) =>
      plural(length, {
        one: 'Le mot de passe a plus de # caractère.',
        other: 'Le mot de passe a plus de # caractères.',
      }),
    isAddress: 'Le mot de passe est l’adresse e-mail.',
    isCommon: 'Ce mot de passe est l’un des premiers que n’importe qui essaierait.',
    isBreached: 'Ce mot de passe figure dans une fuite de données.',
    noSpecial: 'Le mot de passe doit contenir un caractère qui n’est ni une lettre ni un chiffre.',
    refused: 'Ce mot de passe ne peut pas être utilisé.',
  },
  signIn: {
    title: 'Se connecter',
    confirmTitle: 'Confirmez que c’est bien vous',
    continueTo: (client) => mixed`pour continuer vers ${client}`,
    confirmFor: (client) => mixed`Saisissez à nouveau votre mot de passe pour continuer vers ${client}`,
    confirmAlone: 'Saisissez à nouveau votre mot de passe pour continuer.',
    returnTo: (host) => mixed`Vous reviendrez ensuite à ${host}.`,
    switch: 'Ce n’est pas vous ? Utiliser un autre compte',
    incorrect: 'L’adresse e-mail et le mot de passe ne correspondent pas. Vérifiez-les et réessayez.',
    confirmIncorrect: 'Ce mot de passe est incorrect. Réessayez.',
    incomplete: 'Saisissez votre adresse e-mail et votre mot de passe.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Trop de tentatives. Attendez # seconde, puis réessayez.',
        other: 'Trop de tentatives. Attendez # secondes, puis réessayez.',
      }),
    waitMinutes: (count) =>
      plural(count, {
        one: 'Trop de tentatives. Attendez # minute, puis réessayez.',
        other: 'Trop de tentatives. Attendez # minutes, puis réessayez.',
      }),
    forgot: 'Mot de passe oublié ?',
    register: 'Créer un compte',
    mail: 'Se connecter plutôt par e-mail',
    no_address: 'Saisissez votre adresse e-mail : vous y recevrez un e-mail avec un code et un lien.',
    provider: (name) => mixed`Continuer avec ${name}`,
    passkeyButton: 'Se connecter avec une clé d’accès',
    passkey: 'Cette clé d’accès ne fonctionne pas ici. Essayez-en une autre ou connectez-vous autrement.',
    passkey_stale: 'Cela a pris trop de temps. Réessayez.',
    stale: 'Cette page est restée ouverte trop longtemps. Saisissez à nouveau votre mot de passe.',
  },
  proof: {
    why: 'Pour qu’aucun programme n’essaie des mots de passe, votre navigateur effectue un bref calcul avant l’envoi de ce formulaire.',
    working: 'Calcul en cours. Cela prend environ une seconde.',
    done: 'Le calcul est terminé.',
    missing:
      'Le calcul manquait ou était trop ancien. Attendez qu’il soit terminé, puis envoyez de nouveau le formulaire.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Votre navigateur ne peut pas faire le calcul ? Attendez alors # seconde avant d’envoyer le formulaire.',
        other:
          'Votre navigateur ne peut pas faire le calcul ? Attendez alors # secondes avant d’envoyer le formulaire.',
      }),
  },
  emailSignIn: {
    title: 'Consultez votre messagerie',
    sentTo: (email) =>
      mixed`Si vous pouvez vous connecter avec cette adresse, un e-mail est en route vers elle : ${email}`,
    next: 'Saisissez le code de l’e-mail ou ouvrez son lien dans ce navigateur. Les deux sont valables dix minutes, et seulement ceux du dernier e-mail.',
    code: 'Code',
    missing: 'Rien reçu ? Regardez dans le dossier des indésirables.',
    again: 'Envoyer un autre e-mail',
    other: 'Se connecter autrement',
    incorrect: 'Ce code est incorrect. Saisissez les huit chiffres du dernier e-mail.',
    incomplete: 'Saisissez le code de l’e-mail.',
    over: 'Cet e-mail n’est plus valable. Demandez-en un autre.',
    too_many_attempts: 'Trop de codes erronés : l’e-mail n’est plus valable. Demandez-en un autre.',
    dead: 'Il fonctionne une seule fois, pendant dix minutes, et seulement le plus récent. Revenez là où vous vouliez vous connecter et demandez un autre e-mail.',
    goOnAs: (email) => mixed`Vous continuez en tant que ${email}.`,
    elsewhereTitle: 'Continuez là où vous avez commencé',
    elsewhere:
      'Le lien ne fonctionne que dans le navigateur où vous avez commencé à vous connecter. Saisissez-y le code de l’e-mail.',
    askedFrom: (ip) => mixed`L’e-mail a été demandé depuis ${ip}.`,
    warning: 'Si vous n’avez pas commencé à vous connecter, fermez cette page et ne donnez le code à personne.',
  },
  flow: {
    refusedTitle: 'Vous ne pouvez pas vous connecter maintenant',
    refused: 'Une règle de ce service ne vous laisse pas entrer.',
    failed: 'Ce qui doit être consulté avant votre connexion n’a pas répondu correctement. Réessayez plus tard.',
    noFactor:
      'Ici, la connexion exige une seconde étape, et votre compte n’en a pas. Adressez-vous à ceux qui gèrent ce service.',
    weakPassword: 'Votre mot de passe est trop faible pour ce service. Choisissez-en un nouveau.',
    newPassword: 'Choisir un nouveau mot de passe',
    waitTitle: 'Un instant',
    wait: 'Vous continuez dans quelques secondes.',
    leave: (h) => mixed`Vous continuez sur ${h}, puis vous revenez ici.`,
  },
  secondFactor: {
    title: 'Confirmez que c’est bien vous',
    noScript: 'Les clés d’accès ont besoin de JavaScript. Activez-le pour cette page ou choisissez un autre moyen.',
    stale: 'Cela a pris trop de temps. Réessayez.',
    remember: (days) =>
      plural(days, {
        one: 'Ne plus demander dans ce navigateur pendant # jour',
        other: 'Ne plus demander dans ce navigateur pendant # jours',
      }),
    passkey: {
      lead: 'Utilisez l’une de vos clés d’accès pour continuer.',
      label: 'Utiliser une clé d’accès',
      choose: 'Utiliser une clé d’accès',
      incorrect: 'Cette clé d’accès ne fonctionne pas ici. Réessayez ou choisissez un autre moyen.',
      incomplete: 'Utilisez l’une de vos clés d’accès.',
    },
    totp: {
      lead: 'Saisissez le code que votre application d’authentification affiche pour ce compte.',
      label: 'Code',
      choose: 'Utiliser votre application d’authentification',
      incorrect: 'Ce code est incorrect ou a déjà été utilisé. Saisissez le code que l’application affiche maintenant.',
      incomplete: 'Saisissez les six chiffres que l’application affiche.',
    },
    sms: {
      lead: 'Recevez un code par SMS, puis saisissez-le ici.',
      label: 'Code du SMS',
      choose: 'Recevoir un code par SMS',
      incorrect:
        'Ce code n’est pas correct ou n’est plus valable. Saisissez le code du message le plus récent, ou demandez-en un autre.',
      incomplete: 'Saisissez les six chiffres du message.',
      send: (phone) => mixed`Envoyer un code au ${phone}`,
      sendAgain: (phone) => mixed`Envoyer un autre code au ${phone}`,
      sent: (phone) => mixed`Un code est en route vers le ${phone}. Il est valable cinq minutes.`,
      tooMany: 'Trop de codes ont été envoyés. Réessayez plus tard, ou choisissez un autre moyen.',
      notSent: 'Aucun message n’est envoyé à ce numéro. Choisissez un autre moyen.',
    },
    recovery_code: {
      lead: 'Saisissez l’un des codes de secours que vous avez enregistrés. Chacun fonctionne une fois.',
      label: 'Code de secours',
      choose: 'Utiliser un code de secours',
      incorrect: 'Ce code de secours est incorrect ou a déjà été utilisé.',
      incomplete: 'Saisissez l’un de vos codes de secours.',
    },
  },
  enrolment: {
    title: 'Configurer une application d’authentification',
    lead: 'Une deuxième étape est nécessaire pour continuer. Scannez le code QR avec une application d’authentification, puis saisissez le code qu’elle affiche.',
    accountTitle: 'Ajoutez une deuxième étape à votre compte',
    picture: 'Code QR pour votre application d’authentification',
    cannotScan:
      'Impossible de le scanner ? Ajoutez un compte dans l’application avec cette clé, avec des codes à durée limitée :',
    account: 'Compte',
    code: 'Code de l’application',
    incomplete: 'Saisissez les six chiffres que l’application affiche.',
    incorrect:
      'Ce code est incorrect. Vérifiez que l’horloge de votre appareil est à l’heure et saisissez le code que l’application affiche maintenant.',
    codesTitle: 'Enregistrez vos codes de secours',
    codesLead:
      'Si vous perdez votre appareil, chacun de ces codes vous sert de deuxième étape, une fois. Ils ne seront plus affichés.',
    codesHint: 'Imprimez-les ou conservez-les dans un gestionnaire de mots de passe.',
    saved: 'J’ai enregistré les codes',
    passkeyFailed: 'Cela n’a pas fonctionné. Réessayez ou choisissez un autre moyen.',
  },
  paywall: {
    title: 'Offre supérieure requise',
    lead: (tier: string) =>
      `Cette partie de l’application est réservée à l’offre « ${tier} ». Votre compte n’en fait pas partie.`,
    upgrade: 'Voir comment passer à cette offre',
    back: 'Retour',
  },
  signOut: {
    confirmTitle: 'Se déconnecter ?',
    asks: (client) => mixed`${client} demande à vous déconnecter.`,
    everywhere: (brand) => mixed`Vous serez déconnecté de ${brand} dans ce navigateur.`,
    signOut: 'Se déconnecter',
    stay: 'Rester connecté',
    stayedTitle: 'Vous êtes toujours connecté',
    stayed: 'Rien n’a été modifié. Vous pouvez fermer cette fenêtre.',
    doneTitle: 'Vous êtes déconnecté',
    done: 'Vous pouvez fermer cette fenêtre.',
    shared: 'Sur un ordinateur partagé, fermez aussi le navigateur.',
    continueTo: (name) => mixed`Continuer vers ${name}`,
    waitTitle: 'Déconnexion en cours',
    waited: 'Vous êtes déconnecté.',
  },
}
