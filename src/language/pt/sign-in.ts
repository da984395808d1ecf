// The Portuguese messages of the pages on which people sign in and out.
import type { signInMessages as English } from '../en/sign-in.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('pt')

export const signInMessages: typeof English = {
  layout: {
    skip: 'Ir para o conteúdo',
    footer: 'Protegido por Countersign',
    error: (title) => `Erro: ${title}`,
    language: 'Idioma',
    administration: 'Administração deste servidor',
    administrationOf: (tenant) => `Administração de ${tenant}`,
  },
  form: {
    email: 'E-mail',
    password: 'Senha',
    newPassword: 'Nova senha',
    newPasswordOptional: 'Nova senha (opcional)',
    nameOptional: 'Nome (opcional)',
    passwordRule: (length) =>
      `Pelo menos ${length} caracteres. Algumas palavras sem relação entre si são seguras e fáceis de lembrar.`,
    unnamedApp: 'um aplicativo sem nome',
    fact: (name, value) => mixed`${name}: ${value}`,
    signedInAs: 'Sessão iniciada como',
    addressNeeded: 'Insira seu e-mail.',
    signIn: 'Entrar',
    useAnother: 'Usar outra conta',
    switchAccount: 'Não é você? Mude de conta',
    allow: 'Permitir',
    deny: 'Recusar',
    proceed: 'Continuar',
    mailsAnHour: (count) =>
      plural(count, {
        one: 'Um endereço recebe no máximo # e-mail por hora.',
        other: 'Um endereço recebe no máximo # e-mails por hora.',
      }),
    nothingArrived: 'Não chegou nada? Veja na pasta de spam e confira o endereço.',
  },
  password: {
    notText: 'A senha não é texto.',
    tooShort: (length) =>
      plural(length, { one: 'A senha tem menos de # caractere.', other: 'A senha tem menos de # caracteres.' }),
    tooLong: (length) =>
      plural(length, { one: 'A senha tem mais de # caractere.', other: 'A senha tem mais de # caracteres.' }),
    isAddress: 'A senha é igual ao e-mail.',
    isCommon: 'Esta senha é uma das primeiras que qualquer pessoa tentaria.',
    isBreached: 'Esta senha apareceu em um vazamento de dados.',
    refused: 'Esta senha não pode ser usada.',
  },
  signIn: {
    title: 'Entrar',
    confirmTitle: 'Confirme que é você',
    continueTo: (client) => mixed`para continuar em ${client}`,
    confirmFor: (client) => mixed`Insira sua senha novamente para continuar em ${client}`,
    confirmAlone: 'Insira sua senha novamente para continuar.',
    returnTo: (host) => mixed`Depois, você voltará para ${host}.`,
    switch: 'Não é você? Use outra conta',
    incorrect: 'O e-mail e a senha não correspondem. Confira os dois e tente novamente.',
    confirmIncorrect: 'A senha não está correta. Tente novamente.',
    incomplete: 'Insira seu e-mail e sua senha.',
    waitSeconds: (count) =>
      plural(count, {
        one: 'Tentativas demais. Aguarde # segundo e tente novamente.',
        other: 'Tentativas demais. Aguarde # segundos e tente novamente.',
      }),
    waitMinutes: (count) =>
      plural(count, {
        one: 'Tentativas demais. Aguarde # minuto e tente novamente.',
        other: 'Tentativas demais. Aguarde # minutos e tente novamente.',
      }),
    forgot: 'Esqueceu sua senha?',
    register: 'Criar uma conta',
    mail: 'Entrar por e-mail',
    no_address: 'Insira seu e-mail e enviaremos uma mensagem com um código e um link.',
    provider: (name) => mixed`Continuar com ${name}`,
    passkeyButton: 'Entrar com uma chave de acesso',
    passkey: 'Esta chave de acesso não funciona aqui. Tente outra ou entre de outra forma.',
    passkey_stale: 'Demorou demais. Tente novamente.',
    stale: 'Esta página ficou aberta por tempo demais. Insira sua senha novamente.',
  },
  emailSignIn: {
    title: 'Veja sua caixa de entrada',
    sentTo: (email) => mixed`Se você pode entrar com este endereço, uma mensagem está a caminho dele: ${email}`,
    next: 'Insira o código da mensagem ou abra o link dela neste navegador. Os dois valem por dez minutos, e somente os da mensagem mais recente.',
    code: 'Código',
    missing: 'Não chegou nada? Veja na pasta de spam.',
    again: 'Enviar outra mensagem',
    other: 'Entrar de outra forma',
    incorrect: 'O código não está correto. Insira os oito dígitos da mensagem mais recente.',
    incomplete: 'Insira o código da mensagem.',
    over: 'Essa mensagem não vale mais. Peça outra.',
    too_many_attempts: 'Códigos errados demais: a mensagem não vale mais. Peça outra.',
    dead: 'Ele funciona uma vez, por dez minutos, e somente o mais recente. Volte para onde queria entrar e peça outra mensagem.',
    goOnAs: (email) => mixed`Você continua como ${email}.`,
    elsewhereTitle: 'Continue onde começou',
    elsewhere: 'O link só funciona no navegador em que você começou a entrar. Insira lá o código da mensagem.',
    askedFrom: (ip) => mixed`A mensagem foi pedida a partir de ${ip}.`,
    warning: 'Se você não começou a entrar, feche esta página e não diga o código a ninguém.',
  },
  secondFactor: {
    title: 'Confirme que é você',
    noScript: 'As chaves de acesso precisam de JavaScript. Ative-o nesta página ou escolha outra forma.',
    stale: 'Demorou demais. Tente novamente.',
    remember: (days) =>
      plural(days, {
        one: 'Não perguntar de novo neste navegador por # dia',
        other: 'Não perguntar de novo neste navegador por # dias',
      }),
    passkey: {
      lead: 'Use uma de suas chaves de acesso para continuar.',
      label: 'Usar uma chave de acesso',
      choose: 'Usar uma chave de acesso',
      incorrect: 'Esta chave de acesso não funciona aqui. Tente novamente ou escolha outra forma.',
      incomplete: 'Use uma de suas chaves de acesso.',
    },
    totp: {
      lead: 'Insira o código que seu aplicativo de autenticação mostra para esta conta.',
      label: 'Código',
      choose: 'Usar seu aplicativo de autenticação',
      incorrect: 'O código não está correto ou já foi usado. Insira o código que o aplicativo mostra agora.',
      incomplete: 'Insira os seis dígitos que o aplicativo mostra.',
    },
    recovery_code: {
      lead: 'Insira um dos códigos de recuperação que você guardou. Cada um funciona uma vez.',
      label: 'Código de recuperação',
      choose: 'Usar um código de recuperação',
      incorrect: 'O código de recuperação não está correto ou já foi usado.',
      incomplete: 'Insira um de seus códigos de recuperação.',
    },
  },
  enrolment: {
    title: 'Configure um aplicativo de autenticação',
    lead: 'Você precisa de uma segunda etapa para continuar. Leia o código QR com um aplicativo de autenticação e insira o código que ele mostra.',
    accountTitle: 'Adicione uma segunda etapa à sua conta',
    picture: 'Código QR para seu aplicativo de autenticação',
    cannotScan:
      'Não consegue ler o código? Adicione uma conta no aplicativo com esta chave, com códigos baseados em tempo:',
    account: 'Conta',
    code: 'Código do aplicativo',
    incomplete: 'Insira os seis dígitos que o aplicativo mostra.',
    incorrect:
      'O código não está correto. Verifique se o relógio do seu dispositivo está certo e insira o código que o aplicativo mostra agora.',
    codesTitle: 'Guarde seus códigos de recuperação',
    codesLead:
      'Se você perder seu dispositivo, cada um destes códigos serve como segunda etapa, uma vez. Eles não serão mostrados de novo.',
    codesHint: 'Imprima-os ou guarde-os em um gerenciador de senhas.',
    saved: 'Guardei os códigos',
    passkeyFailed: 'Não funcionou. Tente novamente ou escolha outra forma.',
  },
  signOut: {
    confirmTitle: 'Sair?',
    asks: (client) => mixed`${client} pede para encerrar sua sessão.`,
    everywhere: (brand) => mixed`Você sairá de ${brand} neste navegador.`,
    signOut: 'Sair',
    stay: 'Continuar com a sessão',
    stayedTitle: 'Sua sessão continua aberta',
    stayed: 'Nada foi alterado. Você já pode fechar esta janela.',
    doneTitle: 'Você saiu',
    done: 'Você já pode fechar esta janela.',
    shared: 'Em um computador compartilhado, feche também o navegador.',
    continueTo: (name) => mixed`Continuar em ${name}`,
    waitTitle: 'Encerrando a sessão',
    waited: 'Você saiu.',
  },
}
