import type { House } from '#domain/open-context.ts'
import { JOBS, type Job } from './jobs.ts'
import { startMails } from './mail-worker.ts'
import { settling } from './settling.ts'
import { startWebhooks } from './webhook-worker.ts'

/**
 * Runs every job at its pace, one round of each at a time, delivers webhooks and sends mails.
 * @param report told of rounds that failed; the next one is tried all the same
 * @param busy how busy the event loop was since it was last asked, 0 to 1
 * @returns a function that ends it and waits for rounds under way
 */
export function startJobs(
  house: House,
  report: (job: string, error: unknown) => void,
  busy: () => number,
): () => Promise<void> {
  const underWay = new Map<string, Promise<void>>()
  const settle: Job = { name: 'settle issuances', everySeconds: 1, run: settling(busy) }
  const timers = [...JOBS, settle].map((job) => {
    const timer = setInterval(() => {
      if (underWay.has(job.name)) return
      const round = job
        .run(house)
        .catch((error: unknown) => report(job.name, error))
        .finally(() => underWay.delete(job.name))
      underWay.set(job.name, round)
    }, job.everySeconds * 1000)
    timer.unref()
    return timer
  })
  const stopWebhooks = startWebhooks(house, report)
  const stopMails = startMails(house, report)
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await Promise.all([stopWebhooks(), stopMails()])
    await Promise.all(underWay.values())
  }
}
