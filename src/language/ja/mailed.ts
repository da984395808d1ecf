// The Japanese messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: 'メールを確認してください',
    deadTitle: 'このリンクはもう使えません',
    sendMail: 'メールを送る',
    newLink: '新しいリンクを請求',
  },
  recovery: {
    title: 'パスワードをお忘れですか？',
    lead: 'アカウントのアドレスを入力してください。新しいパスワードを設定するためのリンクをメールでお送りします。',
    sent: 'このアドレスのアカウントがある場合は、リンクを記載したメールをお送りしています。リンクは 1 時間有効で、最新のものだけが使えます。',
    setTitle: '新しいパスワードの設定',
    setLead: 'すべての場所でサインアウトされます。',
    set: 'パスワードを設定',
    changedTitle: 'パスワードを変更しました',
    changed: 'すべての場所でサインアウトしました。今後は新しいパスワードを使ってください。',
    dead: 'リンクは 1 時間以内に 1 回だけ、最新のものだけが使えます。パスワードを設定するには、新しいリンクを請求してください。',
  },
  verification: {
    title: 'アドレスの確認',
    question: (email) => mixed`${email} はここのアカウントのアドレスですか？`,
    yes: 'はい、私のものです',
    unconfirmed: (email) =>
      mixed`${email} がご自身のものであることは、まだ確認されていません。リンクを記載したメールをお送りします。`,
    tooManyTitle: 'メールが多すぎます',
    later: '後でもう一度お試しください。',
    sent: (email) =>
      mixed`${email} にリンクを記載したメールをお送りしています。リンクは 1 日有効で、最新のものだけが使えます。`,
    doneTitle: 'アドレスを確認しました',
    done: (email) => mixed`${email} を確認しました。このウィンドウは閉じてかまいません。`,
    dead: 'リンクは 1 日以内に 1 回だけ、最新のものだけが使えます。',
    deadAdvice: '新しいリンクを請求するには、サインインしてこのページをもう一度開いてください。',
  },
  signUp: {
    title: 'アカウントの作成',
    lead: 'メールアドレスを入力してください。続けるためのリンクをメールでお送りします。',
    domains: 'ここでは特定のドメインのアドレスでのみアカウントを作成できます。',
    haveAccount: 'アカウントをお持ちの場合はサインイン',
    sent: 'メールをお送りしています。リンクは 1 時間有効で、最新のものだけが使えます。続けるには、このブラウザーで開いてください。',
    dead: 'リンクは 1 時間以内に 1 回だけ、最新のものだけが使えます。すでにアカウントをお持ちの場合は、目的の場所でサインインしてください。',
    confirmTitle: 'アカウントの作成',
    choose: 'アドレスを確認しました。パスワードを決めてください。',
    chooseOrMail: 'アドレスを確認しました。パスワードを決めるか、毎回メールでサインインしてください。',
    create: 'アカウントを作成',
    readyTitle: 'アカウントを作成しました',
    ready: 'サインインしようとした場所に戻り、そこでサインインしてください。',
    refusedTitle: 'アカウントは作成されませんでした',
    already_exists: 'このアドレス、または見た目が同じアドレスのアカウントがすでにあります。',
    limit_reached: 'ここではこれ以上アカウントを作成できません。このサービスの運営者にお問い合わせください。',
  },
}
