// The Portuguese messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: 'Conta',
    askedFrom: 'Pedido a partir de',
    validUntil: 'Válido até',
    changedAt: 'Alterado',
    name: 'Nome',
    code: 'Código',
    browser: 'Navegador',
    address: 'Endereço',
    signedIn: 'Entrada',
    alone: 'O link é só para você e funciona uma vez. Não o repasse.',
    nothingToDo: 'Se foi você, não é preciso fazer nada.',
    notYou: 'Não foi você? Defina uma nova senha',
  },
  recoveryMail: {
    title: 'Defina uma nova senha',
    sentence: 'Alguém pediu para definir uma nova senha para sua conta.',
    closing: 'Se não foi você, não faça nada: sua senha continua a mesma.',
  },
  verificationMail: {
    title: 'Confirme seu e-mail',
    sentence: 'Confirme que este endereço é seu.',
    action: 'Confirmar o endereço',
    closing: 'Se você não tem uma conta lá, não faça nada.',
  },
  registrationMail: {
    title: 'Crie sua conta',
    sentence: 'Alguém começou a criar uma conta com este endereço.',
    action: 'Continuar',
    closing: 'Se não foi você, não faça nada: sem o link, nenhuma conta é criada.',
  },
  signInMail: {
    title: 'Entrar',
    sentence: 'Insira o código na página em que começou a entrar. Ou abra o link no mesmo navegador.',
    alone:
      'O código e o link são só para você, e um dos dois funciona, uma vez. Não diga o código a ninguém: nunca o pedimos.',
    closing: 'Se não foi você, não faça nada: ninguém entra sem o código ou o link.',
  },
  accountExistsMail: {
    title: 'Você tem uma conta',
    sentence: 'Alguém começou a criar uma conta com este endereço, mas já existe uma. Entre com ela onde quiser ir.',
    action: 'Esqueceu sua senha? Defina uma nova',
    closing: 'Se não foi você, não faça nada.',
  },
  passwordChangedMail: {
    title: 'Sua senha foi alterada',
    sentence: 'A senha da sua conta foi alterada, e sua sessão foi encerrada em todos os lugares.',
    sentenceKeptOne: 'A senha da sua conta foi alterada, e sua sessão foi encerrada em todos os outros lugares.',
    removedTitle: 'Sua senha foi removida',
    removed: 'A senha da sua conta foi removida, e sua sessão foi encerrada em todos os outros lugares.',
  },
  addressChangedMail: {
    title: 'O endereço da sua conta foi alterado',
    former: 'Um administrador deu outro endereço à sua conta. Agora você entra com ele, e as mensagens vão para lá.',
    present:
      'Um administrador deu este endereço a uma conta. O titular agora entra com ele, e as mensagens chegam aqui.',
    advice: 'Se você não sabe disso, avise os responsáveis por este serviço.',
    formerAddress: 'Endereço anterior',
  },
  accountDeletedMail: {
    title: 'Sua conta foi excluída',
    sentence: 'Sua conta foi excluída na própria página dela, e você saiu de todos os lugares.',
    advice: 'Se não foi você, avise imediatamente os responsáveis por este serviço.',
    action: 'Ir para o serviço',
  },
  sms: {
    code: (code, realm) => `${code} é o seu código para ${realm}. Não o diga a ninguém.`,
    test: (realm) => `Esta é uma mensagem de teste de ${realm}.`,
  },
  authenticatorMail: {
    passkey_added: [
      'Uma chave de acesso foi adicionada',
      'Uma chave de acesso foi adicionada à sua conta. Quem a tiver pode entrar como você.',
    ],
    passkey_removed: ['Uma chave de acesso foi removida', 'Uma chave de acesso da sua conta foi removida.'],
    app_added: [
      'Um aplicativo de autenticação foi adicionado',
      'Um aplicativo de autenticação foi adicionado à sua conta. Quem o tiver conhece os códigos da sua segunda etapa.',
    ],
    app_removed: [
      'Um aplicativo de autenticação foi removido',
      'Um aplicativo de autenticação da sua conta foi removido.',
    ],
    phone_added: [
      'Um telefone foi adicionado',
      'Um número de telefone foi adicionado à sua conta. Quem tiver o telefone recebe os códigos da sua segunda etapa.',
    ],
    phone_removed: ['Um telefone foi removido', 'Um número de telefone da sua conta foi removido.'],
    codes_renewed: [
      'Seus códigos de recuperação foram substituídos',
      'Novos códigos de recuperação foram criados para sua conta. Os anteriores não funcionam mais.',
    ],
    all_removed: [
      'Seus segundos fatores foram removidos',
      'Um administrador removeu todas as chaves de acesso, aplicativos de autenticação e códigos de recuperação da sua conta, e sua sessão foi encerrada em todos os lugares.',
    ],
    account_linked: [
      'Uma conta foi vinculada',
      'Uma conta de outro serviço foi vinculada à sua conta. Quem a tiver pode entrar como você.',
    ],
    account_unlinked: [
      'Uma conta foi desvinculada',
      'Uma conta de outro serviço foi desvinculada da sua conta. Ninguém mais entra com ela.',
    ],
    all: 'Todos',
    advice:
      'Se foi você, não é preciso fazer nada. Se não foi, defina uma nova senha e depois remova da sua conta o que não reconhece. Se não conseguir mais entrar, avise os responsáveis por este serviço.',
    action: 'Ver com o que você entra',
  },
  newBrowserMail: {
    title: 'Entrada a partir de um novo navegador',
    sentence:
      'Alguém entrou na sua conta em um navegador que não é conhecido para ela. Um navegador é conhecido por um ano, e até a senha mudar.',
    advice:
      'Se foi você, não é preciso fazer nada. Se não foi, defina uma nova senha, o que encerra todas as sessões, e remova da sua conta o que você não conhece.',
    action: 'Ver onde sua sessão está aberta',
  },
  approvalMail: {
    title: 'Um aplicativo pede sua aprovação',
    sentence: (client) =>
      mixed`${client} pede que você aprove algo. Veja o que é e aprove somente se esperava por isso.`,
    sentenceUnnamed: 'Um aplicativo pede que você aprove algo. Veja o que é e aprove somente se esperava por isso.',
    decideBefore: 'Decida até',
    action: 'Ver o pedido',
    closing: 'Se não esperava por isso, recuse lá ou não faça nada.',
  },
  invitationMail: {
    subject: 'Convite para uma organização',
    subjectOf: (organization, realm) => mixed`Convite para ${organization} – ${realm}`,
    heading: (organization, realm) => mixed`Participe de ${organization} – ${realm}`,
    sentence: (organization) => mixed`Você recebeu um convite para ser membro de ${organization}.`,
    organization: 'Organização',
    inviter: 'Convidado por',
    role: 'Seu papel',
    action: 'Aceitar o convite',
    alone: 'O link é só para você e funciona uma vez. Não o repasse.',
    closing: 'Se não esperava por isso, não faça nada: ninguém se torna membro sem seguir o link.',
  },
}
