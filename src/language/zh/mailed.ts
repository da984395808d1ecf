// The Chinese messages of the pages that mailed links lead to, and of those that ask for them.
import type { mailedMessages as English } from '../en/mailed.ts'
import { mixed } from '../message.ts'

export const mailedMessages: typeof English = {
  mailed: {
    mailboxTitle: '请查看您的邮箱',
    deadTitle: '此链接已失效',
    sendMail: '发送邮件',
    newLink: '申请新链接',
  },
  recovery: {
    title: '忘记密码？',
    lead: '请输入您账号的地址。我们会向其发送一封包含链接的邮件，用于设置新密码。',
    sent: '如果存在使用此地址的账号，包含链接的邮件已发出。链接在一小时内有效，且仅限最新的一个。',
    setTitle: '设置新密码',
    setLead: '您将在所有地方退出登录。',
    set: '设置密码',
    changedTitle: '您的密码已更改',
    changed: '您已在所有地方退出登录。从现在起请使用新密码。',
    dead: '链接在一小时内只能使用一次，且仅限最新的一个。请申请新链接以设置密码。',
  },
  verification: {
    title: '确认您的地址',
    question: (email) => mixed`${email} 是您在这里的账号地址吗？`,
    yes: '是的，是我的',
    unconfirmed: (email) => mixed`尚未确认 ${email} 属于您。我们会向其发送一封包含链接的邮件。`,
    tooManyTitle: '邮件过多',
    later: '请稍后重试。',
    sent: (email) => mixed`包含链接的邮件已发往 ${email}。链接在一天内有效，且仅限最新的一个。`,
    doneTitle: '您的地址已确认',
    done: (email) => mixed`${email} 已确认。您现在可以关闭此窗口。`,
    dead: '链接在一天内只能使用一次，且仅限最新的一个。',
    deadAdvice: '要申请新链接，请登录并再次打开此页面。',
  },
  signUp: {
    title: '创建账号',
    lead: '请输入您的电子邮箱。我们会向其发送一封包含链接的邮件，以便继续。',
    domains: '这里仅限特定域名的地址创建账号。',
    haveAccount: '已有账号？登录',
    sent: '邮件已发出。其中的链接在一小时内有效，且仅限最新的一个。请在此浏览器中打开它以继续。',
    dead: '链接在一小时内只能使用一次，且仅限最新的一个。如果您现在已有账号，请到您要去的地方登录。',
    confirmTitle: '创建您的账号',
    choose: '您的地址已确认。请选择密码。',
    chooseOrMail: '您的地址已确认。请选择密码，或每次通过电子邮件登录。',
    create: '创建账号',
    readyTitle: '您的账号已创建',
    ready: '请回到您要登录的地方，在那里登录。',
    refusedTitle: '没有创建账号',
    already_exists: '已存在使用此地址或外观相同地址的账号。',
    limit_reached: '这里无法再创建账号。请联系此服务的运营者。',
  },
}
