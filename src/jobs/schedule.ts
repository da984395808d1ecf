// Owns the start and the end of everything that runs in the background.
import type { TokenPusher } from '#domain/backchannel-authentication/backchannel-notice.service.ts'
import type { LogoutTokenSigner } from '#domain/logout-delivery/logout-delivery.service.ts'
import type { Services } from '#domain/open-context.ts'
import type { RefusalCounter } from '#domain/refusal/refusal-counter.ts'
import type { SignalWriter } from '#domain/webhook/deliver.service.ts'
import { startBackchannelNotices } from './backchannel-worker.ts'
import { compaction } from './compaction.ts'
import { JOBS, type Job } from './jobs.ts'
import { startLogoutDeliveries } from './logout-worker.ts'
import { startMails } from './mail-worker.ts'
import { startWebhooks } from './webhook-worker.ts'

/**
 * Runs every job at its interval, one round of each at a time, delivers webhooks and logouts, tells clients of approvals, and sends mails.
 * @param report called with the error of a failed round; the next round runs all the same
 * @param log logs what a job found
 * @param busy how busy the event loop was since it was last asked, 0 to 1
 * @param refusals what counts the refusals of clients, to be written
 * @param signLogoutToken makes the tokens that tell clients of ended sessions
 * @param writeSignal writes what receivers of Shared Signals get
 * @param pushTokens issues the tokens that are sent to clients
 * @returns a function that stops everything and waits for rounds in progress
 */
export function startJobs(
  services: Services,
  { report, log }: { report: (job: string, error: unknown) => void; log: (message: string) => void },
  {
    busy,
    refusals,
    signLogoutToken,
    writeSignal,
    pushTokens,
  }: {
    readonly busy: () => number
    readonly refusals: RefusalCounter
    readonly signLogoutToken: LogoutTokenSigner
    readonly writeSignal: SignalWriter
    readonly pushTokens: TokenPusher
  },
): () => Promise<void> {
  const inProgress = new Map<string, Promise<void>>()
  let isStopping = false
  const compact: Job = { name: 'compact the token log', everySeconds: 1, run: compaction(busy) }
  const write: Job = { name: 'write refusals', everySeconds: 2, run: () => refusals.flush() }
  const timers = [...JOBS, compact, write].map((job) => {
    const begin = () => {
      if (inProgress.has(job.name)) return
      const round = job
        .run(services, log, () => isStopping)
        .catch((error: unknown) => report(job.name, error))
        .finally(() => inProgress.delete(job.name))
      inProgress.set(job.name, round)
    }
    if (job.atStart) begin()
    const timer = setInterval(begin, job.everySeconds * 1000)
    timer.unref()
    return timer
  })
  const stopWebhooks = startWebhooks(services, report, { writeSignal })
  const stopMails = startMails(services, report)
  const stopLogouts = startLogoutDeliveries(services, signLogoutToken, report)
  const stopNotices = startBackchannelNotices(services, pushTokens, report)
  return async () => {
    isStopping = true
    for (const timer of timers) clearInterval(timer)
    await Promise.all([stopWebhooks(), stopMails(), stopLogouts(), stopNotices()])
    await Promise.all(inProgress.values())
  }
}
