// The Spanish messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: 'Cuenta',
    askedFrom: 'Solicitado desde',
    validUntil: 'Válido hasta',
    changedAt: 'Cambiado',
    name: 'Nombre',
    code: 'Código',
    browser: 'Navegador',
    address: 'Dirección',
    signedIn: 'Inicio de sesión',
    alone: 'El enlace es solo para ti y funciona una vez. No lo compartas.',
    nothingToDo: 'Si fuiste tú, no tienes que hacer nada.',
    notYou: '¿No fuiste tú? Establece una contraseña nueva',
  },
  recoveryMail: {
    title: 'Establece una contraseña nueva',
    sentence: 'Alguien ha pedido establecer una contraseña nueva para tu cuenta.',
    closing: 'Si no fuiste tú, no hagas nada: tu contraseña sigue siendo la misma.',
  },
  verificationMail: {
    title: 'Confirma tu correo electrónico',
    sentence: 'Confirma que esta dirección es tuya.',
    action: 'Confirmar la dirección',
    closing: 'Si no tienes una cuenta allí, no hagas nada.',
  },
  registrationMail: {
    title: 'Crea tu cuenta',
    sentence: 'Alguien ha empezado a crear una cuenta con esta dirección.',
    action: 'Continuar',
    closing: 'Si no fuiste tú, no hagas nada: sin el enlace no se crea ninguna cuenta.',
  },
  signInMail: {
    title: 'Inicia sesión',
    sentence:
      'Introduce el código en la página en la que empezaste a iniciar sesión. O abre el enlace en el mismo navegador.',
    alone:
      'El código y el enlace son solo para ti, y uno de los dos funciona, una vez. No digas el código a nadie: nunca lo pedimos.',
    closing: 'Si no fuiste tú, no hagas nada: nadie inicia sesión sin el código o el enlace.',
  },
  accountExistsMail: {
    title: 'Ya tienes una cuenta',
    sentence:
      'Alguien ha empezado a crear una cuenta con esta dirección, pero ya hay una. Inicia sesión con ella donde quieras ir.',
    action: '¿Has olvidado tu contraseña? Establece una nueva',
    closing: 'Si no fuiste tú, no hagas nada.',
  },
  passwordChangedMail: {
    title: 'Se ha cambiado tu contraseña',
    sentence: 'Se ha cambiado la contraseña de tu cuenta y se ha cerrado tu sesión en todas partes.',
    sentenceKeptOne: 'Se ha cambiado la contraseña de tu cuenta y se ha cerrado tu sesión en todas las demás partes.',
    removedTitle: 'Se ha quitado tu contraseña',
    removed: 'Se ha quitado la contraseña de tu cuenta y se ha cerrado tu sesión en todas las demás partes.',
  },
  addressChangedMail: {
    title: 'Se ha cambiado la dirección de tu cuenta',
    former:
      'Un administrador ha dado otra dirección a tu cuenta. Ahora inicias sesión con ella, y los mensajes se envían allí.',
    present:
      'Un administrador ha dado esta dirección a una cuenta. Su titular inicia ahora sesión con ella, y los mensajes llegan aquí.',
    advice: 'Si no sabes nada de esto, avisa a los responsables de este servicio.',
    formerAddress: 'Dirección anterior',
  },
  accountDeletedMail: {
    title: 'Tu cuenta se ha eliminado',
    sentence: 'Tu cuenta se ha eliminado desde su propia página, y se ha cerrado tu sesión en todas partes.',
    advice: 'Si no has sido tú, avisa de inmediato a los responsables de este servicio.',
    action: 'Ir al servicio',
  },
  sms: {
    code: (code, realm) => `${code} es tu código para ${realm}. No se lo digas a nadie.`,
    test: (realm) => `Este es un mensaje de prueba de ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'Se ha añadido una llave de acceso',
      'Se ha añadido una llave de acceso a tu cuenta. Quien la tenga puede iniciar sesión en tu nombre.',
    ],
    passkey_removed: ['Se ha quitado una llave de acceso', 'Se ha quitado una llave de acceso de tu cuenta.'],
    app_added: [
      'Se ha añadido una aplicación de autenticación',
      'Se ha añadido una aplicación de autenticación a tu cuenta. Quien la tenga conoce los códigos de tu segundo paso.',
    ],
    app_removed: [
      'Se ha quitado una aplicación de autenticación',
      'Se ha quitado una aplicación de autenticación de tu cuenta.',
    ],
    phone_added: [
      'Se ha añadido un teléfono',
      'Se ha añadido un número de teléfono a tu cuenta. Quien tenga el teléfono recibe los códigos de tu segundo paso.',
    ],
    phone_removed: ['Se ha quitado un teléfono', 'Se ha quitado un número de teléfono de tu cuenta.'],
    codes_renewed: [
      'Se han sustituido tus códigos de recuperación',
      'Se han creado códigos de recuperación nuevos para tu cuenta. Los anteriores ya no funcionan.',
    ],
    all_removed: [
      'Se han quitado tus segundos factores',
      'Un administrador ha quitado todas las llaves de acceso, aplicaciones de autenticación y códigos de recuperación de tu cuenta, y se ha cerrado tu sesión en todas partes.',
    ],
    account_linked: [
      'Se ha vinculado una cuenta',
      'Se ha vinculado una cuenta de otro servicio a tu cuenta. Quien la tenga puede iniciar sesión en tu nombre.',
    ],
    account_unlinked: [
      'Se ha desvinculado una cuenta',
      'Se ha desvinculado de tu cuenta una cuenta de otro servicio. Ya nadie inicia sesión con ella.',
    ],
    all: 'Todos',
    advice:
      'Si fuiste tú, no tienes que hacer nada. Si no fuiste tú, establece una contraseña nueva y quita después de tu cuenta lo que no reconozcas. Si ya no puedes iniciar sesión, avisa a los responsables de este servicio.',
    action: 'Ver con qué inicias sesión',
  },
  newBrowserMail: {
    title: 'Inicio de sesión desde un navegador nuevo',
    sentence:
      'Alguien ha iniciado sesión en tu cuenta en un navegador que no es conocido para ella. Un navegador es conocido durante un año, y hasta que la contraseña cambia.',
    advice:
      'Si fuiste tú, no tienes que hacer nada. Si no fuiste tú, establece una contraseña nueva, lo que termina todas las sesiones, y elimina de tu cuenta lo que no conozcas.',
    action: 'Ver dónde has iniciado sesión',
  },
  approvalMail: {
    title: 'Una aplicación pide tu aprobación',
    sentence: (client) => mixed`${client} te pide que apruebes algo. Mira qué es y apruébalo solo si lo esperas.`,
    sentenceUnnamed: 'Una aplicación te pide que apruebes algo. Mira qué es y apruébalo solo si lo esperas.',
    decideBefore: 'Decide antes de',
    action: 'Ver la solicitud',
    closing: 'Si no la esperas, recházala allí o no hagas nada.',
  },
  invitationMail: {
    subject: 'Invitación a una organización',
    subjectOf: (organization, realm) => mixed`Invitación a ${organization} – ${realm}`,
    heading: (organization, realm) => mixed`Únete a ${organization} – ${realm}`,
    sentence: (organization) => mixed`Tienes una invitación para ser miembro de ${organization}.`,
    organization: 'Organización',
    inviter: 'Te invita',
    role: 'Tu rol',
    action: 'Aceptar la invitación',
    alone: 'El enlace es solo para ti y funciona una vez. No lo compartas.',
    closing: 'Si no lo esperabas, no hagas nada: nadie se convierte en miembro sin seguir el enlace.',
  },
}
