// The Japanese messages of the pages on which people decide about apps, devices and invitations, and of other pages.
import type { visitMessages as English } from '../en/visit.ts'
import { mixed, pluralOf } from '../message.ts'

const plural = pluralOf('ja')

export const visitMessages: typeof English = {
  consent: {
    heading: (client) => mixed`${client} にアカウントの使用を許可しますか？`,
    firstParty: (brand) => mixed`${brand} のアプリ`,
    unverified: '未確認',
    unverifiedText: (brand) =>
      mixed`この名前は誰でもアプリに付けられます。${brand} は提供者を確認していません。ご存じのアプリの場合にだけ許可してください。`,
    may: (resource) => mixed`${resource} で次のことができるようになります：`,
    mayAlone: '次のことができるようになります：',
    further: 'さらに次のこともできます：',
    nothing: 'サインインしたことを知る以外は何もできません',
    undescribed: '運営者による説明がない操作',
    returns: '戻り先',
    organization: '組織',
    app: (scheme) => mixed`この端末で ${scheme} を開くアプリ`,
    device: (host) => mixed`このコンピューターのプログラム、${host}`,
    deviceText: 'このアプリはこのコンピューターで動いています。ご自身で今起動した場合にだけ許可してください。',
    password: 'パスワードがアプリに渡されることはありません。',
    links: { website: 'ウェブサイト', policy: 'プライバシーポリシー', terms: '利用規約' },
    scopes: {
      openid: 'あなたが誰であるかの確認',
      profile: '名前と写真の閲覧',
      email: 'メールアドレスの閲覧',
      address: '住所の閲覧',
      phone: '電話番号の閲覧',
      groups: '所属グループの閲覧',
      roles: 'あなたのロールを見る',
      organization: 'サインイン先の組織を見る',
      offline_access: '取り消すまで、不在の間もこのアクセスを維持',
    },
  },
  organization: {
    title: '組織を選択',
    lead: (client) => mixed`${client} は、一度に一つの組織で使います。`,
    foreignTitle: 'メンバーではありません',
    foreign: (client) =>
      mixed`このアカウントは、${client} がサインインする組織のメンバーではありません。別のアカウントを使うか、招待を依頼してください。`,
    none: (client) =>
      mixed`${client} は組織のメンバー向けですが、このアカウントはどの組織のメンバーでもありません。別のアカウントを使うか、招待を依頼してください。`,
    cancel: 'キャンセル',
  },
  external: {
    refusedTitle: 'ここにはサインインできません',
    refused: (provider) =>
      mixed`${provider} のアカウントと連携しているアカウントは、サインインを許可されていません。このサービスの運営者にお問い合わせください。`,
    noAccountTitle: 'アカウントは連携していません',
    noAccount: (provider) => mixed`${provider} のアカウントと連携しているアカウントはここにありません。`,
    noAccountAdvice:
      'ここにアカウントをお持ちの場合は、これまでの方法でサインインしてから連携してください。その後はどちらでもサインインできます。',
    signInAndLink: 'サインインして連携',
    deniedTitle: 'サインインされませんでした',
    denied: (provider) =>
      mixed`${provider} でサインインしなかったか、拒否されました。もう一度試すか、ほかの方法を選んでください。`,
    failedTitle: 'サインインできませんでした',
    failed: (provider) =>
      mixed`このサービスと ${provider} の間で問題が発生しました。もう一度試すか、ほかの方法を選んでください。`,
    takenTitle: 'すでに連携しています',
    taken: (provider) => mixed`${provider} のアカウントは、ここの別のアカウントと連携しています。`,
    back: '戻る',
    help: (id) => mixed`お問い合わせの際は、この ID をお伝えください: ${id}`,
  },
  device: {
    codeTitle: '端末の接続',
    enter: '端末またはプログラムに表示されているコードを入力してください。',
    compare: '端末またはプログラムにまったく同じコードが表示されている場合にだけ続けてください。',
    code: 'コード',
    hint: '8 文字の英字（例：WDJB-MJHT）',
    unknown: 'このコードを待っている端末はありません。文字を確認するか、端末に別のコードを表示させてください。',
    tooMany: (minutes) =>
      plural(minutes, { other: '該当する端末のないコードが多すぎます。# 分後にもう一度お試しください。' }),
    heading: (client) => mixed`${client} をアカウントに接続しますか？`,
    warning:
      'ご自身で今始めた操作で、目の前の端末にこのコードが表示されている場合にだけ承認してください。誰かからコードやこのページへのリンクを送られた場合は拒否してください。その端末を持つ人があなたのアカウントを使うことになります。',
    shown: '端末の表示',
    from: '要求元',
    program: (place, program) => mixed`${place}(${program} と名乗っています)`,
    unknownPlace: '不明なアドレス',
    when: '要求日時',
    moments: '1 分以内',
    minutes: (count) => plural(count, { other: '# 分前' }),
    approve: '承認',
    approvedTitle: '端末を接続しました',
    approved: '数秒後に端末で続きが始まります。このウィンドウは閉じてかまいません。',
    deniedTitle: '端末を拒否しました',
    denied: 'その端末はアカウントにアクセスできません。このウィンドウは閉じてかまいません。',
  },
  invitation: {
    heading: (organization) => mixed`${organization} に参加`,
    unnamed: '名前のない組織',
    lead: (organization) => mixed`${organization} のメンバーに招待されています。`,
    invited: '招待の宛先',
    until: '有効期限',
    wrongAccount: (email) =>
      mixed`${email} としてサインインしていますが、招待は別のアドレス宛てです。承諾するには、そのアドレスのアカウントを使ってください。`,
    haveAccount: 'ここにアカウントをお持ちです。承諾するには、そのパスワードを入力してください。',
    needAccount: 'ここにはまだアカウントがありません。パスワードを決めると、アカウントが作成されます。',
    join: '招待を承諾',
    sign_in: 'サインインして承諾',
    register: 'アカウントを作成して承諾',
    unknownTitle: 'このリンクに対応する招待はありません',
    unknown:
      'リンクが途中で切れているか、古すぎる可能性があります。メールからもう一度開くか、全体をコピーしてください。',
    unknownAdvice: '解決しない場合は、招待した人に新しい招待を依頼してください。',
    acceptedTitle: 'この招待はすでに承諾されています',
    accepted:
      'リンクは 1 回だけ使えます。ご自身で承諾した場合は、ほかに必要なことはありません。目的の場所でサインインしてください。',
    revokedTitle: 'この招待は取り消されました',
    revoked: 'リンクはもう使えません。間違いだと思われる場合は、招待した人にお問い合わせください。',
    expiredTitle: 'この招待は期限切れです',
    expired: 'リンクはもう使えません。招待した人に新しい招待を依頼してください。',
    otherWayTitle: '先にサインインしてください',
    otherWay:
      'ここのアカウントにはパスワードがありません。いつもの方法でサインインしてから、同じブラウザーで招待のリンクをもう一度開いてください。',
    memberTitle: (organization) => mixed`${organization} のメンバーです`,
    member: '招待は承諾されました。このウィンドウを閉じるか、目的の場所でサインインしてください。',
  },
  error: {
    detail: '詳細',
    code: 'エラーコード',
    request: 'リクエスト ID',
    onward: (host) =>
      mixed`アプリは ${host} に戻るよう求めています。提供者は確認されていません。ご存じのアプリの場合にだけ進んでください。`,
    goOn: 'アプリに進む',
    support: '繰り返し発生する場合は、アプリまたはこのサービスの運営者にリクエスト ID を添えてお知らせください。',
    otherTitle: 'このリクエストは完了できません',
    other: 'ここへ案内したアプリのリクエストは受け付けられません。',
    byCode: {
      access_denied: ['アクセスが拒否されました', 'サインインしていますが、このアプリでは続けられません。'],
      forbidden: ['このリクエストは拒否されました', '元の場所に戻り、そこからもう一度お試しください。'],
      unmet_authentication_requirements: [
        'このアドレスでは続けられません',
        '2 段階目の認証が必要ですが、ここで使えるものがありません。設定した場所に移動するか、このサービスの運営者にお問い合わせください。',
      ],
      expired: [
        'このページはもう有効ではありません',
        'すでに使われたか、開いたまま時間がたちすぎました。戻ってやり直してください。',
      ],
      not_found: ['ここには何もありません', 'アドレスを確認するか、アプリに戻ってやり直してください。'],
      method_not_allowed: ['このページはこの方法では開けません', 'アプリに戻ってやり直してください。'],
      too_many_requests: ['リクエストが多すぎます', '少し待ってから、もう一度お試しください。'],
      server_error: ['問題が発生しました', '原因はこちら側にあります。しばらくしてからもう一度お試しください。'],
      identity_provider_failed: [
        'サインインできませんでした',
        'パスワードを確認するサービスから正しい応答がありません。しばらくしてからもう一度お試しください。',
      ],
      temporarily_unavailable: ['現在応答できません', 'しばらくしてからもう一度お試しください。'],
      invalid_redirect_uri: [
        'このアプリのリクエストに従うのは安全ではありません',
        'アプリは、登録されていないアドレスへの移動を求めています。安全のため、ここにとどまります。',
      ],
      invalid_client: ['このアプリは登録されていません', 'ここへ案内したアプリは登録されていないか、削除されました。'],
      unauthorized_client: [
        'このアプリではサインインできません',
        'このアプリには、この種類のリクエストが許可されていません。',
      ],
    },
  },
  getStarted: {
    title: '最初の管理者を作成',
    lead: 'これは新しいサーバーです。このリンクを持つ人が管理者になります。リンクは 1 回だけ使えます。',
    problems: 'アカウントは作成されませんでした。下に示された項目を修正してください。',
    wrongEmail: 'メールアドレスではありません。',
    submit: '管理者を作成',
    doneTitle: '準備ができました',
    done: (email) =>
      mixed`${email} がこのサーバーの管理者になりました。パスワードは安全な場所に保管してください。リンクは再発行されません。`,
    secondStep:
      '現在、このサーバーを守っているのはパスワードだけです。アカウントでパスキーまたは認証アプリを設定してください。',
    account: 'アカウントを開く',
    next: '次にできることを見る',
    expiredTitle: 'このリンクはもう有効ではありません',
    expired: 'すでに使われたか、期限が切れたか、途中で切れています。',
    expiredAdvice:
      'まだ誰もアカウントを持っていない場合は、サーバーのログで新しいリンクを探してください。アカウントをお持ちの場合は、サインインしてください。',
  },
  landing: {
    serverTitle: 'サインイン用のサーバーです',
    server: 'アプリからサインインのためにここへ移動し、終わるとアプリに戻ります。使いたいアプリを開いてください。',
    serverAdmin: 'このサーバーの管理画面には専用のアドレスがあります。サーバーの運営者にお尋ねください。',
    login:
      '管理者はコマンドラインを使います。「countersign login」でサインインします。「--tenant」とその ID を付けると、テナントの管理者としてサインインできます。',
    doctor:
      '設定がそろっているかは「countersign doctor」で確認できます。最初のアプリの登録方法は「countersign client create --help」で確認できます。',
    account:
      'パスワードの変更や、パスキーまたは認証アプリの設定はアカウントで行います。すべての管理者に必須とするには「countersign tenant update default --admin-min-aal 2」を実行します。',
    docs: 'API のドキュメントを読む',
  },
}
