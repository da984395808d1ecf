// The Spanish messages of the pages on which people sign in and out.
import type { signInMessages as English } from '../en/sign-in.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('es')

export const signInMessages: typeof English = {
  layout: {
    skip: 'Ir al contenido',
    footer: 'Protegido por Countersign',
    support: 'Ayuda',
    error: (title) => `Error: ${title}`,
    language: 'Idioma',
    administration: 'Administración de este servidor',
    administrationOf: (tenant) => `Administración de ${tenant}`,
  },
  form: {
    email: 'Correo electrónico',
    password: 'Contraseña',
    newPassword: 'Contraseña nueva',
    newPasswordOptional: 'Contraseña nueva (opcional)',
    nameOptional: 'Nombre (opcional)',
    passwordRule: (length) =>
      `Al menos ${length} caracteres. Unas cuantas palabras sin relación son seguras y fáciles de recordar.`,
    unnamedApp: 'una aplicación sin nombre',
    fact: (name, value) => mixed`${name}: ${value}`,
    signedInAs: 'Sesión iniciada como',
    addressNeeded: 'Introduce tu correo electrónico.',
    signIn: 'Iniciar sesión',
    useAnother: 'Usar otra cuenta',
    switchAccount: '¿No eres tú? Cambia de cuenta',
    allow: 'Permitir',
    deny: 'Rechazar',
    proceed: 'Continuar',
    mailsAnHour: (count) =>
      plural(count, {
        one: 'Una dirección recibe como máximo # correo por hora.',
        other: 'Una dirección recibe como máximo # correos por hora.',
      }),
    nothingArrived: '¿No ha llegado nada? Mira en la carpeta de correo no deseado y comprueba la dirección.',
    emailOrUsername: 'Correo electrónico o nombre de usuario',
    emailOrPhone: 'Correo electrónico o número de teléfono',
    emailUsernameOrPhone: 'Correo electrónico, nombre de usuario o número de teléfono',
  },
  password: {
    notText: 'La contraseña no es texto.',
    tooShort: (length) =>
      plural(length, {
        one: 'La contraseña tiene menos de # carácter.',
        other: 'La contraseña tiene menos de # caracteres.',
      }),
    tooLong: (length) =>
      plural(length, {
        one: 'La contraseña tiene más de # carácter.',
        other: 'La contraseña tiene más de # caracteres.',
      }),
    isAddress: 'La contraseña es el correo electrónico.',
    isCommon: 'Esta contraseña es una de las primeras que cualquiera probaría.',
    isBreached: 'Esta contraseña aparece en una filtración de datos.',
    noSpecial: 'La contraseña necesita un carácter que no sea ni letra ni cifra.',
    refused: 'No se puede usar esta contraseña.',
  },
  signIn: {
    title: 'Iniciar sesión',
    confirmTitle: 'Confirma que eres tú',
    continueTo: (client) => mixed`para continuar a ${client}`,
    confirmFor: (client) => mixed`Introduce de nuevo tu contraseña para continuar a ${client}`,
    confirmAlone: 'Introduce de nuevo tu contraseña para continuar.',
    returnTo: (host) => mixed`Después volverás a ${host}.`,
    switch: '¿No eres tú? Usa otra cuenta',
    incorrect: 'El correo y la contraseña no coinciden. Compruébalos e inténtalo de nuevo.',
    confirmIncorrect: 'La contraseña no es correcta. Inténtalo de nuevo.',
    incomplete: 'Introduce tu correo electrónico y tu contraseña.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Demasiados intentos. Espera # segundo e inténtalo de nuevo.',
        other: 'Demasiados intentos. Espera # segundos e inténtalo de nuevo.',
      }),
    waitMinutes: (count) =>
      plural(count, {
        one: 'Demasiados intentos. Espera # minuto e inténtalo de nuevo.',
        other: 'Demasiados intentos. Espera # minutos e inténtalo de nuevo.',
      }),
    forgot: '¿Has olvidado tu contraseña?',
    register: 'Crear una cuenta',
    mail: 'Iniciar sesión por correo',
    no_address: 'Introduce tu correo electrónico y te enviaremos un mensaje con un código y un enlace.',
    provider: (name) => mixed`Continuar con ${name}`,
    passkeyButton: 'Iniciar sesión con una llave de acceso',
    passkey: 'Esa llave de acceso no funciona aquí. Prueba otra o inicia sesión de otra forma.',
    passkey_stale: 'Has tardado demasiado. Inténtalo de nuevo.',
    stale: 'Esta página ha estado abierta demasiado tiempo. Introduce de nuevo tu contraseña.',
  },
  emailSignIn: {
    title: 'Mira tu correo',
    sentTo: (email) => mixed`Si puedes iniciar sesión con esta dirección, hay un mensaje en camino: ${email}`,
    next: 'Introduce el código del mensaje o abre su enlace en este navegador. Ambos sirven durante diez minutos, y solo los del mensaje más reciente.',
    code: 'Código',
    missing: '¿No ha llegado nada? Mira en la carpeta de correo no deseado.',
    again: 'Enviar otro mensaje',
    other: 'Iniciar sesión de otra forma',
    incorrect: 'El código no es correcto. Introduce los ocho dígitos del mensaje más reciente.',
    incomplete: 'Introduce el código del mensaje.',
    over: 'Ese mensaje ya no sirve. Pide otro.',
    too_many_attempts: 'Demasiados códigos incorrectos: el mensaje ya no sirve. Pide otro.',
    dead: 'Funciona una vez, durante diez minutos, y solo el más reciente. Vuelve a donde querías iniciar sesión y pide otro mensaje.',
    goOnAs: (email) => mixed`Continúas como ${email}.`,
    elsewhereTitle: 'Continúa donde empezaste',
    elsewhere:
      'El enlace solo funciona en el navegador en el que empezaste a iniciar sesión. Introduce allí el código del mensaje.',
    askedFrom: (ip) => mixed`El mensaje se pidió desde ${ip}.`,
    warning: 'Si no empezaste a iniciar sesión, cierra esta página y no digas el código a nadie.',
  },
  flow: {
    refusedTitle: 'Ahora no puede iniciar sesión',
    refused: 'Una regla de este servicio no le permite entrar.',
    failed: 'Lo que hay que consultar antes de entrar no ha respondido como debía. Inténtelo más tarde.',
    noFactor:
      'Aquí el inicio de sesión exige un segundo paso, y tu cuenta no tiene ninguno. Pregunta a quien administra este servicio.',
    weakPassword: 'Su contraseña es demasiado débil para este servicio. Establezca una nueva.',
    newPassword: 'Establecer una contraseña nueva',
    waitTitle: 'Un momento',
    wait: 'Continuará en unos segundos.',
    leave: (h) => mixed`Continuará en ${h} y después volverá aquí.`,
  },
  secondFactor: {
    title: 'Confirma que eres tú',
    noScript: 'Las llaves de acceso necesitan JavaScript. Actívalo en esta página o elige otra forma.',
    stale: 'Has tardado demasiado. Inténtalo de nuevo.',
    remember: (days) =>
      plural(days, {
        one: 'No volver a preguntar en este navegador durante # día',
        other: 'No volver a preguntar en este navegador durante # días',
      }),
    passkey: {
      lead: 'Usa una de tus llaves de acceso para continuar.',
      label: 'Usar una llave de acceso',
      choose: 'Usar una llave de acceso',
      incorrect: 'Esa llave de acceso no funciona aquí. Inténtalo de nuevo o elige otra forma.',
      incomplete: 'Usa una de tus llaves de acceso.',
    },
    totp: {
      lead: 'Introduce el código que muestra tu aplicación de autenticación para esta cuenta.',
      label: 'Código',
      choose: 'Usar tu aplicación de autenticación',
      incorrect: 'El código no es correcto o ya se ha usado. Introduce el código que la aplicación muestra ahora.',
      incomplete: 'Introduce los seis dígitos que muestra la aplicación.',
    },
    recovery_code: {
      lead: 'Introduce uno de los códigos de recuperación que guardaste. Cada uno funciona una vez.',
      label: 'Código de recuperación',
      choose: 'Usar un código de recuperación',
      incorrect: 'El código de recuperación no es correcto o ya se ha usado.',
      incomplete: 'Introduce uno de tus códigos de recuperación.',
    },
  },
  enrolment: {
    title: 'Configura una aplicación de autenticación',
    lead: 'Necesitas un segundo paso para continuar. Escanea el código QR con una aplicación de autenticación e introduce el código que muestra.',
    accountTitle: 'Añade un segundo paso a tu cuenta',
    picture: 'Código QR para tu aplicación de autenticación',
    cannotScan:
      '¿No puedes escanearlo? Añade una cuenta en la aplicación con esta clave, con códigos basados en el tiempo:',
    account: 'Cuenta',
    code: 'Código de la aplicación',
    incomplete: 'Introduce los seis dígitos que muestra la aplicación.',
    incorrect:
      'El código no es correcto. Comprueba que el reloj de tu dispositivo esté en hora e introduce el código que la aplicación muestra ahora.',
    codesTitle: 'Guarda tus códigos de recuperación',
    codesLead:
      'Si pierdes tu dispositivo, cada uno de estos códigos es tu segundo paso, una vez. No se volverán a mostrar.',
    codesHint: 'Imprímelos o guárdalos en un gestor de contraseñas.',
    saved: 'He guardado los códigos',
    passkeyFailed: 'No ha funcionado. Inténtalo de nuevo o elige otra forma.',
  },
  signOut: {
    confirmTitle: '¿Cerrar sesión?',
    asks: (client) => mixed`${client} pide cerrar tu sesión.`,
    everywhere: (brand) => mixed`Se cerrará tu sesión de ${brand} en este navegador.`,
    signOut: 'Cerrar sesión',
    stay: 'Mantener la sesión',
    stayedTitle: 'Tu sesión sigue abierta',
    stayed: 'No se ha cambiado nada. Ya puedes cerrar esta ventana.',
    doneTitle: 'Has cerrado sesión',
    done: 'Ya puedes cerrar esta ventana.',
    shared: 'En un ordenador compartido, cierra también el navegador.',
    continueTo: (name) => mixed`Continuar a ${name}`,
    waitTitle: 'Cerrando sesión',
    waited: 'Has cerrado sesión.',
  },
}
