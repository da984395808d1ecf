// Gives the domain what it needs of the configuration.
import type { Settings } from '#domain/settings.ts'
import type { Configuration } from './configuration.ts'
import { environment } from './environment.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const daysOf = (days: number | undefined) => (days === undefined ? undefined : days * DAY)

/** The settings of the domain. */
export function settingsOf(configuration: Configuration): Settings {
  return {
    publicUrl: configuration.publicUrl,
    adminUrl: configuration.adminUrl,
    realmDomain: configuration.realmDomain,
    mutualTls:
      configuration.mtlsAddress || configuration.clientCertificateHeader ? { url: configuration.mtlsUrl } : undefined,
    signInLimits: {
      account: {
        limit: configuration.signInAccountLimit,
        windowSeconds: configuration.signInAccountWindowSeconds,
      },
      network: {
        limit: configuration.signInNetworkLimit,
        windowSeconds: configuration.signInNetworkWindowSeconds,
      },
    },
    sendsMail: configuration.devInbox || (configuration.smtpUrl !== undefined && configuration.mailFrom !== undefined),
    retention: {
      codes: configuration.codeRetentionHours * HOUR,
      sessions: configuration.sessionRetentionDays * DAY,
      deliveries: configuration.deliveryRetentionDays * DAY,
      flowRuns: configuration.flowRunRetentionDays * DAY,
      mails: configuration.mailRetentionDays * DAY,
      unusedClients: configuration.unusedClientRetentionDays * DAY,
      deletedUsers: configuration.deletedUserRetentionDays * DAY,
      issuances: daysOf(configuration.issuanceRetentionDays),
      events: daysOf(configuration.eventRetentionDays),
    },
    webhookRetry: { firstSeconds: configuration.webhookFirstRetrySeconds, maxAttempts: configuration.webhookTries },
    connectReturnUrls: configuration.connectReturnUrls,
    connectorSecret: (name) => environment[name] || undefined,
  }
}
