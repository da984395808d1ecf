// The Chinese messages of mails.
import type { mailMessages as English } from '../en/mail.ts'
import { mixed } from '../message.ts'

export const mailMessages: typeof English = {
  mail: {
    titleAt: (title, realm) => mixed`${title} – ${realm}`,
    account: '账号',
    askedFrom: '请求来自',
    validUntil: '有效期至',
    changedAt: '更改时间',
    name: '名称',
    code: '验证码',
    browser: '浏览器',
    address: '地址',
    signedIn: '登录时间',
    alone: '此链接仅供您本人使用，只能使用一次。请勿转发。',
    nothingToDo: '如果是您本人操作，则无需任何处理。',
    notYou: '不是您本人？设置新密码',
  },
  recoveryMail: {
    title: '设置新密码',
    sentence: '有人请求为您的账号设置新密码。',
    closing: '如果不是您本人，请忽略：您的密码保持不变。',
  },
  verificationMail: {
    title: '确认您的电子邮箱',
    sentence: '请确认此地址属于您。',
    action: '确认地址',
    closing: '如果您在那里没有账号，请忽略。',
  },
  registrationMail: {
    title: '创建您的账号',
    sentence: '有人开始用此地址创建账号。',
    action: '继续',
    closing: '如果不是您本人，请忽略：没有此链接就不会创建账号。',
  },
  signInMail: {
    title: '登录',
    sentence: '请在您开始登录的页面输入验证码。或在同一浏览器中打开链接。',
    alone: '验证码和链接仅供您本人使用，其中一个可以使用一次。不要把验证码告诉任何人：我们绝不会询问它。',
    closing: '如果不是您本人，请忽略：没有验证码或链接，任何人都无法登录。',
  },
  accountExistsMail: {
    title: '您已有账号',
    sentence: '有人开始用此地址创建账号，但账号已经存在。请用它在您要去的地方登录。',
    action: '忘记密码？设置新密码',
    closing: '如果不是您本人，请忽略。',
  },
  passwordChangedMail: {
    title: '您的密码已更改',
    sentence: '您账号的密码已更改，您已在所有地方退出登录。',
    sentenceKeptOne: '您账号的密码已更改，您已在所有其他地方退出登录。',
    removedTitle: '您的密码已移除',
    removed: '您账号的密码已移除，您已在所有其他地方退出登录。',
  },
  addressChangedMail: {
    title: '您账号的地址已更改',
    former: '管理员为您的账号设置了另一个地址。您现在用该地址登录，邮件也会发往那里。',
    present: '管理员为一个账号设置了此地址。其所有者现在用它登录，邮件会发到这里。',
    advice: '如果您对此不知情，请告知此服务的运营者。',
    formerAddress: '原地址',
  },
  accountDeletedMail: {
    title: '您的账号已被删除',
    sentence: '您的账号已在账号页面上被删除，您已在所有位置退出登录。',
    advice: '如果不是您本人操作，请立即告知此服务的运营者。',
    action: '前往此服务',
  },
  authenticatorMail: {
    passkey_added: ['已添加通行密钥', '您的账号添加了一个通行密钥。持有它的人可以以您的身份登录。'],
    passkey_removed: ['已移除通行密钥', '您账号的一个通行密钥已被移除。'],
    app_added: ['已添加身份验证器应用', '您的账号添加了一个身份验证器应用。持有它的人知道您第二步的验证码。'],
    app_removed: ['已移除身份验证器应用', '您账号的一个身份验证器应用已被移除。'],
    codes_renewed: ['您的恢复码已更换', '已为您的账号生成新的恢复码。之前的恢复码不再有效。'],
    all_removed: [
      '您的第二步验证已移除',
      '管理员移除了您账号的所有通行密钥、身份验证器应用和恢复码，您已在所有地方退出登录。',
    ],
    account_linked: ['已关联账号', '其他服务的一个账号已与您的账号关联。持有它的人可以以您的身份登录。'],
    account_unlinked: ['已取消关联账号', '其他服务的一个账号已与您的账号取消关联。它不能再用来登录。'],
    all: '全部',
    advice:
      '如果是您本人操作，则无需任何处理。如果不是，请设置新密码，然后从您的账号中移除您不认识的内容。如果您无法再登录，请告知此服务的运营者。',
    action: '查看您用什么登录',
  },
  newBrowserMail: {
    title: '来自新浏览器的登录',
    sentence: '有人在一个您的账号未曾使用过的浏览器中登录。浏览器会被记住一年，直到密码更改。',
    advice:
      '如果是您本人操作，则无需任何处理。如果不是，请设置新密码（这会结束所有会话），并从您的账号中移除您不认识的内容。',
    action: '查看您在哪些地方登录',
  },
  approvalMail: {
    title: '有应用请求您的批准',
    sentence: (client) => mixed`${client} 请求您批准某项操作。请查看内容，仅在您预料之中时批准。`,
    sentenceUnnamed: '有应用请求您批准某项操作。请查看内容，仅在您预料之中时批准。',
    decideBefore: '请在此之前决定',
    action: '查看请求',
    closing: '如果不在您预料之中，请在那里拒绝，或不作处理。',
  },
  invitationMail: {
    subject: '加入组织的邀请',
    subjectOf: (organization, realm) => mixed`加入 ${organization} 的邀请 – ${realm}`,
    heading: (organization, realm) => mixed`加入 ${organization} – ${realm}`,
    sentence: (organization) => mixed`您受邀成为 ${organization} 的成员。`,
    organization: '组织',
    inviter: '邀请人',
    role: '您的角色',
    action: '接受邀请',
    alone: '此链接仅供您本人使用，只能使用一次。请勿转发。',
    closing: '如果您没有预料到此邀请，请忽略：不打开链接就不会成为成员。',
  },
}
