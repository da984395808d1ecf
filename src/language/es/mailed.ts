// The Spanish messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'Mira tu correo',
    deadTitle: 'Este enlace ya no funciona',
    sendMail: 'Enviar el mensaje',
    newLink: 'Pedir un enlace nuevo',
  },
  recovery: {
    title: '¿Has olvidado tu contraseña?',
    lead: 'Introduce la dirección de tu cuenta. Se le envía un mensaje con un enlace para establecer una contraseña nueva.',
    sent: 'Si hay una cuenta con esta dirección, un mensaje con un enlace está en camino. El enlace sirve durante una hora, y solo el más reciente.',
    setTitle: 'Establece una contraseña nueva',
    setLead: 'Se cerrará tu sesión en todas partes.',
    set: 'Establecer la contraseña',
    changedTitle: 'Tu contraseña se ha cambiado',
    changed: 'Se ha cerrado tu sesión en todas partes. Usa a partir de ahora la contraseña nueva.',
    dead: 'Funciona una vez, durante una hora, y solo el más reciente. Pide un enlace nuevo para establecer una contraseña.',
  },
  verification: {
    title: 'Confirma tu dirección',
    question: (email) => mixed`¿Es ${email} la dirección de tu cuenta aquí?`,
    yes: 'Sí, es mía',
    unconfirmed: (email) =>
      mixed`Nadie ha confirmado todavía que ${email} sea tuya. Se le envía un mensaje con un enlace.`,
    tooManyTitle: 'Demasiados mensajes',
    later: 'Inténtalo de nuevo más tarde.',
    sent: (email) =>
      mixed`Un mensaje con un enlace está en camino a ${email}. El enlace sirve durante un día, y solo el más reciente.`,
    doneTitle: 'Tu dirección está confirmada',
    done: (email) => mixed`${email} está confirmada. Ya puedes cerrar esta ventana.`,
    dead: 'Funciona una vez, durante un día, y solo el más reciente.',
    deadAdvice: 'Para pedir uno nuevo, inicia sesión y abre esta página de nuevo.',
  },
  signUp: {
    title: 'Crea una cuenta',
    lead: 'Introduce tu correo electrónico. Se le envía un mensaje con un enlace para continuar.',
    domains: 'Aquí las cuentas son solo para direcciones de ciertos dominios.',
    haveAccount: '¿Tienes una cuenta? Inicia sesión',
    sent: 'Un mensaje está en camino. Su enlace sirve durante una hora, y solo el más reciente. Ábrelo en este navegador para continuar.',
    dead: 'Funciona una vez, durante una hora, y solo el más reciente. Si ya tienes una cuenta, inicia sesión donde quieras ir.',
    confirmTitle: 'Crea tu cuenta',
    choose: 'Tu dirección está confirmada. Elige una contraseña.',
    chooseOrMail: 'Tu dirección está confirmada. Elige una contraseña o inicia sesión cada vez por correo.',
    create: 'Crear la cuenta',
    readyTitle: 'Tu cuenta está creada',
    ready: 'Vuelve a donde querías iniciar sesión y hazlo allí.',
    refusedTitle: 'No se ha creado ninguna cuenta',
    already_exists: 'Hay una cuenta con esta dirección o con una que parece igual.',
    limit_reached: 'Aquí no se pueden crear más cuentas. Pregunta a los responsables de este servicio.',
  },
}
