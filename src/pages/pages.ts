// Lists the hosted pages of a realm.
import type { Endpoint } from '#web/realm-request.ts'
import { accountPage } from './account.page.ts'
import { accountActivityPage } from './account-activity.page.ts'
import { accountApprovalsPage } from './account-approvals.page.ts'
import { accountAppsPage } from './account-apps.page.ts'
import { accountConnectionsPage, connectionsEndpoint } from './account-connections.page.ts'
import { accountDataPage } from './account-data.page.ts'
import { accountDeletedPage, accountDeletionPage } from './account-deletion.page.ts'
import { accountLinkedAccountsPage } from './account-linked-accounts.page.ts'
import { accountPasswordPage } from './account-password.page.ts'
import { accountSecondFactorsPage } from './account-second-factors.page.ts'
import { accountSessionsPage } from './account-sessions.page.ts'
import { brandFilePage, brandStylePage } from './branding.page.ts'
import { brandingPreviewPage } from './branding-preview.page.ts'
import { connectPage, vaultCallbackPage, vaultConnectPage } from './connect.page.ts'
import { consentLogo, consentPage } from './consent.page.ts'
import { consolePage } from './console.page.ts'
import { detailsPage } from './details.page.ts'
import { devicePage } from './device.page.ts'
import { emailSignInPage, signInLinkPage } from './email-sign-in.page.ts'
import { emailVerificationPage } from './email-verification.page.ts'
import { enrolmentPage, recoveryCodesPage } from './enrolment.page.ts'
import { errorsPage } from './errors.page.ts'
import { externalCallbackPage } from './external-callback.page.ts'
import { flowPage, flowReturnPage } from './flow.page.ts'
import { invitationPage } from './invitation.page.ts'
import { languagePage } from './language.page.ts'
import { organizationPage } from './organization.page.ts'
import { passkeysPage } from './passkeys.page.ts'
import { forgotPasswordPage, resetPasswordPage } from './password-recovery.page.ts'
import { providerStartPage } from './provider-start.page.ts'
import { paywallPage, siteSignInPage } from './proxy-site.page.ts'
import { samlPage } from './saml.page.ts'
import { secondFactorPage } from './second-factor.page.ts'
import { signInPage } from './sign-in.page.ts'
import { signedOutPage, signOutPage } from './sign-out.page.ts'
import { confirmSignUpPage, signUpPage } from './sign-up.page.ts'
import { ssoPages } from './sso.page.ts'
import { vaultConnectionEndpoint, vaultConnectionsEndpoint } from './vault-connections.page.ts'

export const pageEndpoints: readonly Endpoint[] = [
  signInPage,
  emailSignInPage,
  signInLinkPage,
  externalCallbackPage,
  samlPage,
  providerStartPage,
  ...ssoPages,
  siteSignInPage,
  paywallPage,
  secondFactorPage,
  flowPage,
  flowReturnPage,
  enrolmentPage,
  recoveryCodesPage,
  organizationPage,
  detailsPage,
  consentPage,
  consentLogo,
  devicePage,
  invitationPage,
  forgotPasswordPage,
  resetPasswordPage,
  emailVerificationPage,
  signUpPage,
  confirmSignUpPage,
  accountPage,
  accountPasswordPage,
  accountSessionsPage,
  accountAppsPage,
  accountApprovalsPage,
  accountSecondFactorsPage,
  accountLinkedAccountsPage,
  accountActivityPage,
  accountConnectionsPage,
  connectionsEndpoint,
  connectPage,
  vaultConnectPage,
  vaultCallbackPage,
  vaultConnectionsEndpoint,
  vaultConnectionEndpoint,
  accountDataPage,
  accountDeletionPage,
  accountDeletedPage,
  passkeysPage,
  signOutPage,
  signedOutPage,
  errorsPage,
  languagePage,
  consolePage,
  brandStylePage,
  brandFilePage,
  brandingPreviewPage,
]
