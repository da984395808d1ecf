// The French messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: 'Compte',
    askedFrom: 'Demandé depuis',
    validUntil: 'Valable jusqu’au',
    changedAt: 'Modifié',
    name: 'Nom',
    code: 'Code',
    browser: 'Navigateur',
    address: 'Adresse',
    signedIn: 'Connexion',
    alone: 'Le lien est pour vous seul et fonctionne une seule fois. Ne le transmettez pas.',
    nothingToDo: 'Si c’était vous, il n’y a rien à faire.',
    notYou: 'Ce n’était pas vous ? Définir un nouveau mot de passe',
  },
  recoveryMail: {
    title: 'Définir un nouveau mot de passe',
    sentence: 'Quelqu’un a demandé à définir un nouveau mot de passe pour votre compte.',
    closing: 'Si ce n’était pas vous, ne faites rien : votre mot de passe reste tel quel.',
  },
  verificationMail: {
    title: 'Confirmez votre adresse e-mail',
    sentence: 'Veuillez confirmer que cette adresse est la vôtre.',
    action: 'Confirmer l’adresse',
    closing: 'Si vous n’y avez pas de compte, ne faites rien.',
  },
  registrationMail: {
    title: 'Créez votre compte',
    sentence: 'Quelqu’un a commencé à créer un compte avec cette adresse.',
    action: 'Continuer',
    closing: 'Si ce n’était pas vous, ne faites rien : sans le lien, aucun compte n’est créé.',
  },
  signInMail: {
    title: 'Se connecter',
    sentence:
      'Saisissez le code sur la page où vous avez commencé à vous connecter. Ou ouvrez le lien dans le même navigateur.',
    alone:
      'Le code et le lien sont pour vous seul, et l’un des deux fonctionne, une seule fois. Ne donnez le code à personne : nous ne le demandons jamais.',
    closing: 'Si ce n’était pas vous, ne faites rien : personne ne se connecte sans le code ou le lien.',
  },
  accountExistsMail: {
    title: 'Vous avez un compte',
    sentence:
      'Quelqu’un a commencé à créer un compte avec cette adresse, mais il en existe un. Connectez-vous avec lui là où vous voulez aller.',
    action: 'Mot de passe oublié ? En définir un nouveau',
    closing: 'Si ce n’était pas vous, ne faites rien.',
  },
  passwordChangedMail: {
    title: 'Votre mot de passe a été changé',
    sentence: 'Le mot de passe de votre compte a été changé, et vous avez été déconnecté partout.',
    sentenceKeptOne: 'Le mot de passe de votre compte a été changé, et vous avez été déconnecté partout ailleurs.',
    removedTitle: 'Votre mot de passe a été supprimé',
    removed: 'Le mot de passe de votre compte a été supprimé, et vous avez été déconnecté partout ailleurs.',
  },
  addressChangedMail: {
    title: 'L’adresse de votre compte a été changée',
    former:
      'Un administrateur a donné une autre adresse à votre compte. Vous vous connectez maintenant avec elle, et les e-mails y sont envoyés.',
    present:
      'Un administrateur a donné cette adresse à un compte. Son titulaire se connecte maintenant avec elle, et les e-mails arrivent ici.',
    advice: 'Si vous n’en savez rien, signalez-le aux responsables de ce service.',
    formerAddress: 'Ancienne adresse',
  },
  accountDeletedMail: {
    title: 'Votre compte a été supprimé',
    sentence: 'Votre compte a été supprimé depuis sa propre page, et vous avez été déconnecté partout.',
    advice: 'Si ce n’était pas vous, prévenez immédiatement les responsables de ce service.',
    action: 'Aller au service',
  },
  sms: {
    code: (code, realm) => `${code} est votre code pour ${realm}. Ne le donnez à personne.`,
    test: (realm) => `Ceci est un message d’essai de ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'Une clé d’accès a été ajoutée',
      'Une clé d’accès a été ajoutée à votre compte. Qui la détient peut se connecter à votre place.',
    ],
    passkey_removed: ['Une clé d’accès a été supprimée', 'Une clé d’accès de votre compte a été supprimée.'],
    app_added: [
      'Une application d’authentification a été ajoutée',
      'Une application d’authentification a été ajoutée à votre compte. Qui la détient connaît les codes de votre deuxième étape.',
    ],
    app_removed: [
      'Une application d’authentification a été supprimée',
      'Une application d’authentification de votre compte a été supprimée.',
    ],
    phone_added: [
      'Un téléphone a été ajouté',
      'Un numéro de téléphone a été ajouté à votre compte. Qui détient le téléphone reçoit les codes de votre deuxième étape.',
    ],
    phone_removed: ['Un téléphone a été supprimé', 'Un numéro de téléphone de votre compte a été supprimé.'],
    codes_renewed: [
      'Vos codes de secours ont été remplacés',
      'De nouveaux codes de secours ont été créés pour votre compte. Les anciens ne fonctionnent plus.',
    ],
    all_removed: [
      'Vos deuxièmes facteurs ont été supprimés',
      'Un administrateur a supprimé toutes les clés d’accès, applications d’authentification et codes de secours de votre compte, et vous avez été déconnecté partout.',
    ],
    account_linked: [
      'Un compte a été lié',
      'Un compte d’un autre service a été lié à votre compte. Qui le détient peut se connecter à votre place.',
    ],
    account_unlinked: [
      'Un compte a été dissocié',
      'Un compte d’un autre service a été dissocié de votre compte. Il ne permet plus à personne de se connecter.',
    ],
    all: 'Tous',
    advice:
      'Si c’était vous, il n’y a rien à faire. Sinon, définissez un nouveau mot de passe, puis supprimez de votre compte ce que vous ne connaissez pas. Si vous ne pouvez plus vous connecter, signalez-le aux responsables de ce service.',
    action: 'Voir vos moyens de connexion',
  },
  newBrowserMail: {
    title: 'Connexion depuis un nouveau navigateur',
    sentence:
      'Quelqu’un s’est connecté à votre compte dans un navigateur qui n’est pas connu pour lui. Un navigateur est connu pendant un an, et jusqu’à ce que le mot de passe change.',
    advice:
      'Si c’était vous, il n’y a rien à faire. Sinon, définissez un nouveau mot de passe, ce qui met fin à toutes les sessions, et retirez de votre compte ce que vous ne connaissez pas.',
    action: 'Voir où vous êtes connecté',
  },
  approvalMail: {
    title: 'Une application demande votre approbation',
    sentence: (client) =>
      mixed`${client} vous demande d’approuver quelque chose. Regardez de quoi il s’agit, et n’approuvez que si vous vous y attendez.`,
    sentenceUnnamed:
      'Une application vous demande d’approuver quelque chose. Regardez de quoi il s’agit, et n’approuvez que si vous vous y attendez.',
    decideBefore: 'À décider avant le',
    action: 'Voir la demande',
    closing: 'Si vous ne vous y attendez pas, refusez-la sur la page, ou ne faites rien.',
  },
  invitationMail: {
    subject: 'Invitation à rejoindre une organisation',
    subjectOf: (organization, realm) => mixed`Invitation à rejoindre ${organization} – ${realm}`,
    heading: (organization, realm) => mixed`Rejoindre ${organization} – ${realm}`,
    sentence: (organization) => mixed`Vous êtes invité à devenir membre de ${organization}.`,
    organization: 'Organisation',
    inviter: 'Invité par',
    role: 'Votre rôle',
    action: 'Accepter l’invitation',
    alone: 'Le lien est pour vous seul et fonctionne une seule fois. Ne le transmettez pas.',
    closing: 'Si vous ne vous y attendiez pas, ne faites rien : personne ne devient membre sans suivre le lien.',
  },
}
