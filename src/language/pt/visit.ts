// The Portuguese messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('pt')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`Permitir que ${client} use sua conta?`,
    firstParty: (brand) => mixed`Um aplicativo de ${brand}`,
    unverified: 'Não verificado',
    unverifiedText: (brand) =>
      mixed`Qualquer pessoa pode dar este nome a um aplicativo. ${brand} não verificou quem está por trás dele: permita somente se você o conhece.`,
    may: (resource) => mixed`Em ${resource}, ele poderá:`,
    mayAlone: 'Ele poderá:',
    further: 'E também:',
    nothing: 'Nada além de saber que você entrou',
    undescribed: 'Algo que o operador não descreveu',
    returns: 'Leva você de volta a',
    organization: 'Organização',
    app: (scheme) => mixed`um aplicativo neste dispositivo que abre ${scheme}`,
    device: (host) => mixed`um programa neste computador, ${host}`,
    deviceText: 'O aplicativo é executado neste computador. Permita somente se você acabou de iniciá-lo.',
    password: 'Sua senha nunca é compartilhada com o aplicativo.',
    links: { website: 'Site', policy: 'Política de privacidade', terms: 'Termos de serviço' },
    scopes: {
      openid: 'Saber quem você é',
      profile: 'Ver seu nome e sua foto',
      email: 'Ver seu e-mail',
      address: 'Ver seu endereço postal',
      phone: 'Ver seu número de telefone',
      groups: 'Ver a quais grupos você pertence',
      roles: 'Ver quais funções você tem',
      organization: 'Ver a organização para a qual você entra',
      offline_access: 'Manter este acesso na sua ausência, até que você o retire',
    },
  },
  organization: {
    title: 'Escolha uma organização',
    lead: (client) => mixed`Você usa ${client} para uma de suas organizações de cada vez.`,
    foreignTitle: 'Você não é membro',
    foreign: (client) =>
      mixed`Esta conta não é membro da organização para a qual ${client} inicia sua sessão. Use outra conta ou peça um convite.`,
    none: (client) =>
      mixed`${client} é para membros de organizações, e esta conta não é membro de nenhuma. Use outra conta ou peça um convite.`,
    cancel: 'Cancelar',
  },
  external: {
    refusedTitle: 'Você não pode entrar aqui',
    refused: (provider) =>
      mixed`A conta à qual sua conta em ${provider} está vinculada não pode entrar. Fale com os responsáveis por este serviço.`,
    noAccountTitle: 'Sua conta não está vinculada aqui',
    noAccount: (provider) => mixed`Ninguém aqui está vinculado à sua conta em ${provider}.`,
    noAccountAdvice:
      'Se você tem uma conta aqui, entre como fazia antes e depois vincule a outra. Em seguida, você poderá entrar com as duas.',
    signInAndLink: 'Entrar e vincular',
    deniedTitle: 'Ninguém entrou',
    denied: (provider) =>
      mixed`Você não entrou em ${provider}, ou o pedido foi recusado. Tente novamente ou escolha outra forma.`,
    failedTitle: 'Não foi possível entrar',
    failed: (provider) =>
      mixed`Algo deu errado entre este serviço e ${provider}. Tente novamente ou escolha outra forma.`,
    takenTitle: 'Já está vinculada',
    taken: (provider) => mixed`Sua conta em ${provider} está vinculada a outra conta aqui.`,
    back: 'Voltar',
    help: (id) => mixed`Se pedir ajuda, informe este identificador: ${id}`,
  },
  device: {
    codeTitle: 'Conecte um dispositivo',
    enter: 'Insira o código que seu dispositivo ou programa mostra.',
    compare: 'Continue somente se seu dispositivo ou programa mostra exatamente este código.',
    code: 'Código',
    hint: '8 letras, por exemplo WDJB-MJHT',
    unknown: 'Nenhum dispositivo espera este código. Confira as letras ou faça o dispositivo mostrar outro código.',
    tooMany: (minutes) =>
      plural(minutes, {
        one: 'Códigos demais que nenhum dispositivo espera. Tente novamente em # minuto.',
        other: 'Códigos demais que nenhum dispositivo espera. Tente novamente em # minutos.',
      }),
    heading: (client) => mixed`Conectar ${client} à sua conta?`,
    warning:
      'Aprove somente se você acabou de iniciar isto, em um dispositivo à sua frente que mostra este código. Se alguém enviou o código ou um link para esta página, recuse: quem tem esse dispositivo estaria usando sua conta.',
    shown: 'O dispositivo mostra',
    from: 'O pedido vem de',
    program: (place, program) => mixed`${place} e se chama ${program}`,
    unknownPlace: 'um endereço desconhecido',
    when: 'Momento do pedido',
    moments: 'há menos de um minuto',
    minutes: (count) => plural(count, { one: 'há # minuto', other: 'há # minutos' }),
    approve: 'Aprovar',
    approvedTitle: 'Seu dispositivo está conectado',
    approved: 'O dispositivo continua em alguns segundos. Você já pode fechar esta janela.',
    deniedTitle: 'O dispositivo foi recusado',
    denied: 'Ele não tem acesso à sua conta. Você já pode fechar esta janela.',
  },
  invitation: {
    heading: (organization) => mixed`Participe de ${organization}`,
    unnamed: 'uma organização sem nome',
    lead: (organization) => mixed`Você recebeu um convite para ser membro de ${organization}.`,
    invited: 'O convite é para',
    until: 'É válido até',
    wrongAccount: (email) =>
      mixed`Sua sessão está aberta como ${email}, mas o convite é para outro endereço. Use a conta desse endereço para aceitá-lo.`,
    haveAccount: 'Você tem uma conta aqui. Insira a senha dela para aceitar.',
    needAccount: 'Você ainda não tem uma conta aqui. Escolha uma senha, e ela será criada para você.',
    join: 'Aceitar o convite',
    sign_in: 'Entrar e aceitar',
    register: 'Criar a conta e aceitar',
    unknownTitle: 'Este link não leva a nenhum convite',
    unknown:
      'Ele pode estar incompleto ou ser antigo demais. Abra-o de novo a partir da mensagem ou copie-o por inteiro.',
    unknownAdvice: 'Se isso não ajudar, peça um novo convite a quem convidou você.',
    acceptedTitle: 'Este convite já foi aceito',
    accepted: 'O link dele funciona uma vez. Se foi você, não há mais nada a fazer: entre onde quiser ir.',
    revokedTitle: 'Este convite foi retirado',
    revoked: 'O link dele não funciona mais. Se acha que é um engano, fale com quem convidou você.',
    expiredTitle: 'Este convite expirou',
    expired: 'O link dele não funciona mais. Peça outro a quem convidou você.',
    otherWayTitle: 'Entre primeiro',
    otherWay:
      'Sua conta aqui não tem senha. Entre como de costume e depois abra o link do convite de novo no mesmo navegador.',
    memberTitle: (organization) => mixed`Você é membro de ${organization}`,
    member: 'O convite foi aceito. Você já pode fechar esta janela ou entrar onde quiser ir.',
  },
  error: {
    detail: 'Detalhe',
    code: 'Código do erro',
    request: 'Identificador do pedido',
    onward: (host) =>
      mixed`O aplicativo quer levar você de volta a ${host}. Ninguém verificou quem está por trás dele: continue somente se você o conhece.`,
    goOn: 'Continuar para o aplicativo',
    support:
      'Se isto continuar acontecendo, avise os responsáveis pelo aplicativo ou por este serviço e informe o identificador do pedido.',
    otherTitle: 'Este pedido não pode ser concluído',
    other: 'O aplicativo que trouxe você aqui fez um pedido que não podemos aceitar.',
    byCode: {
      access_denied: [
        'O acesso foi recusado',
        'Sua sessão está aberta, mas você não pode continuar com este aplicativo.',
      ],
      forbidden: ['Este pedido foi recusado', 'Volte para onde estava e tente novamente a partir de lá.'],
      unmet_authentication_requirements: [
        'Você não pode continuar neste endereço',
        'É necessária uma segunda etapa, e nenhuma das suas funciona aqui. Vá para onde a configurou ou fale com os responsáveis por este serviço.',
      ],
      expired: [
        'Esta página não é mais válida',
        'Ela já foi usada ou ficou aberta por tempo demais. Volte e comece de novo.',
      ],
      not_found: ['Não há nada aqui', 'Confira o endereço, ou volte ao aplicativo e comece de novo.'],
      method_not_allowed: ['Esta página não pode ser aberta assim', 'Volte ao aplicativo e comece de novo.'],
      too_many_requests: ['Pedidos demais', 'Aguarde um pouco e tente novamente.'],
      server_error: ['Algo deu errado aqui', 'A falha é nossa, não sua. Tente novamente em instantes.'],
      identity_provider_failed: [
        'Não foi possível entrar',
        'O serviço que conhece sua senha não responde como deveria. Tente novamente em instantes.',
      ],
      temporarily_unavailable: ['Não podemos responder agora', 'Tente novamente em instantes.'],
      invalid_redirect_uri: [
        'Não é seguro seguir o pedido deste aplicativo',
        'O aplicativo pede para enviar você a um endereço que não está registrado para ele. Para sua segurança, você permanece aqui.',
      ],
      invalid_client: [
        'Este aplicativo não é conhecido aqui',
        'O aplicativo que trouxe você aqui não está registrado ou foi removido.',
      ],
      unauthorized_client: [
        'Este aplicativo não pode iniciar sua sessão',
        'O aplicativo não tem permissão para fazer este tipo de pedido.',
      ],
    },
  },
  getStarted: {
    title: 'Crie o primeiro administrador',
    lead: 'Este servidor é novo. Quem tiver este link se torna o administrador; o link funciona uma vez.',
    problems: 'A conta não foi criada. Corrija o que está marcado abaixo.',
    wrongEmail: 'Isto não é um e-mail.',
    submit: 'Criar administrador',
    doneTitle: 'Tudo pronto',
    done: (email) =>
      mixed`${email} agora é o administrador deste servidor. Guarde a senha em um lugar seguro: não há um segundo link.`,
    secondStep:
      'Agora só uma senha protege este servidor. Configure uma chave de acesso ou um aplicativo de autenticação na sua conta.',
    account: 'Abrir sua conta',
    next: 'Ver o que fazer a seguir',
    expiredTitle: 'Este link não é mais válido',
    expired: 'Ele já foi usado, expirou ou está incompleto.',
    expiredAdvice:
      'Se ninguém tem uma conta ainda, procure um link mais recente no log do servidor. Se você tem uma, entre.',
  },
  landing: {
    serverTitle: 'Este servidor serve para entrar',
    server: 'Os aplicativos enviam você aqui para entrar, e depois você volta a eles. Abra o aplicativo que quer usar.',
    serverAdmin: 'A administração deste servidor tem um endereço próprio. Os responsáveis pelo servidor o conhecem.',
    login:
      'Os administradores trabalham com a linha de comando: “countersign login” inicia sua sessão, também como administrador de um inquilino com “--tenant” e o identificador dele.',
    doctor:
      'Para ver se tudo está configurado, execute “countersign doctor”. Para registrar o primeiro aplicativo, execute “countersign client create --help”.',
    account:
      'Na sua conta você altera a senha e configura uma chave de acesso ou um aplicativo de autenticação. Para exigir isso de todos os administradores, execute “countersign tenant update default --admin-min-aal 2”.',
    docs: 'Ler a documentação da API',
  },
}
