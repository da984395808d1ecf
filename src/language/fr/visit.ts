// The French messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('fr')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`Autoriser ${client} à utiliser votre compte ?`,
    firstParty: (brand) => mixed`Une application de ${brand}`,
    unverified: 'Non vérifiée',
    unverifiedText: (brand) =>
      mixed`N’importe qui peut donner ce nom à une application. ${brand} n’a pas vérifié qui est derrière : ne l’autorisez que si vous la connaissez.`,
    may: (resource) => mixed`Auprès de ${resource}, elle pourra :`,
    mayAlone: 'Elle pourra :',
    further: 'Et aussi :',
    nothing: 'Rien d’autre que savoir que vous vous êtes connecté',
    undescribed: 'Quelque chose que son exploitant n’a pas décrit',
    returns: 'Vous ramène à',
    organization: 'Organisation',
    app: (scheme) => mixed`une application de cet appareil qui ouvre ${scheme}`,
    device: (host) => mixed`un programme de cet ordinateur, ${host}`,
    deviceText: 'L’application s’exécute sur cet ordinateur. Ne l’autorisez que si vous venez de la lancer vous-même.',
    password: 'Votre mot de passe n’est jamais communiqué à l’application.',
    links: { website: 'Site web', policy: 'Politique de confidentialité', terms: 'Conditions d’utilisation' },
    scopes: {
      openid: 'Savoir qui vous êtes',
      profile: 'Voir votre nom et votre photo',
      email: 'Voir votre adresse e-mail',
      address: 'Voir votre adresse postale',
      phone: 'Voir votre numéro de téléphone',
      groups: 'Voir à quels groupes vous appartenez',
      roles: 'Voir vos rôles',
      organization: 'Voir l’organisation pour laquelle vous vous connectez',
      offline_access: 'Garder cet accès en votre absence, jusqu’à ce que vous le retiriez',
    },
  },
  organization: {
    title: 'Choisir une organisation',
    lead: (client) => mixed`Vous utilisez ${client} pour une seule de vos organisations à la fois.`,
    foreignTitle: 'Vous n’êtes pas membre',
    foreign: (client) =>
      mixed`Ce compte n’est pas membre de l’organisation pour laquelle ${client} vous connecte. Utilisez un autre compte ou demandez une invitation.`,
    none: (client) =>
      mixed`${client} est réservé aux membres d’organisations, et ce compte n’est membre d’aucune. Utilisez un autre compte ou demandez une invitation.`,
    cancel: 'Annuler',
  },
  external: {
    refusedTitle: 'Vous ne pouvez pas vous connecter ici',
    refused: (provider) =>
      mixed`Le compte auquel votre compte ${provider} est lié ne peut pas se connecter. Adressez-vous aux responsables de ce service.`,
    noAccountTitle: 'Votre compte n’est pas lié ici',
    noAccount: (provider) => mixed`Personne ici n’est lié à votre compte ${provider}.`,
    noAccountAdvice:
      'Si vous avez un compte ici, connectez-vous comme auparavant, puis liez l’autre. Vous pourrez ensuite vous connecter avec les deux.',
    signInAndLink: 'Se connecter et lier',
    deniedTitle: 'Personne n’a été connecté',
    denied: (provider) =>
      mixed`Vous ne vous êtes pas connecté auprès de ${provider}, ou la demande a été refusée. Réessayez ou choisissez un autre moyen.`,
    failedTitle: 'La connexion a échoué',
    failed: (provider) =>
      mixed`Un problème est survenu entre ce service et ${provider}. Réessayez ou choisissez un autre moyen.`,
    takenTitle: 'Il est déjà lié',
    taken: (provider) => mixed`Votre compte ${provider} est lié à un autre compte ici.`,
    back: 'Retour',
    help: (id) => mixed`Si vous demandez de l’aide, indiquez cet identifiant : ${id}`,
  },
  device: {
    codeTitle: 'Connecter un appareil',
    enter: 'Saisissez le code que votre appareil ou votre programme affiche.',
    compare: 'Ne continuez que si votre appareil ou votre programme affiche exactement ce code.',
    code: 'Code',
    hint: '8 lettres, par exemple WDJB-MJHT',
    unknown: 'Aucun appareil n’attend ce code. Vérifiez les lettres ou faites afficher un autre code par l’appareil.',
    tooMany: (minutes) =>
      plural(minutes, {
        one: 'Trop de codes qu’aucun appareil n’attend. Réessayez dans # minute.',
        other: 'Trop de codes qu’aucun appareil n’attend. Réessayez dans # minutes.',
      }),
    heading: (client) => mixed`Connecter ${client} à votre compte ?`,
    warning:
      'N’approuvez que si vous venez de lancer cela vous-même, sur un appareil devant vous qui affiche ce code. Si quelqu’un vous a envoyé le code ou un lien vers cette page, refusez : la personne qui a cet appareil utiliserait votre compte.',
    shown: 'L’appareil affiche',
    from: 'La demande vient de',
    program: (place, program) => mixed`${place} et se nomme ${program}`,
    unknownPlace: 'une adresse inconnue',
    when: 'Moment de la demande',
    moments: 'il y a moins d’une minute',
    minutes: (count) => plural(count, { one: 'il y a # minute', other: 'il y a # minutes' }),
    approve: 'Approuver',
    approvedTitle: 'Votre appareil est connecté',
    approved: 'L’appareil continue dans quelques secondes. Vous pouvez fermer cette fenêtre.',
    deniedTitle: 'L’appareil a été refusé',
    denied: 'Il n’a pas accès à votre compte. Vous pouvez fermer cette fenêtre.',
  },
  invitation: {
    heading: (organization) => mixed`Rejoindre ${organization}`,
    unnamed: 'une organisation sans nom',
    lead: (organization) => mixed`Vous êtes invité à devenir membre de ${organization}.`,
    invited: 'L’invitation est pour',
    until: 'Elle est valable jusqu’au',
    wrongAccount: (email) =>
      mixed`Vous êtes connecté en tant que ${email}, mais l’invitation est pour une autre adresse. Utilisez le compte de cette adresse pour l’accepter.`,
    haveAccount: 'Vous avez un compte ici. Saisissez son mot de passe pour accepter.',
    needAccount: 'Vous n’avez pas encore de compte ici. Choisissez un mot de passe, et il sera créé pour vous.',
    join: 'Accepter l’invitation',
    sign_in: 'Se connecter et accepter',
    register: 'Créer le compte et accepter',
    unknownTitle: 'Ce lien ne mène à aucune invitation',
    unknown: 'Il est peut-être incomplet ou trop ancien. Ouvrez-le à nouveau depuis l’e-mail ou copiez-le en entier.',
    unknownAdvice: 'Si cela ne suffit pas, demandez une nouvelle invitation à la personne qui vous a invité.',
    acceptedTitle: 'Cette invitation a déjà été acceptée',
    accepted:
      'Son lien fonctionne une seule fois. Si c’était vous, il n’y a rien d’autre à faire : connectez-vous là où vous voulez aller.',
    revokedTitle: 'Cette invitation a été retirée',
    revoked: 'Son lien ne fonctionne plus. Si vous pensez à une erreur, adressez-vous à la personne qui vous a invité.',
    expiredTitle: 'Cette invitation a expiré',
    expired: 'Son lien ne fonctionne plus. Demandez-en une nouvelle à la personne qui vous a invité.',
    otherWayTitle: 'Connectez-vous d’abord',
    otherWay:
      'Votre compte ici n’a pas de mot de passe. Connectez-vous comme d’habitude, puis ouvrez à nouveau le lien de l’invitation dans le même navigateur.',
    memberTitle: (organization) => mixed`Vous êtes membre de ${organization}`,
    member: 'L’invitation est acceptée. Vous pouvez fermer cette fenêtre ou vous connecter là où vous voulez aller.',
  },
  error: {
    detail: 'Détail',
    code: 'Code d’erreur',
    request: 'Identifiant de la demande',
    onward: (host) =>
      mixed`L’application veut vous ramener à ${host}. Personne n’a vérifié qui est derrière : ne continuez que si vous la connaissez.`,
    goOn: 'Continuer vers l’application',
    support:
      'Si cela se reproduit, signalez-le aux responsables de l’application ou de ce service, avec l’identifiant de la demande.',
    otherTitle: 'Cette demande ne peut pas aboutir',
    other: 'L’application qui vous a envoyé ici a fait une demande que nous ne pouvons pas accepter.',
    byCode: {
      access_denied: [
        'L’accès a été refusé',
        'Vous êtes connecté, mais ne pouvez pas continuer avec cette application.',
      ],
      forbidden: ['Cette demande a été refusée', 'Revenez là d’où vous venez et réessayez à partir de là.'],
      unmet_authentication_requirements: [
        'Vous ne pouvez pas continuer à cette adresse',
        'Une deuxième étape est nécessaire, et aucune des vôtres ne fonctionne ici. Allez là où vous l’avez configurée, ou adressez-vous aux responsables de ce service.',
      ],
      expired: [
        'Cette page n’est plus valable',
        'Elle a déjà été utilisée ou est restée ouverte trop longtemps. Revenez en arrière et recommencez.',
      ],
      not_found: ['Il n’y a rien ici', 'Vérifiez l’adresse, ou revenez à l’application et recommencez.'],
      method_not_allowed: ['Cette page ne peut pas être ouverte ainsi', 'Revenez à l’application et recommencez.'],
      too_many_requests: ['Trop de demandes', 'Attendez un peu, puis réessayez.'],
      server_error: ['Un problème est survenu ici', 'L’erreur vient de nous, pas de vous. Réessayez dans un instant.'],
      identity_provider_failed: [
        'La connexion a échoué',
        'Le service qui connaît votre mot de passe ne répond pas correctement. Réessayez dans un instant.',
      ],
      temporarily_unavailable: ['Nous ne pouvons pas répondre pour l’instant', 'Réessayez dans un instant.'],
      invalid_redirect_uri: [
        'Il n’est pas sûr de suivre la demande de cette application',
        'L’application demande de vous envoyer à une adresse qui n’est pas enregistrée pour elle. Pour votre sécurité, vous restez ici.',
      ],
      invalid_client: [
        'Cette application n’est pas connue ici',
        'L’application qui vous a envoyé ici n’est pas enregistrée ou a été supprimée.',
      ],
      unauthorized_client: [
        'Cette application n’a pas le droit de vous connecter',
        'L’application n’est pas autorisée à faire ce type de demande.',
      ],
    },
  },
  getStarted: {
    title: 'Créer le premier administrateur',
    lead: 'Ce serveur est nouveau. Qui détient ce lien en devient l’administrateur ; le lien fonctionne une seule fois.',
    problems: 'Le compte n’a pas été créé. Corrigez ce qui est indiqué ci-dessous.',
    wrongEmail: 'Ce n’est pas une adresse e-mail.',
    submit: 'Créer l’administrateur',
    doneTitle: 'Tout est prêt',
    done: (email) =>
      mixed`${email} est maintenant l’administrateur de ce serveur. Gardez le mot de passe en lieu sûr : il n’y a pas de second lien.`,
    secondStep:
      'Seul un mot de passe protège ce serveur pour l’instant. Configurez une clé d’accès ou une application d’authentification dans votre compte.',
    account: 'Ouvrir votre compte',
    next: 'Voir la suite',
    expiredTitle: 'Ce lien n’est plus valable',
    expired: 'Il a déjà été utilisé, a expiré ou est incomplet.',
    expiredAdvice:
      'Si personne n’a encore de compte, cherchez un lien plus récent dans le journal du serveur. Si vous en avez un, connectez-vous.',
  },
  landing: {
    serverTitle: 'Ce serveur sert à se connecter',
    server:
      'Les applications vous envoient ici pour vous connecter, puis vous y revenez. Ouvrez l’application que vous voulez utiliser.',
    serverAdmin: 'L’administration de ce serveur a sa propre adresse. Les responsables du serveur la connaissent.',
    login:
      'Les administrateurs travaillent en ligne de commande : « countersign login » vous connecte, aussi comme administrateur d’un locataire avec « --tenant » et son identifiant.',
    doctor:
      'Pour voir si tout est configuré, lancez « countersign doctor ». Pour enregistrer la première application, lancez « countersign client create --help ».',
    account:
      'C’est dans votre compte que vous changez votre mot de passe et configurez une clé d’accès ou une application d’authentification. Pour l’exiger de chaque administrateur, lancez « countersign tenant update default --admin-min-aal 2 ».',
    docs: 'Lire la documentation de l’API',
  },
}
