// The Portuguese messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'Veja sua caixa de entrada',
    deadTitle: 'Este link não funciona mais',
    sendMail: 'Enviar a mensagem',
    newLink: 'Pedir um novo link',
  },
  recovery: {
    title: 'Esqueceu sua senha?',
    lead: 'Insira o endereço da sua conta. Uma mensagem com um link para definir uma nova senha é enviada para ele.',
    sent: 'Se houver uma conta com este endereço, uma mensagem com um link está a caminho. O link vale por uma hora, e somente o mais recente.',
    setTitle: 'Defina uma nova senha',
    setLead: 'Sua sessão será encerrada em todos os lugares.',
    set: 'Definir a senha',
    changedTitle: 'Sua senha foi alterada',
    changed: 'Sua sessão foi encerrada em todos os lugares. Use a nova senha a partir de agora.',
    dead: 'Ele funciona uma vez, por uma hora, e somente o mais recente. Peça um novo link para definir uma senha.',
  },
  verification: {
    title: 'Confirme seu endereço',
    question: (email) => mixed`${email} é o endereço da sua conta aqui?`,
    yes: 'Sim, é meu',
    unconfirmed: (email) =>
      mixed`Ninguém confirmou ainda que ${email} é seu. Uma mensagem com um link é enviada para ele.`,
    tooManyTitle: 'Mensagens demais',
    later: 'Tente novamente mais tarde.',
    sent: (email) =>
      mixed`Uma mensagem com um link está a caminho de ${email}. O link vale por um dia, e somente o mais recente.`,
    doneTitle: 'Seu endereço está confirmado',
    done: (email) => mixed`${email} está confirmado. Você já pode fechar esta janela.`,
    dead: 'Ele funciona uma vez, por um dia, e somente o mais recente.',
    deadAdvice: 'Para pedir outro, entre e abra esta página de novo.',
  },
  signUp: {
    title: 'Crie uma conta',
    lead: 'Insira seu e-mail. Uma mensagem com um link para continuar é enviada para ele.',
    domains: 'As contas aqui são apenas para endereços de certos domínios.',
    haveAccount: 'Tem uma conta? Entre',
    sent: 'Uma mensagem está a caminho. O link dela vale por uma hora, e somente o mais recente. Abra-o neste navegador para continuar.',
    dead: 'Ele funciona uma vez, por uma hora, e somente o mais recente. Se você já tem uma conta, entre onde quiser ir.',
    confirmTitle: 'Crie sua conta',
    choose: 'Seu endereço está confirmado. Escolha uma senha.',
    chooseOrMail: 'Seu endereço está confirmado. Escolha uma senha ou entre por e-mail a cada vez.',
    create: 'Criar a conta',
    readyTitle: 'Sua conta foi criada',
    ready: 'Volte para onde queria entrar e entre lá.',
    refusedTitle: 'Nenhuma conta foi criada',
    already_exists: 'Existe uma conta com este endereço ou com um que parece igual.',
    limit_reached: 'Não é possível criar mais contas aqui. Fale com os responsáveis por este serviço.',
  },
}
