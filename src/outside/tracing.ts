// Owns traces for OpenTelemetry.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AttributeValue, Span, SpanContext } from '@opentelemetry/api'
import { Failure } from '#kernel/error.ts'
import { redactFields, redactText } from './redact.ts'

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** Records spans within a request. */
export interface Tracing {
  /**
   * Runs work inside a span. The span ends when the work, or its promise, has finished. Spans that start meanwhile are its
   * children. Without a collector, only the work runs.
   * @param name the kind of work
   * @param parent the span of the caller from a trusted `traceparent` header (W3C Trace Context §3.2)
   */
  span<T>(name: string, attributes: SpanAttributes, work: () => T, parent?: string): T
  /** Sends the remaining spans, until the timeout. */
  stop(): Promise<void>
}

const NO_TRACING: Tracing = { span: (_name, _attributes, work) => work(), stop: async () => {} }

/**
 * Starts tracing. The libraries are loaded only if there is a collector.
 * @param endpoint the address of the collector without `/v1/traces`; undefined for none
 * @param version the version of the server
 * @param timeout milliseconds for stopping
 */
export async function startTracing(endpoint: string | undefined, version: string, timeout = 3000): Promise<Tracing> {
  if (endpoint === undefined) return NO_TRACING
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'countersign', 'service.version': version }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('countersign', version)
  const current = new AsyncLocalStorage<Span>()

  const contextOf = (parent: string | undefined) => {
    const outer = current.getStore()
    if (outer) return api.trace.setSpan(api.ROOT_CONTEXT, outer)
    const remote = parseTraceparent(parent)
    return remote ? api.trace.setSpanContext(api.ROOT_CONTEXT, remote) : api.ROOT_CONTEXT
  }
  const finish = (span: Span, error?: unknown) => {
    if (error !== undefined && !(error instanceof Failure && error.status < 500)) {
      const message = redactText(error instanceof Error ? error.message : String(error))
      span.setStatus({ code: api.SpanStatusCode.ERROR, message })
    }
    if (error instanceof Failure) span.setAttribute('error.type', error.code)
    span.end()
  }

  return {
    span: (name, attributes, work, parent) => {
      const safe = redactFields(attributes) as Record<string, AttributeValue>
      const span = tracer.startSpan(name, { attributes: safe }, contextOf(parent))
      return follow(
        () => current.run(span, work),
        (error) => finish(span, error),
      )
    },
    stop: async () => {
      const timer = new AbortController()
      const expired = sleep(timeout, undefined, { signal: timer.signal }).catch(() => {})
      await Promise.race([provider.shutdown().catch(() => {}), expired])
      timer.abort()
    },
  }
}

/** Calls `finish` after the work has succeeded or failed, and returns its result. */
function follow<T>(work: () => T, finish: (error?: unknown) => void): T {
  let result: T
  try {
    result = work()
  } catch (error) {
    finish(error)
    throw error
  }
  if (!(result instanceof Promise)) {
    finish()
    return result
  }
  return result.then(
    (value) => {
      finish()
      return value
    },
    (error) => {
      finish(error)
      throw error
    },
  ) as T
}

/** Parses a traceparent header (W3C Trace Context §3.2.2); undefined if it is missing or malformed. */
function parseTraceparent(header: string | undefined): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? '') ?? []
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}
