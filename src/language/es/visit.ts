// The Spanish messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('es')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`¿Permitir que ${client} use tu cuenta?`,
    firstParty: (brand) => mixed`Una aplicación de ${brand}`,
    unverified: 'Sin verificar',
    unverifiedText: (brand) =>
      mixed`Cualquiera puede dar este nombre a una aplicación. ${brand} no ha comprobado quién está detrás: permítelo solo si la conoces.`,
    may: (resource) => mixed`En ${resource} podrá:`,
    mayAlone: 'Podrá:',
    further: 'Y además:',
    nothing: 'Nada más que saber que has iniciado sesión',
    undescribed: 'Algo que su operador no ha descrito',
    returns: 'Te devuelve a',
    organization: 'Organización',
    app: (scheme) => mixed`una aplicación de este dispositivo que abre ${scheme}`,
    device: (host) => mixed`un programa de este ordenador, ${host}`,
    deviceText: 'La aplicación se ejecuta en este ordenador. Permítelo solo si acabas de iniciarla tú.',
    password: 'Tu contraseña nunca se comparte con la aplicación.',
    links: { website: 'Sitio web', policy: 'Política de privacidad', terms: 'Condiciones del servicio' },
    scopes: {
      openid: 'Saber quién eres',
      profile: 'Ver tu nombre y tu foto',
      email: 'Ver tu correo electrónico',
      address: 'Ver tu dirección postal',
      phone: 'Ver tu número de teléfono',
      groups: 'Ver a qué grupos perteneces',
      roles: 'Ver qué roles tienes',
      organization: 'Ver la organización para la que inicias sesión',
      offline_access: 'Conservar este acceso mientras no estés, hasta que lo retires',
    },
  },
  organization: {
    title: 'Elige una organización',
    lead: (client) => mixed`Usas ${client} para una de tus organizaciones a la vez.`,
    foreignTitle: 'No eres miembro',
    foreign: (client) =>
      mixed`Esta cuenta no es miembro de la organización para la que ${client} inicia tu sesión. Usa otra cuenta o pide una invitación.`,
    none: (client) =>
      mixed`${client} es para miembros de organizaciones, y esta cuenta no es miembro de ninguna. Usa otra cuenta o pide una invitación.`,
    cancel: 'Cancelar',
  },
  external: {
    refusedTitle: 'No puedes iniciar sesión aquí',
    refused: (provider) =>
      mixed`La cuenta a la que está vinculada tu cuenta de ${provider} no puede iniciar sesión. Pregunta a los responsables de este servicio.`,
    noAccountTitle: 'Tu cuenta no está vinculada aquí',
    noAccount: (provider) => mixed`Nadie aquí está vinculado a tu cuenta de ${provider}.`,
    noAccountAdvice:
      'Si tienes una cuenta aquí, inicia sesión como antes y vincula después la otra. Luego podrás iniciar sesión con ambas.',
    signInAndLink: 'Iniciar sesión y vincular',
    deniedTitle: 'No se ha iniciado ninguna sesión',
    denied: (provider) =>
      mixed`No has iniciado sesión en ${provider}, o lo ha rechazado. Inténtalo de nuevo o elige otra forma.`,
    failedTitle: 'El inicio de sesión no ha funcionado',
    failed: (provider) =>
      mixed`Algo ha fallado entre este servicio y ${provider}. Inténtalo de nuevo o elige otra forma.`,
    takenTitle: 'Ya está vinculada',
    taken: (provider) => mixed`Tu cuenta de ${provider} está vinculada a otra cuenta de aquí.`,
    back: 'Volver',
    help: (id) => mixed`Si pides ayuda, indica este identificador: ${id}`,
  },
  device: {
    codeTitle: 'Conecta un dispositivo',
    enter: 'Introduce el código que muestra tu dispositivo o programa.',
    compare: 'Continúa solo si tu dispositivo o programa muestra exactamente este código.',
    code: 'Código',
    hint: '8 letras, por ejemplo WDJB-MJHT',
    unknown: 'Ningún dispositivo espera este código. Comprueba las letras o haz que el dispositivo muestre otro.',
    tooMany: (minutes) =>
      plural(minutes, {
        one: 'Demasiados códigos que ningún dispositivo espera. Inténtalo de nuevo en # minuto.',
        other: 'Demasiados códigos que ningún dispositivo espera. Inténtalo de nuevo en # minutos.',
      }),
    heading: (client) => mixed`¿Conectar ${client} a tu cuenta?`,
    warning:
      'Aprueba solo si acabas de iniciar esto, en un dispositivo que tienes delante y que muestra este código. Si alguien te ha enviado el código o un enlace a esta página, recházalo: quien tiene ese dispositivo estaría usando tu cuenta.',
    shown: 'El dispositivo muestra',
    from: 'La solicitud viene de',
    program: (place, program) => mixed`${place} y se llama ${program}`,
    unknownPlace: 'una dirección desconocida',
    when: 'Momento de la solicitud',
    moments: 'hace menos de un minuto',
    minutes: (count) => plural(count, { one: 'hace # minuto', other: 'hace # minutos' }),
    approve: 'Aprobar',
    approvedTitle: 'Tu dispositivo está conectado',
    approved: 'El dispositivo continúa en unos segundos. Ya puedes cerrar esta ventana.',
    deniedTitle: 'Se ha rechazado el dispositivo',
    denied: 'No tiene acceso a tu cuenta. Ya puedes cerrar esta ventana.',
  },
  invitation: {
    heading: (organization) => mixed`Únete a ${organization}`,
    unnamed: 'una organización sin nombre',
    lead: (organization) => mixed`Tienes una invitación para ser miembro de ${organization}.`,
    invited: 'La invitación es para',
    until: 'Es válida hasta',
    wrongAccount: (email) =>
      mixed`Has iniciado sesión como ${email}, pero la invitación es para otra dirección. Usa la cuenta de esa dirección para aceptarla.`,
    haveAccount: 'Tienes una cuenta aquí. Introduce su contraseña para aceptar.',
    needAccount: 'Todavía no tienes una cuenta aquí. Elige una contraseña y se creará para ti.',
    join: 'Aceptar la invitación',
    sign_in: 'Iniciar sesión y aceptar',
    register: 'Crear la cuenta y aceptar',
    unknownTitle: 'Este enlace no lleva a ninguna invitación',
    unknown: 'Puede estar incompleto o ser demasiado antiguo. Ábrelo de nuevo desde el mensaje o cópialo entero.',
    unknownAdvice: 'Si eso no ayuda, pide una invitación nueva a quien te invitó.',
    acceptedTitle: 'Esta invitación ya se ha aceptado',
    accepted: 'Su enlace funciona una vez. Si fuiste tú, no hay nada más que hacer: inicia sesión donde quieras ir.',
    revokedTitle: 'Esta invitación se ha retirado',
    revoked: 'Su enlace ya no funciona. Si crees que es un error, pregunta a quien te invitó.',
    expiredTitle: 'Esta invitación ha caducado',
    expired: 'Su enlace ya no funciona. Pide otra a quien te invitó.',
    otherWayTitle: 'Inicia sesión primero',
    otherWay:
      'Tu cuenta aquí no tiene contraseña. Inicia sesión como de costumbre y abre después el enlace de la invitación en el mismo navegador.',
    memberTitle: (organization) => mixed`Eres miembro de ${organization}`,
    member: 'La invitación está aceptada. Ya puedes cerrar esta ventana o iniciar sesión donde quieras ir.',
  },
  error: {
    detail: 'Detalle',
    code: 'Código de error',
    request: 'Identificador de la solicitud',
    onward: (host) =>
      mixed`La aplicación quiere que vuelvas a ${host}. Nadie ha comprobado quién está detrás: continúa solo si la conoces.`,
    goOn: 'Continuar a la aplicación',
    support:
      'Si esto se repite, avisa a los responsables de la aplicación o de este servicio y dales el identificador de la solicitud.',
    otherTitle: 'No se puede completar esta solicitud',
    other: 'La aplicación que te ha traído aquí ha hecho una solicitud que no podemos aceptar.',
    byCode: {
      access_denied: ['Acceso rechazado', 'Has iniciado sesión, pero no puedes continuar con esta aplicación.'],
      forbidden: ['Se ha rechazado esta solicitud', 'Vuelve a donde estabas e inténtalo de nuevo desde allí.'],
      unmet_authentication_requirements: [
        'No puedes continuar en esta dirección',
        'Hace falta un segundo paso, y ninguno de los tuyos funciona aquí. Ve a donde lo configuraste o pregunta a los responsables de este servicio.',
      ],
      expired: [
        'Esta página ya no es válida',
        'Ya se ha usado o ha estado abierta demasiado tiempo. Vuelve atrás y empieza de nuevo.',
      ],
      not_found: ['Aquí no hay nada', 'Comprueba la dirección, o vuelve a la aplicación y empieza de nuevo.'],
      method_not_allowed: ['Esta página no se puede abrir así', 'Vuelve a la aplicación y empieza de nuevo.'],
      too_many_requests: ['Demasiadas solicitudes', 'Espera un poco e inténtalo de nuevo.'],
      server_error: ['Algo ha fallado aquí', 'El fallo es nuestro, no tuyo. Inténtalo de nuevo en un momento.'],
      identity_provider_failed: [
        'El inicio de sesión no ha funcionado',
        'El servicio que conoce tu contraseña no responde como debería. Inténtalo de nuevo en un momento.',
      ],
      temporarily_unavailable: ['Ahora mismo no podemos responder', 'Inténtalo de nuevo en un momento.'],
      invalid_redirect_uri: [
        'No es seguro seguir la solicitud de esta aplicación',
        'La aplicación pide enviarte a una dirección que no está registrada para ella. Por tu seguridad te quedas aquí.',
      ],
      invalid_client: [
        'Esta aplicación no se conoce aquí',
        'La aplicación que te ha traído aquí no está registrada o se ha eliminado.',
      ],
      unauthorized_client: [
        'Esta aplicación no puede iniciar tu sesión',
        'La aplicación no tiene permiso para hacer este tipo de solicitud.',
      ],
    },
  },
  getStarted: {
    title: 'Crea el primer administrador',
    lead: 'Este servidor es nuevo. Quien tenga este enlace será su administrador; el enlace funciona una vez.',
    problems: 'No se ha creado la cuenta. Corrige lo que se marca abajo.',
    wrongEmail: 'Eso no es un correo electrónico.',
    submit: 'Crear administrador',
    doneTitle: 'Todo está listo',
    done: (email) =>
      mixed`${email} es ahora el administrador de este servidor. Guarda la contraseña en un lugar seguro: no hay un segundo enlace.`,
    secondStep:
      'Ahora solo una contraseña protege este servidor. Configura una llave de acceso o una aplicación de autenticación en tu cuenta.',
    account: 'Abrir tu cuenta',
    next: 'Ver qué hacer después',
    expiredTitle: 'Este enlace ya no es válido',
    expired: 'Ya se ha usado, ha caducado o está incompleto.',
    expiredAdvice:
      'Si nadie tiene todavía una cuenta, busca un enlace más reciente en el registro del servidor. Si tienes una, inicia sesión.',
  },
  landing: {
    serverTitle: 'Este servidor sirve para iniciar sesión',
    server:
      'Las aplicaciones te envían aquí para iniciar sesión y después vuelves a ellas. Abre la aplicación que quieras usar.',
    serverAdmin: 'La administración de este servidor tiene su propia dirección. La conocen sus responsables.',
    login:
      'Los administradores trabajan con la línea de comandos: «countersign login» inicia tu sesión, también como administrador de un inquilino con «--tenant» y su identificador.',
    doctor:
      'Para ver si todo está configurado, ejecuta «countersign doctor». Para registrar la primera aplicación, ejecuta «countersign client create --help».',
    account:
      'En tu cuenta cambias la contraseña y configuras una llave de acceso o una aplicación de autenticación. Para exigirlo a todos los administradores, ejecuta «countersign tenant update default --admin-min-aal 2».',
    docs: 'Leer la documentación de la API',
  },
}
